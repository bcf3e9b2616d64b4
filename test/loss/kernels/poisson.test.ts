import { test } from 'tap'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const logs = { loss: 'poisson', labelFormat: 'values' } as const
const rates = { ...logs, logInput: false } as const

test('e^y - t y of logarithms of rates', async (t) => {
  const cases: [prediction: number, count: number, loss: number, slope: number][] = [
    [0, 0, 1, 1],
    [0, 3, 1, -2],
    [Math.LN2, 3, 2 - 3 * Math.LN2, -1],
    [-800, 2, 1600, -2],
    [-800, 0, 0, 0],
    [1000, 1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ]
  for (const [prediction, count, loss, slope] of cases) {
    const rows = rowsOf([[prediction]], [[count]])
    t.same(misses(lossesOf(logs, rows), { losses: [loss], clipped: 0 }), [], `loss of ${prediction} for ${count}`)
    t.same(misses(gradientOf(logs, rows), [slope]), [], `slope at ${prediction} for ${count}`)
  }
})

test('y - t log(y + 1e-8) of rates', async (t) => {
  const cases: [prediction: number, count: number, loss: number, slope: number][] = [
    [0, 0, 0, 1],
    [0, 2, 36.841361487904734, 1 - 2e8], // 2 log 1e8
    [1 - 1e-8, 5, 1 - 1e-8, -4],
    [7, 0, 7, 1],
  ]
  for (const [prediction, count, loss, slope] of cases) {
    const rows = rowsOf([[prediction]], [[count]])
    t.same(misses(lossesOf(rates, rows).losses, [loss], 1e-15), [], `loss of ${prediction} for ${count}`)
    t.same(misses(gradientOf(rates, rows), [slope]), [], `slope at ${prediction} for ${count}`)
  }
})
