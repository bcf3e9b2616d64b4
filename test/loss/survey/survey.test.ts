import fc from 'fast-check'
import { test } from 'tap'
import { isSurveyed, readOnes, surveyRows } from '../../../src/loss/survey/survey.ts'

/** The place of the largest number of a row, below 0 when it stands there more than once. */
function largestOf(row: readonly number[]): number {
  const largest = Math.max(...row)
  const places = row.flatMap((value, k) => (value === largest ? [k] : []))
  return places.length === 1 ? places[0] : -1
}

function survey(
  rows: readonly (readonly number[])[],
  { low = 0, high = 1, tolerance = Number.POSITIVE_INFINITY, from = 0, to = rows.length } = {},
): { isCertain: boolean; largest: number[] } {
  const largest = new Int32Array(rows.length).fill(99)
  const isCertain = surveyRows(Float64Array.from(rows.flat()), rows[0].length, from, to, low, high, tolerance, largest)
  return { isCertain, largest: [...largest] }
}

test('many numbers in rows of 2 to 8192 are worth it', async (t) => {
  for (const [samples, outputs, is] of [
    [25, 10, false],
    [26, 10, true],
    [1e6, 1, false],
    [128, 2, true],
    [1, 8192, true],
    [1, 8193, false],
  ] as const) {
    t.equal(isSurveyed(samples, outputs), is, `${samples} x ${outputs}`)
  }
})

test('the largest number of rows of any length, and rows in which it stands twice', async () => {
  const sizes = fc.integer({ min: 2, max: 70 })
  const rows = sizes.chain((outputs) =>
    fc.array(fc.array(fc.nat({ max: 9 }), { minLength: outputs, maxLength: outputs }), {
      minLength: 1,
      maxLength: 300,
    }),
  )
  const property = fc.property(rows, fc.boolean(), (integers, isNegative) => {
    const of = integers.map((row) => row.map((value) => (isNegative ? value - 9.5 : value / 16)))
    const { isCertain, largest } = survey(of, { low: -10, high: 10 })
    return isCertain && largest.join() === of.map(largestOf).join()
  })
  fc.assert(property, { seed: 1, numRuns: 300 })
})

test('rows at both ends of what fits at once, and only those that are asked for', async (t) => {
  const rows = Array.from({ length: 1000 }, (_, i) => Array.from({ length: 40 }, (_, k) => (k === i % 40 ? 1 : 0)))
  const { isCertain, largest } = survey(rows, { from: 3, to: 990, tolerance: 1e-3 })
  t.equal(isCertain, true)
  t.same(largest.slice(0, 3), [99, 99, 99])
  t.same(
    largest.slice(3, 990),
    Array.from({ length: 987 }, (_, i) => (i + 3) % 40),
  )
  t.same(largest.slice(990), new Array(10).fill(99))
})

test('0 and -0 are equal', async (t) => {
  t.same(survey([[-0, 0]]).largest, [-1])
  t.same(survey([[0, -0, -0]]).largest, [-1])
})

test('a number outside the range makes its row doubtful, and no other', async (t) => {
  for (const outputs of [2, 3, 10, 33, 40]) {
    for (let k = 0; k < outputs; k++) {
      for (const wrong of [-1e-300, 1 + 2 ** -52, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const right = Array.from({ length: outputs }, (_, at) => at / (2 * outputs))
        const { isCertain, largest } = survey([right, right.with(k, wrong), right])
        t.equal(isCertain, false, `${wrong} at ${k} of ${outputs}`)
        t.ok(largest[1] < 0)
        t.same([largest[0], largest[2]], [outputs - 1, outputs - 1])
      }
    }
  }
  t.equal(survey([[0, 1]]).isCertain, true, 'the ends of the range are in it')
  const most = Number.MAX_VALUE
  const whole = { low: -most, high: most }
  t.same(survey([[most, most, -most]], whole), { isCertain: true, largest: [-1] }, 'sums may overflow')
  t.equal(survey([[most, most, -most, -most]], whole).isCertain, true)
})

test('a row is certain when its sum is within the tolerance in any order', async (t) => {
  t.equal(survey([[0.5, 0.5009]], { tolerance: 1e-3 }).isCertain, true)
  t.equal(survey([[0.5, 0.5011]], { tolerance: 1e-3 }).isCertain, false)
  t.equal(survey([[0.5, 0.4989]], { tolerance: 1e-3 }).isCertain, false)
  t.equal(survey([[0.5, 0.5]], { tolerance: 0 }).isCertain, false, 'at the very edge')
  const tenths = new Array(10).fill(0.1)
  const sum = tenths.reduce((a, b) => a + b)
  t.not(sum, 1)
  t.equal(survey([tenths], { tolerance: 1 - sum }).isCertain, false, 'where the order decides')
  const rows = fc.array(fc.double({ min: 0, max: 0.2, noNaN: true }), { minLength: 2, maxLength: 20 })
  const property = fc.property(rows, fc.double({ min: 0, max: 1, noNaN: true }), (row, tolerance) => {
    const inOrder = Math.abs(row.reduce((a, b) => a + b) - 1) <= tolerance
    return inOrder || !survey([row], { tolerance }).isCertain
  })
  fc.assert(property, { seed: 1, numRuns: 2000 })
})

test('the 1 of each row, up to the first row that is not one 1 among zeros', async (t) => {
  for (const outputs of [2, 3, 10, 41]) {
    const rows = Array.from({ length: 600 }, (_, i) =>
      Array.from({ length: outputs }, (_, k) => Number(k === i % outputs)),
    )
    const read = (of: readonly number[][], from = 0) => {
      const classes = new Int32Array(of.length).fill(99)
      const end = readOnes(Float64Array.from(of.flat()), outputs, from, of.length, classes)
      return { end, classes: [...classes] }
    }
    const places = rows.map((_, i) => i % outputs)
    t.same(read(rows), { end: 600, classes: places })
    t.same(read(rows, 7).classes, [...new Array(7).fill(99), ...places.slice(7)])
    const [first, last] = [0, outputs - 1]
    for (const wrong of [
      rows[0].with(first, 0),
      rows[0].with(last, 1),
      rows[0].with(last, 0.5),
      rows[0].with(last, -1),
      rows[0].with(last, Number.NaN),
      rows[0].with(last, Number.POSITIVE_INFINITY),
      rows[0].with(first, Number.POSITIVE_INFINITY),
    ]) {
      const { end, classes } = read(rows.with(500, wrong))
      t.equal(end, 500, wrong.join())
      t.same(classes, [...places.slice(0, 500), ...new Array(100).fill(99)])
    }
    t.equal(read([rows[0].map((value) => value || -0), rows[1]]).end, 2, '-0 is 0')
  }
})
