import { test } from 'tap'
import { fromDouble } from '../../../src/loss/numerics/dyadic.ts'
import type { CalibrationBin } from '../../../src/loss/report/calibration.ts'
import { Calibration, calibrationBins } from '../../../src/loss/report/calibration.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import type { Request } from '../support.ts'
import { misses, sliceOf, specOf } from '../support.ts'

function report(request: Request, weight: number, ...further: Request[]) {
  const part = new Calibration(specOf(request))
  for (const each of [request, ...further]) part.add(sliceOf(each))
  return part.report({ ...emptyTally, sampleWeight: fromDouble(weight) })
}

/** The bins that hold something. */
function filled(bins: readonly CalibrationBin[]) {
  return bins.flatMap(({ count, meanConfidence, accuracy }, at) =>
    count > 0 ? [[at, count, meanConfidence, accuracy]] : [],
  )
}

function binary(predictions: number[], labels: number[]): Request {
  return { loss: 'brier', labelFormat: 'binary', predictions, labels }
}

test('15 bins of equal width, empty ones without numbers', async (t) => {
  const { bins, expectedCalibrationError } = report(binary([0.5], [1]), 1)
  t.equal(calibrationBins, 15)
  t.strictSame(
    bins,
    Array.from({ length: 15 }, (_, at) => ({
      lower: at / 15,
      upper: (at + 1) / 15,
      count: at === 7 ? 1 : 0,
      meanConfidence: at === 7 ? 0.5 : null,
      accuracy: at === 7 ? 1 : null,
    })),
  )
  t.equal(expectedCalibrationError, 0.5)
})

test('a bin holds its upper end and not its lower one; 0 is in the first', async (t) => {
  t.same(filled(report(binary([0], [0]), 1).bins), [[0, 1, 0, 0]])
  for (const [at, { upper }] of report(binary([0], [0]), 1).bins.entries()) {
    t.same(filled(report(binary([upper], [1]), 1).bins), [[at, 1, upper, 1]], `upper end ${upper}`)
    if (at === 14) continue
    const next = upper + 2 ** -50
    t.same(filled(report(binary([next], [1]), 1).bins), [[at + 1, 1, next, 1]], `just above ${upper}`)
  }
})

test('binary outputs: the probability of the positive class against the share of positive labels', async (t) => {
  // bin 0: 0 and 1/16, bin 11: 3/4 twice; gaps |1/16 - 1| and |3/2 - 1| over 4
  const { bins, expectedCalibrationError } = report(binary([0, 0.0625, 0.75, 0.75], [0, 1, 1, 0]), 4)
  t.same(filled(bins), [
    [0, 2, 0.03125, 0.5],
    [11, 2, 0.75, 0.5],
  ])
  t.equal(expectedCalibrationError, (0.9375 + 0.5) / 4)
})

test('classes: the top probability against the share of right decisions, in any number of slices', async (t) => {
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: [
      [0.25, 0.75],
      [0.75, 0.25],
      [0.5, 0.5],
    ],
    labels: [1, 1, 0],
  }
  // 3/4 right once of 2, 1/2 right; gaps |3/2 - 1| and |1/2 - 1| over 3
  const expected = [
    [7, 1, 0.5, 1],
    [11, 2, 0.75, 0.5],
  ]
  const once = report(request, 3)
  t.same([filled(once.bins), once.expectedCalibrationError], [expected, 1 / 3])
  const twice = report({ ...request, predictions: [[0.25, 0.75]], labels: [1] }, 3, {
    ...request,
    predictions: [
      [0.75, 0.25],
      [0.5, 0.5],
    ],
    labels: [1, 0],
  })
  t.same(twice, once)
})

test('logits, by class and by output', async (t) => {
  const ln3 = 1.0986122886681098
  // softmax and sigmoid of ln 3 against 0 are 3/4
  const byClass: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictionFormat: 'logits',
    predictions: [[0, ln3]],
    labels: [1],
  }
  t.same(misses(filled(report(byClass, 1).bins), [[11, 1, 0.75, 1]]), [])
  const byOutput: Request = {
    loss: 'binary-cross-entropy',
    labelFormat: 'binary',
    predictionFormat: 'logits',
    predictions: [ln3, -ln3],
    labels: [1, 0],
  }
  t.same(
    misses(filled(report(byOutput, 2).bins), [
      [3, 1, 0.25, 0],
      [11, 1, 0.75, 1],
    ]),
    [],
  )
})

test('weights', async (t) => {
  // bin 11: (1 + 3) 3/4 against 1 of 4; bin 3 has no weight
  const request = { ...binary([0.75, 0.75, 0.25], [1, 0, 1]), sampleWeights: [1, 3, 0] }
  const { bins, expectedCalibrationError } = report(request, 4)
  t.strictSame(filled(bins), [
    [3, 1, null, null],
    [11, 2, 0.75, 0.25],
  ])
  t.equal(expectedCalibrationError, 0.5)
  t.equal(report(request, 0).expectedCalibrationError, null)
})

test('values have no calibration', async (t) => {
  const part = new Calibration(specOf(binary([0], [0])))
  part.add(sliceOf({ loss: 'mse', labelFormat: 'values', predictions: [1], labels: [1] }))
  t.same(filled(part.report({ ...emptyTally }).bins), [])
})
