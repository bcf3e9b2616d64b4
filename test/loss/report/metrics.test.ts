import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { ByteReader, ByteWriter } from '../../../src/loss/bytes.ts'
import { fromDouble } from '../../../src/loss/numerics/dyadic.ts'
import type { MetricsState } from '../../../src/loss/report/metrics.ts'
import { metrics } from '../../../src/loss/report/metrics.ts'
import { matrix } from '../../matrix.ts'
import type { Request } from '../support.ts'
import { evaluate, finish, misses, sliceOf, specOf, stateOf } from '../support.ts'

interface Case {
  readonly name: string
  readonly request: Request
  readonly expect: { readonly metrics: object }
}

const fixture = new URL('../../fixtures/metrics.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly cases: readonly Case[] }

function reported(request: Request, ...further: readonly Request[]): Record<string, unknown> {
  const [first, ...others] = [request, ...further].map((each) => ({ ...each, include: ['metrics'] }) as Request)
  return { ...(evaluate(first, undefined, ...others).metrics as object) }
}

test('scikit-learn', async (t) => {
  t.ok(cases.length >= 40)
  for (const { name, request, expect } of cases) t.same(misses(reported(request), expect.metrics, 1e-13), [], name)
})

test('perplexity is e to the mean cross-entropy', async (t) => {
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    logPolicy: 'exact',
    predictions: matrix('0.5 0.5; 0.125 0.875'),
    labels: [0, 0],
  }
  t.same(misses(reported(request).perplexity, 4), [], 'e to the mean of log 2 and log 8')
  t.same(misses(reported({ ...request, reduction: 'sum' }).perplexity, 4), [], 'whatever the reduction')
  t.same(misses(reported({ ...request, classWeights: [3, 1] }).perplexity, 4), [])
  t.equal(reported({ ...request, labels: [0, 1], predictions: matrix('0 1; 0 1') }).perplexity, null, 'infinite')
  t.equal(reported({ ...request, sampleWeights: [0, 0] }).perplexity, null, 'no weight')
  const logits = { ...request, predictionFormat: 'logits', predictions: matrix('-900 0; 0 0') } as const
  t.equal(reported({ ...logits, sampleWeights: [1, 0] }).perplexity, null, 'e^900 is beyond a double')
  t.notOk('perplexity' in reported({ ...request, loss: 'mse', logPolicy: undefined }))
})

test('the numbers of an answer, or behind it, grow with classes and outputs', async (t) => {
  const options = { predictions: [], labels: [] }
  const numbers = (loss: Request['loss'], labelFormat: Request['labelFormat']) =>
    metrics.answerNumbers(specOf({ ...options, loss, labelFormat }), { samples: 1, outputs: 10 })
  t.same([numbers('mse', 'index'), numbers('mse', 'binary'), numbers('mse', 'values')], [50, 170, 90])
  const bytes = (labelFormat: Request['labelFormat']) =>
    metrics.stateBytes(specOf({ ...options, loss: 'mse', labelFormat }), 10)
  // three sums of weights; of values two sums of products of two, and three of three
  t.same(
    [bytes('index'), bytes('binary'), bytes('values')],
    [3, 3, 13].map((factors) => 10 * (200 + factors * 512)),
  )
})

test('values: the largest error is kept exactly, and whether it is beyond a double', async (t) => {
  const values = (predictions: number[], labels: number[]): Request => ({
    loss: 'mae',
    labelFormat: 'values',
    predictions,
    labels,
  })
  const request = values([1, 0.1], [2, 0.3])
  const further = values([1e308], [-1e308])
  const spec = specOf(request)
  const fold = (...requests: Request[]): MetricsState => {
    const state = metrics.empty()
    for (const each of requests) finish(metrics.foldInto(state, spec, sliceOf(each)))
    return state
  }
  const state = fold(request)
  t.same(state.largest, fromDouble(1))
  finish(metrics.absorb(state, fold(values([5], [5.5]))))
  t.same(state.largest, fromDouble(1), 'a smaller one changes nothing')
  finish(metrics.absorb(state, fold(further)))
  t.equal((finish(metrics.report(state, stateOf(request).tally, spec)) as { maxError: unknown }).maxError, null)
  const writer = new ByteWriter()
  finish(metrics.write(state, writer))
  const read = finish(metrics.read(new ByteReader(writer.bytes()), spec))
  const again = new ByteWriter()
  finish(metrics.write(read, again))
  t.same(again.bytes(), writer.bytes())
})
