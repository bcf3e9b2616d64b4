import { test } from 'tap'
import { fromDouble, zero } from '../../../src/loss/numerics/dyadic.ts'
import { exactSumOfProducts } from '../../../src/loss/numerics/exact-sum.ts'
import { batchDifference, differenceOf, pairedTally } from '../../../src/loss/report/difference.ts'
import { merge } from '../../../src/loss/tally.ts'
import type { Request } from '../support.ts'
import { sliceOf, stateOf } from '../support.ts'

function request(predictions: readonly number[], others: Partial<Request> = {}): Request {
  return { loss: 'mae', labelFormat: 'values', predictions, labels: predictions.map(() => 0), ...others }
}

function differenceBetween(one: Request, another: Request, populationSize?: number) {
  const [x, y] = [one, another].map((each) => sliceOf(each).losses)
  const [ofOne, ofOther] = [one, another].map((each) => stateOf(each).tally)
  const pairs = pairedTally(ofOne, ofOther, exactSumOfProducts(x, y, x.length))
  return differenceOf(pairs, false, populationSize)
}

test('the mean of the differences, and their standard error', async (t) => {
  // d = 1, 3: mean 2, sum of squares about it 2, so sqrt(2/1 * 2) / 2 = 1
  const difference = differenceBetween(request([3, 7]), request([2, 4]))
  t.strictSame(difference, {
    loss: 2,
    lossStatus: 'finite',
    standardError: 1,
    interval: [2 - 1.959963984540054, 2 + 1.959963984540054],
  })
})

test('a model that is worse by the same everywhere has no error at all', async (t) => {
  const [many, more] = [
    Array.from({ length: 100 }, (_, i) => i / 8),
    Array.from({ length: 100 }, (_, i) => i / 8 + 0.1 * 0),
  ]
  t.match(differenceBetween(request(many), request(more)), { loss: 0, standardError: 0, interval: [0, 0] })
  const worse = many.map((value) => value + 0.25)
  t.match(differenceBetween(request(worse), request(many)), { loss: 0.25, standardError: 0, interval: [0.25, 0.25] })
})

test('with reduction sum all of it is still that of the means, so that it is on one scale', async (t) => {
  const sum = { reduction: 'sum' } as const
  t.strictSame(
    differenceBetween(request([3, 7], sum), request([2, 4], sum)),
    differenceBetween(request([3, 7]), request([2, 4])),
  )
})

test('n counts the rows that have weight, and one has no error', async (t) => {
  const few = { sampleWeights: [1, 1, 0, 0] }
  const difference = differenceBetween(request([3, 7, 9, 9], few), request([2, 4, 1, 2], few))
  t.strictSame(difference, differenceBetween(request([3, 7]), request([2, 4])))
  const one = { sampleWeights: [1, 0] }
  t.match(differenceBetween(request([3, 7], one), request([2, 4], one)), {
    loss: 1,
    standardError: null,
    interval: null,
  })
})

test('weights, and samples without replacement', async (t) => {
  // d = s (x - y) = 1, 6, w = 1, 2: mean 7/3; (1 - 7/3)^2 + (6 - 14/3)^2 = 32/9; sqrt(2 * 32/9) / 3 = 8/9
  const weighted = { sampleWeights: [1, 2] }
  const difference = differenceBetween(request([3, 7], weighted), request([2, 4], weighted))
  t.match(difference, { loss: 7 / 3, standardError: 8 / 9 })
  t.equal(differenceBetween(request([3, 7]), request([2, 4]), 4).standardError, Math.SQRT1_2)
})

test('batches differ as rows do, each by its sums', async (t) => {
  // D = 2 + 4, 1; W = 2, 1: mean 7/3; (6 - 14/3)^2 + (1 - 7/3)^2 = 32/9; sqrt(2 * 32/9) / 3 = 8/9
  const [first, second] = [request([3, 7]), request([3])]
  const [baseline, other] = [request([1, 3]), request([2])]
  const tallies = [
    [first, baseline],
    [second, other],
  ].map(([x, y]) => batchDifference(stateOf(x).tally, stateOf(y).tally))
  t.match(differenceOf(merge(tallies[0], tallies[1]), false), { loss: 7 / 3, standardError: 8 / 9 })
  t.match(tallies[0], { samples: 1, weighted: 1, infinite: 0, outputs: 1 })
  const weightless = stateOf(request([3, 7], { sampleWeights: [0, 0] })).tally
  t.match(batchDifference(weightless, weightless), { samples: 1, weighted: 0 })
})

test('what is not finite says so', async (t) => {
  const none = { standardError: null, interval: null }
  const weightless = { sampleWeights: [0, 0] }
  t.strictSame(differenceBetween(request([3, 7], weightless), request([2, 4], weightless)), {
    loss: null,
    lossStatus: 'undefined',
    ...none,
  })
  t.match(differenceBetween(request([3]), request([2])), { loss: 1, lossStatus: 'finite', ...none })
  const finite = stateOf(request([3, 7])).tally
  const infinite = { ...finite, infinite: 1 }
  for (const [one, another] of [
    [infinite, finite],
    [finite, infinite],
  ]) {
    const difference = differenceOf(pairedTally(one, another, zero), false)
    t.strictSame(difference, { loss: null, lossStatus: 'infinite', ...none })
  }
  t.strictSame(differenceOf(finite, true), { loss: null, lossStatus: 'undefined', ...none })
})

test('an interval beyond all doubles is left out', async (t) => {
  const tally = stateOf(request([3, 7])).tally
  const wide = {
    ...tally,
    loss: fromDouble(1.6e308),
    lossSquared: { mantissa: 1n, exponent: 2048 },
    lossTimesWeight: fromDouble(1.6e308),
  }
  t.match(differenceOf(wide, false), { loss: 8e307, standardError: Number, interval: null })
})
