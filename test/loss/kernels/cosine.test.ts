import { test } from 'tap'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const options = { loss: 'cosine', labelFormat: 'values' } as const

test('1 less the cosine of the angle', async (t) => {
  const cases: [predictions: number[], targets: number[], loss: number, slopes: number[]][] = [
    [[1, 0], [7, 0], 0, [0, 0]],
    [[1, 0], [-7, 0], 2, [0, 0]],
    [[2, 0], [0, 3], 1, [0, -0.5]],
    // cos = 24/25; slopes (cos y - t) / |y| of y = (3, 4) / 5, t = (4, 3) / 5
    [[3, 4], [4, 3], 0.04, [(0.96 * 0.6 - 0.8) / 5, (0.96 * 0.8 - 0.6) / 5]],
    [[-2], [3], 2, [0]],
  ]
  for (const [predictions, targets, loss, slopes] of cases) {
    const rows = rowsOf([predictions], [targets])
    const name = `${predictions}, ${targets}`
    t.same(misses(lossesOf(options, rows), { losses: [loss], clipped: 0 }, 1e-15), [], `loss of ${name}`)
    t.same(misses(gradientOf(options, rows), slopes, 1e-16), [], `slopes at ${name}`)
  }
})

test('rows shorter than 1e-8 count as that long, as in PyTorch', async (t) => {
  const rows = rowsOf(matrix('0 0; 1e-9 0; 3 4; 0 0'), matrix('1 0; 2 0; 0 0; 0 0'))
  t.same(misses(lossesOf(options, rows).losses, [1, 0.9, 1, 1], 1e-15), [])
  t.same(misses(gradientOf(options, rows), [-1e8, 0, -1e8, 0, 0, 0, 0, 0]), [])
})

test('neither squares nor sums overflow or underflow', async (t) => {
  const rows = rowsOf(matrix('1e300 1e300; 1.7e308 1.7e308; 1 1e-9'), matrix('1e300 0; 1 1; 1 0'))
  // 1 - cos 45 degrees; the same direction; half of the squared angle
  t.same(misses(lossesOf(options, rows).losses, [1 - Math.SQRT1_2, 0, 5e-19], 1e-16 * 1e-16), [])
})
