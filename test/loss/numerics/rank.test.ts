import fc from 'fast-check'
import { test } from 'tap'
import { rankRows } from '../../../src/loss/numerics/rank.ts'
import { countSteps, finish } from '../support.ts'

const double = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 0.5, 5e-324, -5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)

function ranked(numbers: Float64Array, width: number, column: number, rows: readonly number[]): number[] {
  const order = Int32Array.from(rows)
  finish(rankRows(numbers, width, column, order, new Int32Array(rows.length)))
  return Array.from(order)
}

test('rows are in the order of a stable sort, the largest first', async () => {
  const matrix = fc
    .integer({ min: 1, max: 3 })
    .chain((width) => fc.array(fc.array(double, { minLength: width, maxLength: width }), { maxLength: 30 }))
  // few rows are compared, many are sorted by their digits
  const times = fc.constantFrom(1, 50)
  const property = fc.property(matrix, fc.nat(), times, (some, picked, repeats) => {
    const rows = Array.from({ length: repeats }, () => some).flat()
    const width = rows[0]?.length ?? 1
    const column = picked % width
    const chosen = rows.map((_, row) => row).filter((row) => (picked + row) % 5 !== 0)
    const expected = chosen.toSorted((a, b) =>
      rows[a][column] === rows[b][column] ? 0 : rows[a][column] > rows[b][column] ? -1 : 1,
    )
    return ranked(Float64Array.from(rows.flat()), width, column, chosen).join() === expected.join()
  })
  fc.assert(property, { seed: 17, numRuns: 1000 })
})

test('numbers that differ in one digit take one pass over it', async (t) => {
  const rows = Array.from({ length: 129 }, (_, row) => row)
  const ranks = [1, 0, ...rows.slice(2)]
  for (let bit = 0; bit < 63; bit++) {
    const words = new BigUint64Array(rows.length).fill(1n << BigInt(bit), 1, 2)
    t.same(ranked(new Float64Array(words.buffer), 1, 0, rows), ranks, `bit ${bit}`)
  }
})

test('copying pauses after 2^20 rows', async (t) => {
  const count = 2 ** 20 + 1
  // three digits differ, so that the last move ends in the scratch memory
  const words = new BigUint64Array(count).map((_, at) => BigInt(at) + (at === 0 ? 2n ** 33n : 0n))
  const order = Int32Array.from({ length: count }, (_, at) => at)
  const steps = countSteps(rankRows(new Float64Array(words.buffer), 1, 0, order, new Int32Array(count)))
  t.equal(steps, 4 * 32 + 1, 'counting, three moves, and copying')
  t.same([order[0], order[1], order[count - 1]], [0, count - 1, 1])
})

test('it pauses after 32,768 rows', async (t) => {
  const count = 2 ** 17
  const order = Int32Array.from({ length: count }, (_, at) => at)
  const equal = countSteps(rankRows(new Float64Array(count), 1, 0, order, new Int32Array(count)))
  t.equal(equal, 3, 'counting in four steps')
  const numbers = Float64Array.from({ length: count }, (_, at) => at % 2)
  // 1 and 0 differ in the highest two digits alone
  t.equal(countSteps(rankRows(numbers, 1, 0, order, new Int32Array(count))), 9, 'and moving twice')
  t.same([order[0], order[1], order[count - 1]], [1, 3, count - 2])
})
