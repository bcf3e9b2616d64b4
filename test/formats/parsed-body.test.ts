import { test } from 'tap'
import { LocatedError, locatedError, withLocation } from '../../src/formats/errors.ts'
import { freeLargeTensors } from '../../src/formats/parsed-body.ts'
import { unaccounted } from '../unaccounted.ts'

test('an error names the place of the work, once', async (t) => {
  const cause = new Error('broken')
  const failing = (error: unknown) => () => {
    throw error
  }
  t.equal(
    withLocation({ line: 3 }, () => 'done'),
    'done',
  )
  try {
    withLocation({ line: 3 }, failing(cause))
    t.fail('the error is thrown on')
  } catch (error) {
    t.ok(error instanceof LocatedError)
    t.match(error, { location: { line: 3 }, cause, message: 'broken' })
    t.equal(locatedError({ line: 4 }, error), error)
  }
  t.throws(() => withLocation({}, failing(cause)), cause)
  t.equal(locatedError({ line: 3 }, 'no error'), 'no error')
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
