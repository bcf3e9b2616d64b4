import fc from 'fast-check'
import { test } from 'tap'
import type { Dyadic } from '../../../src/loss/numerics/dyadic.ts'
import { add, equals, fromDouble, multiply, zero } from '../../../src/loss/numerics/dyadic.ts'
import { exactSumsOfTriples } from '../../../src/loss/numerics/triple-sum.ts'

const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.constantFrom(0, -0, 1, 5e-324, -5e-324, 2 ** -1022, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 990, 1e-160, 1e160),
)

function slowly(rows: readonly (readonly [number, number, number])[]): Dyadic {
  return rows.reduce(
    (sum, [s, a, b]) => add(sum, multiply(multiply(fromDouble(s), fromDouble(a)), fromDouble(b))),
    zero,
  )
}

test('sums of products of three are exact, however large or small', async () => {
  const property = fc.property(fc.array(fc.tuple(double, double, double), { maxLength: 20 }), (rows) => {
    const [s, a, b] = [0, 1, 2].map((at) => Float64Array.from(rows, (row) => row[at]))
    const [ofOthers, ofSquares] = exactSumsOfTriples(s, a, [b, a], rows.length)
    return (
      equals(ofOthers, slowly(rows)) && equals(ofSquares, slowly(rows.map(([weight, value]) => [weight, value, value])))
    )
  })
  fc.assert(property, { seed: 5, numRuns: 2000 })
})

test('without weights they are of products of two, of as many numbers as asked for', async (t) => {
  const [sum, squares] = exactSumsOfTriples(
    undefined,
    Float64Array.of(0.1, 0.2, 9),
    [Float64Array.of(3, 4), Float64Array.of(0.1, 0.2)],
    2,
  )
  t.ok(
    equals(
      sum,
      slowly([
        [1, 0.1, 3],
        [1, 0.2, 4],
      ]),
    ),
  )
  t.ok(
    equals(
      squares,
      slowly([
        [1, 0.1, 0.1],
        [1, 0.2, 0.2],
      ]),
    ),
  )
  t.same(exactSumsOfTriples(undefined, Float64Array.of(1), [], 1), [])
})
