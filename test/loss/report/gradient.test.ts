import { test } from 'tap'
import { fromDouble, multiply } from '../../../src/loss/numerics/dyadic.ts'
import { Gradient } from '../../../src/loss/report/gradient.ts'
import type { Selection } from '../../../src/loss/selection.ts'
import type { Tally } from '../../../src/loss/tally.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { matrix } from '../../matrix.ts'
import { unaccounted } from '../../unaccounted.ts'
import type { Request } from '../support.ts'
import { batchOf, countSteps, finish, sliceOf, specOf } from '../support.ts'

const inPlace: Selection = { rows: undefined, positions: undefined, ignored: 0 }

function report(
  request: Request,
  tally: Partial<Tally>,
  isList = false,
  selection = inPlace,
  samples = batchOf(request).samples,
) {
  const part = new Gradient(specOf(request), samples, batchOf(request).outputs, isList, unaccounted)
  part.add(sliceOf(request), selection)
  return finish(part.report({ ...emptyTally, ...tally }))?.toJSON() ?? null
}

const request: Request = { loss: 'sse', labelFormat: 'index', predictions: matrix('3 0; 0 2'), labels: [0, 1] }
const two = { weight: fromDouble(2) }

test('rows drawn go back to where they come from, and add up', async (t) => {
  const selection: Selection = { ...inPlace, rows: Int32Array.of(2, 2) }
  t.same(report({ ...request, reduction: 'sum' }, two, false, selection, 3), matrix('0 0; 0 0; 4 2'))
  t.same(
    report({ ...request, reduction: 'sum', sampleWeights: [0.5, 3] }, two, false, selection, 3),
    matrix('0 0; 0 0; 2 6'),
    'weighted',
  )
})

test('it is reported in steps of 8192 numbers, whatever the rows', async (t) => {
  const spec = specOf(request)
  for (const [samples, outputs, isList] of [
    [4096, 6, false],
    [3 * 8192, 1, true],
    [3, 8192, false],
    [1, 3 * 8192, false],
  ] as const) {
    const gradient = new Gradient(spec, samples, outputs, isList, unaccounted)
    t.equal(countSteps(gradient.report({ ...emptyTally, ...two })), 3)
    const reported = finish(gradient.report({ ...emptyTally, ...two }))?.toJSON() ?? []
    t.same(reported.flat(), new Array(3 * 8192).fill(0))
    t.equal(reported.length, isList ? 3 * 8192 : samples)
  }
})

test('a loss that is not finite has no gradient, a slope beyond the range is null', async (t) => {
  t.equal(report({ ...request, reduction: 'mean' }, { ...two, infinite: 1 }), null)
  t.equal(report({ ...request, reduction: 'mean' }, {}), null, 'no weight')
  t.equal(report({ ...request, reduction: 'sum' }, {}), null, 'no weight, in a sum as well')
  const beyond = { ...two, loss: multiply(fromDouble(1e308), fromDouble(10)) }
  t.equal(report({ ...request, reduction: 'sum' }, beyond), null, 'a sum beyond the range')
  t.strictSame(report({ ...request, predictions: [[1e308, 0]], labels: [0], reduction: 'sum' }, two), [[null, 0]])
})

test('its numbers are those of the report, step by step, and all NaN if the loss is not finite', async (t) => {
  const mean: Request = { ...request, reduction: 'mean' }
  const made = (tally: Partial<Tally>) => {
    const gradient = new Gradient(specOf(mean), 2, 2, false, unaccounted)
    gradient.add(sliceOf(mean), inPlace)
    return [...(finish(gradient.numbers('gradient', { ...emptyTally, ...tally })) ?? [])]
  }
  const reported = report(mean, two) as number[][]
  t.strictSame(made(two), reported.flat())
  t.ok(made({ ...two, infinite: 1 }).every(Number.isNaN))
  const long = new Gradient(specOf(request), 3 * 8192, 1, true, unaccounted)
  t.equal(finish(long.numbers('losses', emptyTally)), undefined)
  t.equal(countSteps(long.numbers('gradient', { ...emptyTally, ...two })), 3)
})
