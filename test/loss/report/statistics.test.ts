import { readFileSync } from 'node:fs'
import { test } from 'tap'
import type { Dyadic } from '../../../src/loss/numerics/dyadic.ts'
import { add, fromDouble, fromInteger, multiply, zero } from '../../../src/loss/numerics/dyadic.ts'
import { membersOf, statisticsOf } from '../../../src/loss/report/statistics.ts'
import { resolve } from '../../../src/loss/resolve.ts'
import type { Options } from '../../../src/loss/spec.ts'
import type { Tally } from '../../../src/loss/tally.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { matrix } from '../../matrix.ts'
import type { Request } from '../support.ts'
import { evaluate, misses, unlimited } from '../support.ts'

const classes: Options = { loss: 'cross-entropy', labelFormat: 'index' }
const binary: Options = { loss: 'binary-cross-entropy', labelFormat: 'binary' }
const values: Options = { loss: 'mse', labelFormat: 'values' }

const fixture = new URL('../../fixtures/comparisons.json', import.meta.url)
const { accuracies } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  accuracies: {
    outputs: number
    right: number[]
    sampleWeights: number[]
    accuracy: number
    interval: [number, number]
  }[]
}

interface Row {
  /** x_i = s_i l_i */
  readonly x: number
  readonly w?: number
  readonly s?: number
  readonly right?: number
}

/** The tally of rows given by their weighted losses, one by one. */
function tallyOf(rows: readonly Row[], further: Partial<Tally> = {}): Tally {
  const sum = (term: (row: Row) => Dyadic) => rows.reduce((total, row) => add(total, term(row)), zero)
  const x = (row: Row) => fromDouble(row.x)
  const s = ({ s = 1 }: Row) => fromDouble(s)
  const w = (row: Row) => (row.w === undefined ? s(row) : fromDouble(row.w))
  return {
    ...emptyTally,
    outputs: 1,
    samples: rows.length,
    weighted: rows.filter((row) => w(row).mantissa > 0n).length,
    sampleWeighted: rows.filter((row) => s(row).mantissa > 0n).length,
    correct: rows.reduce((total, { right = 0 }) => total + right, 0),
    loss: sum(x),
    lossSquared: sum((row) => multiply(x(row), x(row))),
    lossTimesWeight: sum((row) => multiply(x(row), w(row))),
    weight: sum(w),
    weightSquared: sum((row) => multiply(w(row), w(row))),
    sampleWeight: sum(s),
    sampleWeightSquared: sum((row) => multiply(s(row), s(row))),
    correctWeight: sum((row) => multiply(s(row), fromInteger(row.right ?? 0))),
    correctWeightSquared: sum((row) => multiply(multiply(s(row), s(row)), fromInteger(row.right ?? 0))),
    correctSquaredWeightSquared: sum((row) => multiply(multiply(s(row), s(row)), fromInteger((row.right ?? 0) ** 2))),
    ...further,
  }
}

test('a sample without replacement has the finite-population correction', async (t) => {
  // sqrt(4/3 14 (1 - 4/10)) / 4, and nothing is left to err about with all rows drawn
  const tally = tallyOf([{ x: 1 }, { x: 2 }, { x: 3 }, { x: 6 }])
  t.same(misses(statisticsOf(tally, resolve(classes), 10).standardError, 0.8366600265340756), [])
  t.equal(statisticsOf(tally, resolve(classes), 4).standardError, 0)
})

test('a standard error without weights has the bits of one whose weights are all 1', async (t) => {
  for (const count of [2, 3, 10, 1001]) {
    const rows = Array.from({ length: count }, (_, i) => ({ x: Math.abs(Math.sin(i + 1)) * 2 ** (i % 40) }))
    const plain = { ...tallyOf(rows), weight: fromInteger(count), weightSquared: fromInteger(count) }
    // the same numbers, written down as sums of fractions
    const halves = { mantissa: BigInt(2 * count), exponent: -1 }
    const weighted = { ...plain, weight: halves, weightSquared: halves }
    for (const population of [undefined, count + 7]) {
      const of = (tally: Tally) => statisticsOf(tally, resolve(values), population).standardError
      t.ok(of(plain))
      t.equal(of(plain), of(weighted), `${count} rows of ${population}`)
    }
  }
})

test('the standard error survives squares beyond the range, and cancellation', async (t) => {
  const far = statisticsOf(tallyOf([{ x: 1e300 }, { x: 3e300 }]), resolve(values))
  t.same(misses([far.loss, far.standardError], [2e300, 1e300]), [])
  const near = statisticsOf(tallyOf([{ x: 1e-200 }, { x: 3e-200 }]), resolve(values))
  t.same(misses([near.loss, near.standardError], [2e-200, 1e-200]), [])
  // 2^53 and 2^53 + 2 differ by 2, so the error is 1, whose squares no double holds
  const large = statisticsOf(tallyOf([{ x: 2 ** 53 }, { x: 2 ** 53 + 2 }]), resolve(values))
  t.same([large.loss, large.standardError], [2 ** 53, 1])
})

test('what has no value is null, and lossStatus says why', async (t) => {
  const pick = (tally: Tally, options: Options) => {
    const { loss, lossStatus, lossSum, standardError, accuracy, accuracyInterval, correct } = statisticsOf(
      tally,
      resolve(options),
    )
    return [loss, lossStatus, lossSum, standardError, accuracy, accuracyInterval === null, correct]
  }
  const right = { x: 0, right: 1 }
  const infinite = tallyOf([right, { ...right, x: 2 }], { infinite: 1 })
  const weightless = tallyOf([
    { ...right, s: 0 },
    { x: 0, s: 0 },
  ])
  const noClassWeight = tallyOf([
    { x: 3, w: 0, right: 1 },
    { x: 1, w: 0 },
  ])
  const large = tallyOf([{ x: 1.5e308 }, { x: 1.5e308 }])
  const [sum, sumOfValues] = [
    { ...classes, reduction: 'sum' },
    { ...values, reduction: 'sum' },
  ] as const
  const cases: [name: string, tally: Tally, options: Options, expected: unknown[]][] = [
    ['an infinite row', infinite, classes, [null, 'infinite', null, null, 1, false, 2]],
    ['an infinite row in a sum', infinite, sum, [null, 'infinite', null, null, 1, false, 2]],
    ['no weight', weightless, classes, [null, 'undefined', 0, null, null, true, 1]],
    ['no weight in a sum', weightless, sum, [null, 'undefined', 0, null, null, true, 1]],
    ['no class weight', noClassWeight, classes, [null, 'undefined', 4, null, 0.5, false, 1]],
    ['nothing at all', emptyTally, classes, [null, 'undefined', 0, null, null, true, 0]],
    ['one row', tallyOf([{ x: 5, right: 1 }]), classes, [5, 'finite', 5, null, 1, false, 1]],
    ['values', tallyOf([{ x: 5 }, { x: 7 }]), values, [6, 'finite', 12, 1, null, true, null]],
    ['a sum beyond the range', large, sumOfValues, [null, 'infinite', null, null, null, true, null]],
  ]
  for (const [name, tally, options, expected] of cases) t.strictSame(pick(tally, options), expected, name)
})

test('a mean in range is finite, though its sum is not', async (t) => {
  // (1.5e308 + 1.5e308) / 2
  const { loss, lossStatus, lossSum } = statisticsOf(tallyOf([{ x: 1.5e308 }, { x: 1.5e308 }]), resolve(values))
  t.strictSame({ loss, lossStatus, lossSum }, { loss: 1.5e308, lossStatus: 'finite', lossSum: null })
})

test('a mean beyond the range is infinite, though its sum is not', async (t) => {
  // 1 / 2^-1074, as class weights can make it
  const { loss, lossStatus, lossSum } = statisticsOf(tallyOf([{ x: 1, w: 5e-324 }]), resolve(classes))
  t.strictSame({ loss, lossStatus, lossSum }, { loss: null, lossStatus: 'infinite', lossSum: 1 })
})

test('an error beyond the range is null', async (t) => {
  // W = 1.01, m = 1.5e308 / 1.01; both deviations m: sqrt(2/1 2) m / W = 2.9e308
  const { lossStatus, standardError } = statisticsOf(
    tallyOf([
      { x: 1.5e308, w: 0.01 },
      { x: 0, w: 1 },
    ]),
    resolve(classes),
  )
  t.strictSame({ lossStatus, standardError }, { lossStatus: 'finite', standardError: null })
})

test('the Wilson interval, against Newcombe 1998, table I', async (t) => {
  const cases = matrix('81 263 0.2553 0.3662; 15 148 0.0624 0.1605; 0 20 0 0.1611; 1 29 0.0061 0.1718')
  for (const [right, of, lower, upper] of cases) {
    const rows = Array.from({ length: of }, (_, i) => ({ x: 1, right: i < right ? 1 : 0 }))
    const [low, high] = statisticsOf(tallyOf(rows), resolve(classes)).accuracyInterval ?? []
    t.same([low?.toFixed(4), high?.toFixed(4)], [lower.toFixed(4), upper.toFixed(4)], `${right} of ${of}`)
  }
})

test('the interval lies in [0, 1] and contains the accuracy, up to its ends', async (t) => {
  const outside: number[] = []
  for (let rows = 1; rows <= 500; rows++) {
    for (const right of [0, 1, rows >> 1, rows - 1, rows]) {
      const sums = { outputs: 1, samples: rows, weight: fromInteger(rows), sampleWeight: fromInteger(rows) }
      const tally = {
        ...emptyTally,
        ...sums,
        sampleWeightSquared: fromInteger(rows),
        correctWeight: fromInteger(right),
      }
      const { accuracy, accuracyInterval } = statisticsOf(tally, resolve(classes))
      const [low, high] = accuracyInterval ?? [2, -1]
      if (accuracy === null || !(low >= 0 && low <= accuracy && accuracy <= high && high <= 1)) outside.push(rows)
    }
  }
  t.same(outside, [])
})

test('of several binary outputs the interval is clustered by row, by rational arithmetic', async (t) => {
  t.ok(accuracies.length >= 12)
  for (const { outputs, right, sampleWeights, accuracy, interval } of accuracies) {
    const rows = right.map((count, i) => ({ x: 1, right: count, s: sampleWeights[i] }))
    const found = statisticsOf(tallyOf(rows, { outputs }), resolve(binary))
    t.same(misses([found.accuracy, found.accuracyInterval], [accuracy, interval], 1e-12), [], `${right.slice(0, 9)}`)
  }
})

test('what a fold counts is what was meant, however it is cut', async (t) => {
  for (const { outputs, right, sampleWeights, interval } of accuracies) {
    if (outputs * right.length > 300) continue
    const rows = right.map((count) => Array.from({ length: outputs }, (_, k) => (k < count ? 0.9 : 0.1)))
    const requests = [0, 1, 2].map((part): Request => {
      const those = rows.filter((_, i) => i % 3 === part)
      return {
        loss: 'brier',
        labelFormat: 'binary',
        predictions: those,
        labels: those.map((row) => row.map(() => 1)),
        sampleWeights: sampleWeights.filter((_, i) => i % 3 === part),
      }
    })
    const [first, ...others] = requests.filter(({ sampleWeights: some }) => some?.length !== 0)
    t.same(misses(evaluate(first, unlimited, ...others).accuracyInterval, interval, 1e-12), [])
  }
})

test('n of the standard error counts the rows that have weight, and class weights of 0 take it, too', async (t) => {
  const error = (rows: readonly Row[]) => statisticsOf(tallyOf(rows), resolve(classes)).standardError
  const two = error([{ x: 1 }, { x: 4 }])
  t.equal(two, 1.5)
  t.equal(error([{ x: 1 }, { x: 4 }, ...Array.from({ length: 98 }, () => ({ x: 0, s: 0 }))]), two)
  t.equal(error([{ x: 1 }, { x: 4 }, { x: 0, w: 0 }]), two)
  t.equal(error([{ x: 3 }, { x: 0, s: 0 }]), null)
})

test('the members are written as JSON.stringify does', async (t) => {
  const rows: Row[][] = [
    [{ x: 0.1, right: 1 }],
    [{ x: -0 }, { x: 1e-300, right: 1 }, { x: 1e300 }],
    [{ x: 1e21, w: 0 }],
    [
      { x: 1.7e308, s: 1.7e308, right: 1 },
      { x: 1.7e308, s: 1.7e308 },
    ],
    [{ x: 3, s: 5e-324, right: 1 }, { x: 1 }],
    [{ x: 3, s: 0, w: 0 }],
  ]
  for (const options of [classes, binary, values]) {
    for (const reduction of ['mean', 'sum'] as const) {
      for (const further of [{}, { infinite: 1 }]) {
        for (const each of rows) {
          const statistics = statisticsOf(tallyOf(each, further), resolve({ ...options, reduction }))
          t.equal(`{${membersOf(statistics)}}`, JSON.stringify(statistics))
        }
      }
    }
  }
})
