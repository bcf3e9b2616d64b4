import { test } from 'tap'
import type { RowSource, SliceOfBatch } from '../../src/loss/fold.ts'
import { computeRows, rowsOfBatch, slicesOf, tallyAll, tallyOf } from '../../src/loss/fold.ts'
import { equals, fromInteger, multiply, toDouble } from '../../src/loss/numerics/dyadic.ts'
import { exactCostSoFar } from '../../src/loss/numerics/elementary/elementary.ts'
import { merge } from '../../src/loss/tally.ts'
import fixture from '../fixtures/elementary.json' with { type: 'json' }
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import type { Request } from './support.ts'
import { batchOf, countSteps, finish, misses, sliceOf, specOf, tallyBytes } from './support.ts'

test('the weight of right decisions is exact', async (t) => {
  const request: Request = { loss: 'hinge', labelFormat: 'binary', predictions: [[1, 1, 1]], labels: [[1, 1, 1]] }
  const rounded = Array.from({ length: 2000 }, (_, at) => at / 1000).filter((weight) => {
    const weighted = { ...request, sampleWeights: [weight] }
    const { correctWeight, sampleWeight } = tallyOf(specOf(weighted), sliceOf(weighted))
    return !equals(correctWeight, multiply(sampleWeight, fromInteger(3)))
  })
  t.same(rounded, [])
})

test('a slice has the rows as they were computed, infinite losses included', async (t) => {
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    logPolicy: 'exact',
    predictions: matrix('1 0; 0.5 0.5; 0 1'),
    labels: [0, 1, 0],
    sampleWeights: [1, 2, 3],
  }
  const batch = batchOf(request)
  const slice = computeRows(specOf(request), rowsOfBatch(batch, unaccounted), 1, 3)
  const { from, at, rows, losses, weights, sampleWeights, decisions } = slice
  t.equal(slice.batch, batch)
  t.same([from, at, rows.count, rows.outputs, Array.from(rows.predictions)], [1, 1, 2, 2, [0.5, 0.5, 0, 1]])
  t.same(misses(Array.from(losses), [2 * Math.LN2, Number.POSITIVE_INFINITY]), [])
  t.same([Array.from(weights ?? []), Array.from(sampleWeights ?? [])], matrix('2 3; 2 3'))
  t.same(Array.from(decisions?.correct ?? []), [0, 0])
})

test('a batch of several steps has the tally of its rows at once, and pauses after each step', async (t) => {
  const values = Array.from({ length: 2 * 9362 + 1 }, (_, i) => Math.sin(i))
  const request: Request = { loss: 'mse', labelFormat: 'values', predictions: values, labels: values.map(() => 0) }
  const spec = specOf(request)
  const seen: number[] = []
  const steps = tallyAll(spec, slicesOf(spec, rowsOfBatch(batchOf(request), unaccounted)), ({ at }) => seen.push(at))
  let pauses = 0
  let step = steps.next()
  for (; !step.done; step = steps.next()) pauses++
  t.equal(pauses, 3)
  t.same(seen, [0, 9362, 2 * 9362])
  t.equal(tallyBytes(step.value), tallyBytes(tallyOf(spec, sliceOf(request))))
})

test('what takes steps of its own sees each slice after the step that evaluated it', async (t) => {
  const values = Array.from({ length: 9362 + 1 }, () => 1)
  const request: Request = { loss: 'mse', labelFormat: 'values', predictions: values, labels: values }
  const events: string[] = []
  const spec = specOf(request)
  const slices = slicesOf(spec, rowsOfBatch(batchOf(request), unaccounted))
  function* linger({ at }: SliceOfBatch): Generator<void, void> {
    events.push(`begins ${at}`)
    yield
    events.push(`ends ${at}`)
  }
  const steps = tallyAll(spec, slices, ({ at }) => events.push(`sees ${at}`), linger)
  while (!steps.next().done) events.push('pause')
  const both = [0, 9362].map((at) => [`sees ${at}`, 'pause', `begins ${at}`, 'pause', `ends ${at}`])
  t.same(events, both.flat())
  t.equal(countSteps(tallyAll(spec, slices, undefined, linger)), 4)
})

test('a source may bring other rows at each step, wherever they stand', async (t) => {
  const request: Request = { loss: 'mae', labelFormat: 'values', predictions: [1, 5, 2], labels: [0, 2, 4] }
  const batch = batchOf(request)
  const backwards: RowSource = { samples: 3, outputs: 1, part: (_, to) => ({ batch, start: 3 - to }) }
  const spec = specOf(request)
  const slices = [0, 1, 2].map((row) => computeRows(spec, backwards, row, row + 1))
  t.same(
    slices.map(({ at, from, losses }) => [at, from, ...losses]),
    matrix('0 2 2; 1 1 3; 2 0 1'),
  )
  const tallies = slices.map((slice) => tallyOf(spec, slice))
  t.equal(tallyBytes(tallies.reduce(merge)), tallyBytes(tallyOf(spec, sliceOf(request))))
})

test('what the check saw of the largest predictions is used', async (t) => {
  const rows = Array.from({ length: 300 }, (_, i) => [0, 1, 2].map((k) => (k === (i * i) % 3 ? 0.5 : 0.25)))
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: rows,
    labels: rows.map((_, i) => i % 3),
  }
  const batch = batchOf(request)
  t.equal(batch.largest?.length, 300)
  const [known, unknown] = [batch, { ...batch, largest: undefined }].map((rows) =>
    tallyOf(specOf(request), computeRows(specOf(request), rowsOfBatch(rows, unaccounted), 5, 280)),
  )
  t.same(known, unknown)
  t.ok(known.correct > 0 && known.correct < 275)
})

test('rows whose terms take the exact way are fewer in a step', async (t) => {
  const { hard } = fixture.functions.find(({ name }) => name === 'logCosh') ?? { hard: [] }
  const value = Buffer.from(hard[0][0], 'hex').readDoubleBE()
  for (const outputs of [1, 10]) {
    const row = new Array(outputs).fill(value)
    const predictions = new Array(20_000 / outputs).fill(row)
    const request: Request = {
      loss: 'log-cosh',
      labelFormat: 'values',
      predictions,
      labels: predictions.map(() => row.map(() => 0)),
    }
    const spec = specOf(request)
    const costs: number[] = []
    let before = exactCostSoFar()
    const steps = tallyAll(spec, slicesOf(spec, rowsOfBatch(batchOf(request), unaccounted)))
    let step = steps.next()
    for (; !step.done; step = steps.next()) {
      costs.push(exactCostSoFar() - before)
      before = exactCostSoFar()
    }
    t.equal(
      costs.reduce((sum, cost) => sum + cost),
      20_000,
      'each takes it',
    )
    t.ok(Math.max(...costs) <= 4096 + 1024, `${Math.max(...costs)} in a step`)
    t.equal(step.value.samples, 20_000 / outputs)
    const alone = tallyAll(
      spec,
      slicesOf(spec, rowsOfBatch(batchOf({ ...request, predictions: [row], labels: [row.map(() => 0)] }), unaccounted)),
    )
    const { loss } = finish(alone)
    t.equal(toDouble(step.value.loss), toDouble(multiply(loss, fromInteger(20_000 / outputs))))
  }
})
