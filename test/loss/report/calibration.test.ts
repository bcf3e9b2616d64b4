import fc from 'fast-check'
import { test } from 'tap'
import { fromDouble, toDouble } from '../../../src/loss/numerics/dyadic.ts'
import type { CalibrationReport } from '../../../src/loss/report/calibration.ts'
import { calibration, calibrationBin, calibrationBins } from '../../../src/loss/report/calibration.ts'
import type { Groups } from '../../../src/loss/report/groups.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { matrix } from '../../matrix.ts'
import { above, below } from '../exact.ts'
import type { Request } from '../support.ts'
import { finish, misses, sliceOf, specOf, stateOf } from '../support.ts'

function fold(...requests: Request[]): Groups {
  const bins = calibration.empty()
  for (const request of requests)
    finish(calibration.absorb(bins, calibration.fold(specOf(requests[0]), sliceOf(request))))
  return bins
}

function report(request: Request, weight: number, ...further: Request[]): CalibrationReport {
  const tally = { ...emptyTally, outputs: stateOf(request).tally.outputs, sampleWeight: fromDouble(weight) }
  return finish(calibration.report(fold(request, ...further), tally, specOf(request))) as CalibrationReport
}

/** The bins that hold something. */
function filled(bins: CalibrationReport['bins']) {
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

test('classes: the top probability against the share of right decisions, in any number of slices', async (t) => {
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: matrix('0.25 0.75; 0.75 0.25; 0.5 0.5'),
    labels: [1, 1, 0],
  }
  // 3/4 right once of 2, 1/2 right; gaps |3/2 - 1| and |1/2 - 1| over 3
  const expected = matrix('7 1 0.5 1; 11 2 0.75 0.5')
  const once = report(request, 3)
  t.same([filled(once.bins), once.expectedCalibrationError], [expected, 1 / 3])
  const twice = report({ ...request, predictions: [[0.25, 0.75]], labels: [1] }, 3, {
    ...request,
    predictions: matrix('0.75 0.25; 0.5 0.5'),
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
  t.same(misses(filled(report(byOutput, 2).bins), matrix('3 1 0.25 0; 11 1 0.75 1')), [])
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
  t.equal(fold({ loss: 'mse', labelFormat: 'values', predictions: [1], labels: [1] }).size, 0)
})

test('every double falls into the bin whose reported edges hold it', async (t) => {
  const isIn = (bin: number, confidence: number) =>
    confidence <= (bin + 1) / 15 && (confidence > bin / 15 || (bin === 0 && confidence === 0))
  for (let edge = 1; edge <= 15; edge++) {
    const at = edge / 15
    t.equal(calibrationBin(at), edge - 1, `at ${at}`)
    t.equal(calibrationBin(below(at)), edge - 1, `below ${at}`)
    if (edge < 15) t.equal(calibrationBin(above(at)), edge, `above ${at}`)
  }
  t.same([calibrationBin(0), calibrationBin(5e-324)], [0, 0])
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (confidence) =>
      isIn(calibrationBin(confidence), confidence),
    ),
    { seed: 15, numRuns: 5000 },
  )
})

test('log-probabilities, by class and by output', async (t) => {
  const [threeQuarters, quarter] = [Math.log(0.75), Math.log(0.25)]
  const byClass: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictionFormat: 'log-probabilities',
    predictions: [[quarter, threeQuarters]],
    labels: [1],
  }
  t.same(misses(filled(report(byClass, 1).bins), [[11, 1, 0.75, 1]]), [])
  const byOutput: Request = { ...byClass, loss: 'brier', labelFormat: 'binary', labels: [[0, 1]] }
  t.same(misses(filled(report(byOutput, 1).bins), matrix('3 1 0.25 0; 11 1 0.75 1')), [])
})

test('equal logits are as confident as equal probabilities', async (t) => {
  for (let outputs = 2; outputs <= 40; outputs++) {
    const row = (value: number) => [new Array<number>(outputs).fill(value)]
    const request = { loss: 'cross-entropy', labelFormat: 'index', labels: [0] } as const
    const byLogits = fold({ ...request, predictionFormat: 'logits', predictions: row(0) })
    const byProbabilities = fold({ ...request, predictions: row(1 / outputs) })
    t.strictSame(
      Array.from(byLogits, ([bin, { sums }]) => [bin, ...sums.map(toDouble)]),
      Array.from(byProbabilities, ([bin, { sums }]) => [bin, ...sums.map(toDouble)]),
      `${outputs} classes`,
    )
  }
})

test('weighted confidences are multiplied without rounding', async (t) => {
  const request = { ...binary([1, 1, 1], [1, 1, 1]), sampleWeights: [0.1, 0.2, 0.7] }
  t.strictSame(filled(report(request, 1).bins), [[14, 3, 1, 1]])
  t.equal(report({ ...binary([0.7], [1]), sampleWeights: [0.1] }, 0.1).bins[10].meanConfidence, 0.7)
})

test('several binary outputs: each of each row counts by itself', async (t) => {
  const rows: Request = {
    loss: 'brier',
    labelFormat: 'binary',
    predictions: matrix('0 0.75; 0.0625 0.75'),
    labels: matrix('0 1; 1 0'),
    sampleWeights: [0.1, 0.7],
  }
  const flat: Request = {
    ...rows,
    predictions: [0, 0.75, 0.0625, 0.75],
    labels: [0, 1, 1, 0],
    sampleWeights: [0.1, 0.1, 0.7, 0.7],
  }
  const { tally, spec } = stateOf(rows)
  const bins = fold(rows)
  t.strictSame(
    finish(calibration.report(bins, tally, spec)),
    finish(calibration.report(fold(flat), stateOf(flat).tally, specOf(flat))),
  )
  const unweighted = { ...rows, sampleWeights: undefined }
  t.same(
    filled((finish(calibration.report(fold(unweighted), stateOf(unweighted).tally, spec)) as CalibrationReport).bins),
    matrix('0 2 0.03125 0.5; 11 2 0.75 0.5'),
  )
})
