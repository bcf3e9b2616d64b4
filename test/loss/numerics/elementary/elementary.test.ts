import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { text } from '../../../../.ci/elementary-tables.ts'
import {
  exactCostSoFar,
  exponential,
  exponentialMinus1,
  hyperbolicTangent,
  logarithm,
  logarithmOf1,
  logCosh,
  logSoftmax,
  logSoftmaxOfClasses,
  power,
  softplus,
  takeNegativeLogs,
} from '../../../../src/loss/numerics/elementary/elementary.ts'
// made by elementary.py with mpmath
import fixture from '../../../fixtures/elementary.json' with { type: 'json' }

const { epsilon } = fixture
const functions: Record<string, (x: number) => number> = {
  logarithm,
  logarithmOf1,
  exponential,
  exponentialMinus1,
  softplus,
  logCosh,
  negativeLogarithm: (x) => 0 - logarithm(x + epsilon),
}

/** mulberry32 */
function words(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** Doubles of any 52 bits, with biased exponents from `low` to `high` - 1. */
function doubles(seed: number, low: number, high: number, signed: boolean): () => number {
  const next = words(seed)
  const halves = new Uint32Array(2)
  const double = new Float64Array(halves.buffer)
  return () => {
    const first = next()
    halves[0] = next()
    const exponent = low + (((first >>> 20) & 0x7ff) % (high - low))
    halves[1] = ((signed && first >>> 31 ? 0x80000000 : 0) | (exponent << 20) | (first & 0xfffff)) >>> 0
    return double[0]
  }
}

function digestOf(numbers: Float64Array): string {
  return createHash('sha256').update(numbers).digest('hex')
}

function ofHexadecimal(text: string): number {
  return Buffer.from(text, 'hex').readDoubleBE()
}

test('a million results have the bits of those that mpmath rounded once', async (t) => {
  for (const { name, seed, low, high, signed, count, digest } of fixture.functions) {
    const next = doubles(seed, low, high, signed)
    const inputs = Float64Array.from({ length: count }, next)
    t.equal(digestOf(inputs.map(functions[name])), digest, `${name}, exponents from ${low} to ${high}`)
    if (name !== 'negativeLogarithm') continue
    takeNegativeLogs(inputs, epsilon)
    t.equal(digestOf(inputs), digest, `${name}, many at a time`)
  }
})

test('the hardest of them, one by one, and the worst cases of the literature', async (t) => {
  for (const { name, hard } of fixture.functions) {
    const before = exactCostSoFar()
    const wrong = hard.filter(([x, y]) => !Object.is(functions[name](ofHexadecimal(x)), ofHexadecimal(y)))
    t.same(wrong, [], name)
    t.ok(exactCostSoFar() > before, `${name} took its exact way`)
  }
})

const { POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity, NaN: none, MAX_VALUE } = Number
const smallest = 5e-324

test('what is no usual number, and the ends of what is', async (t) => {
  const cases: [name: string, x: number, y: number][] = [
    ['logarithm', 0, minusInfinity],
    ['logarithm', -0, minusInfinity],
    ['logarithm', -1, none],
    ['logarithm', 1, 0],
    ['logarithm', infinity, infinity],
    ['logarithm', smallest, -744.4400719213812],
    ['logarithm', MAX_VALUE, 709.782712893384],
    ['logarithmOf1', -1, minusInfinity],
    ['logarithmOf1', -2, none],
    ['logarithmOf1', -0, -0],
    ['logarithmOf1', smallest, smallest],
    ['logarithmOf1', infinity, infinity],
    ['logarithmOf1', MAX_VALUE, 709.782712893384],
    ['exponential', 0, 1],
    ['exponential', -0, 1],
    ['exponential', smallest, 1],
    ['exponential', 709.782712893384, 1.7976931348622732e308],
    ['exponential', 709.7827128933841, infinity],
    ['exponential', infinity, infinity],
    ['exponential', minusInfinity, 0],
    ['exponential', -708.3964185322641, 2.2250738585072626e-308],
    ['exponential', -744.4400719213812, smallest],
    ['exponential', -745.1332191019411, smallest],
    ['exponential', -745.1332191019412, 0],
    ['exponential', -1e300, 0],
    ['exponentialMinus1', -0, -0],
    ['exponentialMinus1', smallest, smallest],
    ['exponentialMinus1', minusInfinity, -1],
    ['exponentialMinus1', infinity, infinity],
    ['exponentialMinus1', 709.7827128933841, infinity],
    ['softplus', minusInfinity, 0],
    ['softplus', infinity, infinity],
    ['softplus', 0, Math.LN2],
    ['softplus', MAX_VALUE, MAX_VALUE],
    ['softplus', -MAX_VALUE, 0],
    ['softplus', -745.1332191019411, smallest],
    ['logCosh', 0, 0],
    ['logCosh', -0, 0],
    ['logCosh', 1e-170, 0],
    ['logCosh', MAX_VALUE, MAX_VALUE],
    ['logCosh', minusInfinity, infinity],
  ]
  for (const [name, x, y] of cases) {
    const found = functions[name](x)
    t.ok(Object.is(found, y), `${name}(${x}) is ${y}`, { found })
  }
  for (const [name, of] of Object.entries(functions)) t.ok(Number.isNaN(of(none)), `${name} of no number`)
})

test('-log of what is no usual number beside others, of a view, and nothing around it', async (t) => {
  for (const value of [0, -0, -1, smallest, infinity, minusInfinity, none, MAX_VALUE, 1, 2 ** -1022]) {
    for (const length of [1, 7, 8, 9, 20, 2049]) {
      for (const at of [0, length - 1]) {
        const numbers = new Float64Array(length + 2).fill(0.25)
        const expected = numbers.map((y, i) => (i === 0 || i > length ? y : 2 * Math.LN2))
        numbers[at + 1] = value
        expected[at + 1] = 0 - logarithm(value)
        takeNegativeLogs(numbers.subarray(1, length + 1))
        t.same(numbers, expected, `${value} at ${at} of ${length}`)
      }
    }
  }
})

test('powers are within one unit in the last place, mostly the double next to them', async (t) => {
  const rounded = fixture.powers.map((each) => each.map(ofHexadecimal))
  const apart = rounded.map(([x, y, z]) => Math.abs(power(x, y) - z) / (2 ** -53 * z))
  t.ok(Math.max(...apart) <= 2)
  t.ok(apart.filter((each) => each > 0).length <= rounded.length / 200)
})

test('tanh is within two units in the last place', async (t) => {
  for (const x of [0, -0, 1e-300, -1e-9, 0.1, 0.5, -1, 3, 18, 25, 800, infinity, minusInfinity]) {
    const [found, expected] = [hyperbolicTangent(x), Math.tanh(x)]
    if (x === 0 || Math.abs(x) > 20) t.ok(Object.is(found, expected), `tanh ${x}`)
    else t.ok(Math.abs(found - expected) <= 2 ** -51 * Math.abs(expected), `tanh ${x}`)
  }
})

test('log softmax has the bits that mpmath rounded once, of rows and of one class of each', async (t) => {
  const { rows, spreads, seed, digest } = fixture.softmax
  const sources = spreads.map(([low, high], i) => doubles(seed + i, low, high, true))
  const results: number[] = []
  for (let i = 0; i < rows; i++) {
    const outputs = 1 + (i % 12)
    const logits = Float64Array.from({ length: outputs + 1 }, (_, k) => (k === 0 ? 0 : sources[i % spreads.length]()))
    const out = new Float64Array(outputs)
    logSoftmax(logits, 1, outputs, out)
    results.push(...out)
    for (const [k, log] of out.entries()) {
      const ofClass = new Float64Array(1)
      logSoftmaxOfClasses(logits.subarray(1), Int32Array.of(k), outputs, ofClass)
      if (!Object.is(ofClass[0], log)) t.fail(`class ${k} of ${logits}`)
    }
  }
  t.equal(digestOf(Float64Array.from(results)), digest)
})

test('log softmax of as many outputs as there may be, and of many rows', async (t) => {
  const outputs = 2 ** 18
  const logits = new Float64Array(outputs).fill(-3)
  const out = new Float64Array(outputs)
  logSoftmax(logits, 0, outputs, out)
  t.same(new Set(out), new Set([-18 * Math.LN2]))
  const [ofClasses, single] = [new Float64Array(5000), new Float64Array(3)]
  const many = Float64Array.from({ length: 15_000 }, doubles(9, 1015, 1026, true))
  logSoftmaxOfClasses(
    many,
    Int32Array.from(ofClasses, (_, i) => i % 3),
    3,
    ofClasses,
  )
  const wrong = Array.from(ofClasses.keys()).filter((i) => {
    logSoftmax(many, 3 * i, 3, single)
    return !Object.is(single[i % 3], ofClasses[i])
  })
  t.same(wrong, [])
})

test('the tables are those that integers give', async (t) => {
  const file = new URL('../../../../src/loss/numerics/elementary/assembly/tables.ts', import.meta.url)
  t.ok(text === readFileSync(file, 'utf8'))
})
