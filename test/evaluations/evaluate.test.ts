import { test } from 'tap'
import { digestsOf } from '../../src/evaluations/digests.ts'
import { evaluateBatch } from '../../src/evaluations/evaluate.ts'
import type { OpenEvaluation } from '../../src/evaluations/open-evaluation.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import type { Tensors } from '../../src/loss/batch.ts'
import { LimitExceeded } from '../../src/loss/validation-errors.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { bytesOf, errorsOf, finish, heldAfterEnds, stateOf, tensorsOf, unlimited } from '../loss/support.ts'
import { classRows, declare, declaredFor, storeOf } from './evaluations.ts'

const request = classRows(7)

interface Scope {
  after(release: () => Promise<void>): unknown
}

async function opened(t: Scope, like = request, outputs = 3): Promise<OpenEvaluation> {
  const evaluations = new Evaluations(await storeOf(t), new Scheduler())
  return declare(evaluations, 'run', declaredFor(like, outputs))
}

function evaluate(evaluation: OpenEvaluation, tensors: Tensors, maxStateBytes = 1000) {
  return finish(evaluateBatch(evaluation, 'step-1', tensors, { ...unlimited, maxStateBytes }))
}

test('a batch is evaluated to its state, its figures and its digests', async (t) => {
  const evaluation = await opened(t)
  const { batch, state } = evaluate(evaluation, tensorsOf(request))
  const own = stateOf(request)
  t.same(bytesOf(state), bytesOf(own))
  const { loss, accuracy, ...others } = batch
  t.strictSame(others, {
    name: 'step-1',
    window: null,
    ...finish(digestsOf(tensorsOf(request), 'index')),
    state: finish(evaluation.batches.codec.write(own)),
    samples: 7,
    lossStatus: 'finite',
    tally: undefined,
  })
  t.ok(loss !== null && loss > 0 && accuracy !== null && accuracy >= 0)
})

test('another number of outputs than declared is refused before anything else', async (t) => {
  const evaluation = await opened(t)
  const wide = tensorsOf({ ...request, predictions: [[0.25, 0.25, 0.25, 0.25]], labels: [9], sampleWeights: [1] })
  t.same(
    errorsOf(() => evaluate(evaluation, wide)),
    [
      {
        path: ['predictions'],
        detail: 'predictions has 4 numbers per row; the evaluation was declared with outputs 3',
        received: 4,
      },
    ],
  )
  const list = tensorsOf({ ...request, predictions: [0.25, 0.75], labels: 9, sampleWeights: [1] })
  t.match(
    errorsOf(() => evaluate(evaluation, list)),
    [{ path: ['predictions'], received: 2 }],
  )
})

test('a batch of which too much would be kept is refused', async (t) => {
  const evaluation = await opened(t)
  const { length } = evaluate(evaluation, tensorsOf(request)).batch.state
  t.doesNotThrow(() => evaluate(evaluation, tensorsOf(request), length))
  const { constructor: _, ...refusal } = new LimitExceeded('maxStateBytes', length - 1, [], '')
  t.throws(() => evaluate(evaluation, tensorsOf(request), length - 1), {
    ...refusal,
    message: `The stored sums of this batch would take ${length} bytes; maxStateBytes is ${length - 1}. Remove parts from include.`,
  })
})

test('whenever it is given up, nothing is held any more', async (t) => {
  const rows = 15_000
  const long = classRows(rows)
  const evaluation = await opened(t)
  const held = heldAfterEnds((memory) =>
    evaluateBatch(evaluation, 'long', tensorsOf(long), { ...unlimited, maxStateBytes: 1000, memory }),
  )
  t.ok(held.length > 10)
  t.same(new Set(held), new Set([0]))
})
