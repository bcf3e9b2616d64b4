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

test('with reduction sum all of it is still that of the means, so that it is on one scale', async (t) => {
  const sum = { reduction: 'sum' } as const
  t.strictSame(
    differenceBetween(request([3, 7], sum), request([2, 4], sum)),
    differenceBetween(request([3, 7]), request([2, 4])),
  )
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
