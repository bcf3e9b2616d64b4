import { test } from 'tap'
import type { Memory } from '../../src/loss/memory.ts'
import type { Sweep, SweepParameter } from '../../src/loss/sweep.ts'
import { sweep, sweepStep } from '../../src/loss/sweep.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import type { Request, SentAnswer } from './support.ts'
import { batchOf, countSteps, evaluate, finish, heldAfterEnds, Ledger, misses, specOf } from './support.ts'

function sweepOf(request: Request, parameter: SweepParameter, values: readonly number[]): Sweep {
  return finish(sweep(specOf(request), batchOf(request), parameter, values, unaccounted))
}

const request: Request = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictionFormat: 'logits',
  predictions: matrix('2 0 1; 0 1 -1; 1 1.5 0'),
  labels: [0, 2, 0],
  sampleWeights: [1, 2, 1],
}

/** The request with its logits changed by hand. */
function changed(by: (logit: number, k: number) => number): Request {
  return { ...request, predictions: (request.predictions as number[][]).map((row) => row.map(by)) }
}

/** The losses and accuracies of answers. */
function figuresOf(answers: readonly SentAnswer[]) {
  return { loss: answers.map((answer) => answer.loss), accuracy: answers.map((answer) => answer.accuracy) }
}

test('along a temperature every logit is divided by it', async (t) => {
  const values = [0.5, 1, 4]
  const { loss, accuracy } = sweepOf(request, { name: 'temperature' }, values)
  const answers = values.map((value) => evaluate(changed((logit) => logit / value)))
  t.same({ loss, accuracy }, figuresOf(answers))
})

test('along a bias it is added to the logits of one output', async (t) => {
  const values = [-1, 0, 0.25, 3]
  const { loss, accuracy } = sweepOf(request, { name: 'bias', class: 2 }, values)
  const answers = values.map((value) => evaluate(changed((logit, k) => (k === 2 ? logit + value : logit))))
  t.same({ loss, accuracy }, figuresOf(answers))
})

test('the slopes are central differences: the loss has one where the accuracy has none', async (t) => {
  const one: Request = { ...request, predictions: [[0, Math.log(3)]], labels: [0], sampleWeights: undefined }
  // y_0 is 1/4 and d loss / d z_0 = y_0 - 1; the decision is the same all around
  const { lossSlope, accuracySlope } = sweepOf(one, { name: 'bias', class: 0 }, [0])
  t.same(misses(lossSlope, [-0.75], 1e-8), [])
  t.same(accuracySlope, [0])
})

test('where the decision changes the accuracy leaps', async (t) => {
  const one: Request = { ...request, predictions: [[0, 1]], labels: [0], sampleWeights: undefined }
  // at bias 1 both are equal and the first wins; a little below the second does: 1 / 2h
  const { accuracy, accuracySlope } = sweepOf(one, { name: 'bias', class: 0 }, [0.5, 1, 1.5])
  t.equal(sweepStep, 1e-4)
  t.same(accuracy, [0, 1, 1])
  t.same(misses(accuracySlope, [0, 5000, 0]), [])
})

test('a loss that is not finite is null, and so is its slope', async (t) => {
  const none: Request = { ...request, sampleWeights: [0, 0, 0] }
  t.strictSame(sweepOf(none, { name: 'bias', class: 0 }, [0]), {
    loss: [null],
    accuracy: [null],
    lossSlope: [null],
    accuracySlope: [null],
  })
})

test('the batch is left as it was, and it pauses thrice a value for each step of rows', async (t) => {
  const batch = batchOf(request)
  const before = Array.from(batch.predictions)
  t.equal(Array.from(sweep(specOf(request), batch, { name: 'temperature' }, [1, 2], unaccounted)).length, 6)
  t.same(Array.from(batch.predictions), before)
})

test('it takes memory for the rows of one step, and holds nothing in the end', async (t) => {
  const rows = 20_000
  const many: Request = {
    ...request,
    labelFormat: 'probabilities',
    predictions: Array.from({ length: rows }, (_, row) => [row % 3, 1]),
    labels: Array.from({ length: rows }, (_, row) => (row % 2 ? [1, 0] : [0.5, 0.5])),
    sampleWeights: undefined,
  }
  const batch = batchOf(many)
  const begin = (memory: Memory) => sweep(specOf(many), batch, { name: 'bias', class: 1 }, [0, 1], memory)
  const memory = new Ledger()
  // 8192 rows a step
  t.equal(countSteps(begin(memory)), 3 * 2 * 3)
  t.same([memory.held, memory.peak], [0, 8 * 2 * 8192])
  t.same(new Set(heldAfterEnds(begin)), new Set([0]))
  const one = sweepOf(many, { name: 'bias', class: 1 }, [1])
  const biased = evaluate({ ...many, predictions: (many.predictions as number[][]).map(([a, b]) => [a, b + 1]) })
  t.same([one.loss, one.accuracy], [[biased.loss], [biased.accuracy]])
})
