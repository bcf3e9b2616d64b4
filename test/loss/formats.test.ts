import { test } from 'tap'
import { includes, labelFormats, logPolicies, predictionFormats, reductions } from '../../src/loss/formats.ts'

test('the names are those of the HTTP contract', async (t) => {
  t.same(labelFormats, ['one-hot', 'index', 'probabilities', 'binary', 'values'])
  t.same(predictionFormats, ['probabilities', 'logits', 'log-probabilities', 'values'])
  t.same(reductions, ['mean', 'sum', 'none'])
  t.same(logPolicies, ['add-epsilon', 'clip', 'clamp', 'exact'])
  t.same(includes, [
    'perSample',
    'perClass',
    'confusion',
    'confusionWeights',
    'calibration',
    'metrics',
    'ranking',
    'gradient',
  ])
})
