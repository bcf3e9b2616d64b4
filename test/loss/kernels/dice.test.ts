import { test } from 'tap'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const options = { loss: 'dice', labelFormat: 'binary' } as const

test('1 less twice the overlap of the sum of both', async (t) => {
  const cases: [predictions: number[], labels: number[], loss: number, slopes: number[]][] = [
    [[1, 0], [1, 0], 0, [-0.5, 0.5]],
    [[0, 1], [1, 0], 1, [-1, 0]],
    // 1 - 2 (3/4) / (1 + 1); -(2 + 1/2) / 4 where it is labelled, 2 (3/4) / 4 elsewhere
    [[0.75, 0.25], [1, 0], 0.25, [-0.625, 0.375]],
    // 1 - 2 (1/2) / (3/2 + 1/2)
    [[0.5], [1], 1 / 3, [-8 / 9]],
    [[0.5, 0], [0, 0], 1, [0, 0]],
    [[0, 0], [1, 1], 1, [-1, -1]],
  ]
  for (const [predictions, labels, loss, slopes] of cases) {
    const rows = rowsOf([predictions], [labels])
    t.same(misses(lossesOf(options, rows), { losses: [loss], clipped: 0 }), [], `loss of ${predictions}, ${labels}`)
    t.same(misses(gradientOf(options, rows), slopes), [], `slopes at ${predictions}, ${labels}`)
  }
})

test('rows that are empty on both sides', async (t) => {
  const rows = rowsOf([[0, 0]], [[0, 0]])
  t.same(lossesOf(options, rows).losses, [0])
  t.same(gradientOf(options, rows), [0, 0])
})
