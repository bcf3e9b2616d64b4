import { test } from 'tap'
import { decided } from '../../../src/pages/batch/decision.js'

const close = (value = Number.NaN, expected: number) => Math.abs(value - expected) < 1e-15

test('classes: the first of the largest outputs, and how sure that is', async (t) => {
  const spec = { loss: 'cross-entropy', labelFormat: 'index', predictionFormat: 'probabilities' }
  t.same(decided([0.4, 0.4, 0.2], [2], spec), { label: '2', decision: '0', confidence: 0.4 })
  t.same(decided([0.1, 0.9], [0, 1], { ...spec, labelFormat: 'one-hot' }), {
    label: '1',
    decision: '1',
    confidence: 0.9,
  })
  t.same(decided([3, 9], [0], { ...spec, predictionFormat: 'values' }), { label: '0', decision: '1' })
  t.ok(close(decided([800, 800], [0], { ...spec, predictionFormat: 'logits' }).confidence, 0.5))
  t.ok(close(decided([Math.log(0.3)], [0], { ...spec, predictionFormat: 'log-probabilities' }).confidence, 0.3))
})

test('binary outputs: on which side of the threshold', async (t) => {
  const spec = {
    loss: 'binary-cross-entropy',
    labelFormat: 'binary',
    predictionFormat: 'probabilities',
    threshold: 0.5,
  }
  t.same(decided([0.75], [0], spec), { label: '0', decision: '1', confidence: 0.75 })
  t.same(decided([0.25], [0], spec), { label: '0', decision: '0', confidence: 0.75 })
  t.same(decided([0], [1], { ...spec, predictionFormat: 'logits' }), { label: '1', decision: '0', confidence: 0.5 })
  t.same(
    decided([0.5], [1], { loss: 'mse', labelFormat: 'binary', predictionFormat: 'values' }),
    decided([0.5], [1], { loss: 'mse', labelFormat: 'binary', predictionFormat: 'values', threshold: 0 }),
  )
  t.same(decided([0.9, 0.1], [1, 1], spec), { label: '1, 1', decision: '1, 0' })
})

test('values are not decided', async (t) => {
  t.same(decided([1.5], [2], { loss: 'mse', labelFormat: 'values', predictionFormat: 'values' }), { label: '2' })
})
