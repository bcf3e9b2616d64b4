import { test } from 'tap'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const options = { loss: 'multi-margin', labelFormat: 'index' } as const

test('what each other class lacks of the margin, over K', async (t) => {
  const cases: [scores: number[], label: number, p: number, loss: number, slopes: number[]][] = [
    [[2, 0, -1], 0, 1, 0, [0, 0, 0]],
    [[1, 0, -1], 0, 1, 0, [0, 0, 0]], // at the margin
    // 1 - 2 + 1.5 = 0.5
    [[2, 1.5, 0], 0, 1, 0.5 / 3, [-1 / 3, 1 / 3, 0]],
    [[2, 1.5, 0], 0, 2, 0.25 / 3, [-1 / 3, 1 / 3, 0]],
    // 1 - 0 + 2 = 3 and 1 - 0 + 1 = 2
    [[2, 0, 1], 1, 1, 5 / 3, [1 / 3, -2 / 3, 1 / 3]],
    [[2, 0, 1], 1, 2, 13 / 3, [2, -10 / 3, 4 / 3]],
    [[5], 0, 1, 0, [0]],
  ]
  for (const [scores, label, p, loss, slopes] of cases) {
    const dense = scores.map((_, k) => (k === label ? 1 : 0))
    const name = `${scores} for ${label}, p ${p}`
    const found = lossesOf({ ...options, p }, rowsOf([scores], [label]))
    t.same(misses(found, { losses: [loss], clipped: 0 }), [], name)
    t.same(lossesOf({ ...options, p }, rowsOf([scores], [dense])), found, `${name}: dense`)
    t.same(misses(gradientOf({ ...options, p }, rowsOf([scores], [dense])), slopes), [], `${name}: slopes`)
  }
})

test('PyTorch MultiMarginLoss, the example of its documentation', async (t) => {
  // x = [[0.1, 0.2, 0.4, 0.8]], y = 3: 0.25 ((1 - (0.8 - 0.1)) + (1 - (0.8 - 0.2)) + (1 - (0.8 - 0.4))) = 0.325
  t.same(misses(lossesOf(options, rowsOf([[0.1, 0.2, 0.4, 0.8]], [3])).losses, [0.325]), [])
})

test('equal scores lack the whole margin, however large they are', async (t) => {
  const large = rowsOf([[1e17, 1e17]], [[1, 0]])
  t.same(lossesOf(options, large).losses, [0.5])
  t.same(gradientOf(options, large), [-0.5, 0.5])
})
