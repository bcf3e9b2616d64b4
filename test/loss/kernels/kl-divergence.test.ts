import { test } from 'tap'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const ln2 = Math.LN2
const options = { loss: 'kl-divergence', labelFormat: 'probabilities', logPolicy: 'exact' } as const

test('sum_k t_k (log t_k - log y_k)', async (t) => {
  const cases: [name: string, predictions: number[], targets: number[], loss: number][] = [
    // (1/2) log 2 + (1/4) log 1 + (1/4) log 1/2
    ['three classes', [0.25, 0.25, 0.5], [0.5, 0.25, 0.25], 0.25 * ln2],
    ['the same distribution', [0.25, 0.25, 0.5], [0.25, 0.25, 0.5], 0],
    ['0 log 0 = 0', [0.5, 0.5], [0, 1], ln2],
    ['a possible thing held impossible', [0, 1], [0.5, 0.5], Number.POSITIVE_INFINITY],
  ]
  for (const [name, predictions, targets, loss] of cases) {
    t.same(misses(lossesOf(options, rowsOf([predictions], [targets])).losses, [loss], 1e-15), [], name)
  }
})

test('for a class it is the cross-entropy, and guards are counted', async (t) => {
  const guarded = { ...options, labelFormat: 'index', logPolicy: 'add-epsilon', epsilon: 0.25 } as const
  // -log(0 + 1/4) and -log(1/4 + 1/4)
  const { losses, clipped } = lossesOf(guarded, rowsOf(matrix('0 1; 0.25 0.75'), [0, 0]))
  t.same(misses(losses, [2 * ln2, ln2]), [])
  t.equal(clipped, 1)
})

test('gradient -t_k / y_k', async (t) => {
  t.same(misses(gradientOf(options, rowsOf([[0.25, 0.75]], [[0.5, 0.5]])), [-2, -2 / 3]), [])
})

test('log-probabilities, as PyTorch KLDivLoss takes them: the gradient is -t_k', async (t) => {
  const logs = { ...options, predictionFormat: 'log-probabilities' } as const
  const rows = rowsOf([[-2 * ln2, -2 * ln2, -ln2]], [[0.5, 0.25, 0.25]])
  t.same(misses(lossesOf(logs, rows).losses, [0.25 * ln2], 1e-15), [])
  t.same(gradientOf(logs, rows), [-0.5, -0.25, -0.25])
})
