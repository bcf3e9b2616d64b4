import { test } from 'tap'
import {
  includes,
  labelFormats,
  logPolicies,
  lossOptions,
  predictionFormats,
  reductions,
} from '../../src/loss/formats.ts'
import { losses } from '../../src/loss/kernels/index.ts'

test('the names are those of the HTTP contract', async (t) => {
  t.same(labelFormats, ['one-hot', 'index', 'probabilities', 'binary', 'values'])
  t.same(predictionFormats, ['probabilities', 'logits', 'values'])
  t.same(reductions, ['mean', 'sum', 'none'])
  t.same(logPolicies, ['add-epsilon', 'clip', 'clamp', 'exact'])
  t.same(includes, ['perSample', 'perClass', 'confusion', 'calibration', 'gradient'])
})

test('every option that only some losses take is taken by some, not by all', async (t) => {
  const taken = Object.values(losses).map(({ options }) => options as readonly string[])
  for (const option of lossOptions) {
    const takers = taken.filter((options) => options.includes(option))
    t.ok(takers.length > 0 && takers.length < taken.length, option)
  }
})
