import { test } from 'tap'
import {
  logComplement,
  logProbabilities,
  logSigmoid,
  logSoftmax,
  sigmoid,
  topProbability,
} from '../../../src/loss/numerics/softmax.ts'
import { misses } from '../support.ts'

const ln3 = 1.0986122886681098
const ln2 = Math.LN2

test('logSoftmax', async (t) => {
  const cases: [name: string, logits: number[], logs: number[]][] = [
    ['one output is certain', [7], [0]],
    ['equal logits', [5, 5], [-ln2, -ln2]],
    ['weights 1 : 3', [0, ln3], [-2 * ln2, ln3 - 2 * ln2]],
    ['weights 3 : 1', [ln3, 0], [ln3 - 2 * ln2, -2 * ln2]],
    // -log(1 + 2 e^-10), and 10 less
    ['a confident row keeps its digits', [10, 0, 0], [-9.079573746724444e-5, -10.000090795737467, -10.000090795737467]],
    ['far out', [800, -800], [0, -1600]],
    ['an enormous shift changes nothing', [1e300, 1e300], [-ln2, -ln2]],
  ]
  for (const [name, logits, logs] of cases) {
    const out = new Float64Array(logits.length)
    logSoftmax(Float64Array.of(9, ...logits, 9), 1, logits.length, out)
    t.same(misses(Array.from(out), logs), [], name)
  }
})

test('log-probabilities are those of logits, or as they are', async (t) => {
  const out = new Float64Array(2)
  const given = Float64Array.of(9, 0, ln3, 9)
  logProbabilities(true, given, 1, 2, out)
  t.same(misses(Array.from(out), [-2 * ln2, ln3 - 2 * ln2]), [])
  logProbabilities(false, given, 1, 2, out)
  t.same(Array.from(out), [0, ln3])
})

test('log(1 - e^x)', async (t) => {
  const cases: [x: number, log: number][] = [
    [0, Number.NEGATIVE_INFINITY],
    [-1e-20, -46.051701859880914], // -20 ln 10, but for 5e-21
    [-ln2, -ln2], // log 1/2
    [-2 * ln2, ln3 - 2 * ln2], // log 3/4
    [ln3 - 2 * ln2, -2 * ln2], // log 1/4
    [-40, -4.248354255291589e-18], // -e^-40
    [-800, 0],
  ]
  for (const [x, log] of cases) t.same(misses(logComplement(x), log), [], String(x))
})

test('the largest probability of a row of logits', async (t) => {
  const cases: [name: string, logits: number[], probability: number][] = [
    ['one output is certain', [7], 1],
    ['weights 1 : 3', [0, ln3], 0.75],
    ['weights 3 : 1', [ln3, 0], 0.75],
    ['far out', [800, -800], 1],
    ['an enormous shift changes nothing', [1e300, 1e300], 0.5],
  ]
  for (const [name, logits, probability] of cases) {
    t.same(misses(topProbability(Float64Array.of(9, ...logits, 9), 1, logits.length), probability), [], name)
  }
  for (let outputs = 1; outputs < 100; outputs++) {
    t.equal(topProbability(new Float64Array(outputs).fill(-3), 0, outputs), 1 / outputs, `${outputs} equal logits`)
  }
})

test('sigmoid and its logarithm', async (t) => {
  const cases: [z: number, sigmoid: number, log: number][] = [
    [0, 0.5, -ln2],
    [ln3, 0.75, ln3 - 2 * ln2], // 3 / (3 + 1)
    [-ln3, 0.25, -2 * ln2],
    [40, 1, -4.248354255291589e-18], // -e^-40
    [-40, 4.248354255291589e-18, -40],
    [800, 1, 0],
    [-800, 0, -800],
    [1e308, 1, 0],
    [-1e308, 0, -1e308],
  ]
  for (const [z, value, log] of cases) {
    t.same(misses([sigmoid(z), logSigmoid(z)], [value, log]), [], String(z))
  }
})
