import { test } from 'tap'
import {
  freeLargeTensors,
  freeTensors,
  PlacedError,
  placed,
  placedError,
  SingleBatch,
  singleBatch,
} from '../../src/formats/parsed-body.ts'
import { unaccounted } from '../unaccounted.ts'

test('a body that is no stream has one batch', async (t) => {
  const batch = { predictions: 1 }
  const place = { locate: () => ['there'] }
  for (const [body, where] of [
    [singleBatch({ loss: 'mse' }, batch), {}],
    [singleBatch({ loss: 'mse' }, batch, place), place],
  ] as const) {
    t.same([body.options, body.only, body.fields, body.place], [{ loss: 'mse' }, batch, batch, where])
    t.equal(body.batches, undefined)
    t.equal(body.text, undefined)
  }
  t.equal(new SingleBatch({ options: {}, text: '{}' }, batch).text, '{}')
})

test('an error names the place of the work, once', async (t) => {
  const cause = new Error('broken')
  const failing = (error: unknown) => () => {
    throw error
  }
  t.equal(
    placed({ line: 3 }, () => 'done'),
    'done',
  )
  try {
    placed({ line: 3 }, failing(cause))
    t.fail('the error is thrown on')
  } catch (error) {
    t.ok(error instanceof PlacedError)
    t.match(error, { place: { line: 3 }, cause, message: 'broken' })
    t.equal(placedError({ line: 4 }, error), error)
  }
  t.throws(() => placed({}, failing(cause)), cause)
  t.equal(placedError({ line: 3 }, 'no error'), 'no error')
})

test('the tensors among the fields are freed, and nothing else', async (t) => {
  const tensorOf = (data: Float64Array) => ({ data, shape: [data.length], nonNumeric: [], nonNumericCount: 0 })
  const predictions = tensorOf(new Float64Array(2))
  const labels = tensorOf(new Float64Array(1))
  const freed: unknown[] = []
  const memory = { ...unaccounted, free: (buffer: unknown) => freed.push(buffer) }
  freeTensors({ batch: 'a', predictions, labels, more: undefined, data: { data: 1 } }, memory)
  t.equal(freed.length, 2)
  t.equal(freed[0], predictions.data.buffer)
  t.equal(freed[1], labels.data.buffer)
})

test('large tensors are freed a step each, and others are left to be freed at once', async (t) => {
  const tensorOf = (length: number) => {
    const data = new Float64Array(length)
    return { data, shape: [length], nonNumeric: [], nonNumericCount: 0 }
  }
  const predictions = tensorOf(2 ** 19)
  const labels = tensorOf(2 ** 19 - 1)
  const sampleWeights = tensorOf(2 ** 20)
  const freed: unknown[] = []
  const memory = { ...unaccounted, free: (buffer: unknown) => freed.push(buffer) }
  const steps = freeLargeTensors({ predictions, labels, sampleWeights, data: { data: 1 } }, memory)
  const counts = []
  for (let step = steps.next(); !step.done; step = steps.next()) counts.push(freed.length)
  t.same(counts, [0, 1])
  t.equal(freed.length, 2)
  t.equal(freed[0], predictions.data.buffer)
  t.equal(freed[1], sampleWeights.data.buffer)
})
