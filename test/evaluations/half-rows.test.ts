import { test } from 'tap'
import { millisecondsOf } from '../../src/evaluations/duration.ts'
import { someLabels, somePredictions } from '../../src/evaluations/half-rows.ts'
import { timeOf } from '../../src/evaluations/row-times.ts'
import { Evaluation } from '../../src/loss/evaluation.ts'
import { losses, lossNames } from '../../src/loss/kernels/index.ts'
import type { Loss } from '../../src/loss/kernels/loss.ts'
import { ScopedMemory } from '../../src/loss/memory.ts'
import { resolve } from '../../src/loss/resolve.ts'
import { WrongElement } from '../../src/loss/value-list.ts'
import { finish, unlimited } from '../loss/support.ts'
import { unaccounted } from '../unaccounted.ts'

const memory = new ScopedMemory(unaccounted)

for (const name of lossNames) {
  const loss: Loss = losses[name]
  test(`${name}: the halves that others are checked with are right in every format`, async (t) => {
    for (const labelFormat of loss.labelFormats) {
      for (const predictionFormat of loss.predictionFormats) {
        const outputs = labelFormat === 'index' || labelFormat === 'one-hot' || labelFormat === 'probabilities' ? 3 : 1
        const rank = { data: new Float64Array(0), nonNumeric: [], nonNumericCount: 0 }
        const spec = resolve({ loss: name, labelFormat, predictionFormat })
        const labels = labelFormat === 'index' ? [2] : [2, outputs]
        const predictions = somePredictions(spec, { ...rank, shape: labels }, 2, outputs, memory)
        const tensors = { predictions, labels: someLabels(spec, predictions, 2, outputs, memory) }
        const evaluation = new Evaluation(spec, unlimited)
        t.doesNotThrow(() => finish(evaluation.add(tensors)), `${labelFormat} ${predictionFormat}`)
        t.equal(evaluation.tally.samples, 2)
      }
    }
  })
}

test('durations are ISO 8601, of units that are always as long', async (t) => {
  const hour = 3_600_000
  t.equal(millisecondsOf('P30D'), 720 * hour)
  t.equal(millisecondsOf('P1W2DT3H4M5S'), (9 * 24 + 3) * hour + 245_000)
  for (const wrong of ['', 'P', 'PT', 'P1DT', 'P1Y', 'P1M', '30D', 'p30d', 'P-1D', 'P1.5D', 'PT1H ']) {
    t.equal(millisecondsOf(wrong), undefined, wrong)
  }
})

test('times are RFC 3339 or milliseconds', async (t) => {
  t.equal(timeOf('2026-12-01T09:30:00Z'), Date.UTC(2026, 11, 1, 9, 30))
  t.equal(timeOf('2026-12-01t09:30:00.25+09:00'), Date.UTC(2026, 11, 1, 0, 30, 0, 250))
  t.equal(timeOf(5), 5)
  for (const wrong of ['2026-02-30T00:00:00Z', '2026-12-01', '2026-12-01T09:30:00', '2026-12-01T25:00:00Z', 'now']) {
    t.equal(timeOf(wrong), 'malformed', wrong)
  }
  t.equal(timeOf(-1), 'out-of-range')
  t.equal(timeOf(new WrongElement(1.5)), 'wrong-type')
})
