import { test } from 'tap'
import { Evaluation } from '../../src/loss/evaluation.ts'
import type { Memory } from '../../src/loss/memory.ts'
import { random } from './requests.ts'
import type { Request } from './support.ts'
import { errorsOf, evaluate, finish, heldAfterEnds, Ledger, specOf, tensorsOf, unlimited } from './support.ts'

/** Requests that between them take every kind of memory. */
const takers: readonly Request[] = (() => {
  const rows = 9000
  const byClass: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: Array.from({ length: rows }, (_, row) => [(row % 64) / 64, 1 - (row % 64) / 64]),
    labels: Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? -1 : row % 2)),
    sampleWeights: Array.from({ length: rows }, (_, row) => row % 3),
    ignoreIndex: -1,
    include: ['perSample', 'perClass', 'confusion', 'calibration', 'gradient'],
  }
  const classWeights = [2, 3]
  const values: Request = {
    loss: 'mse',
    labelFormat: 'values',
    predictions: byClass.predictions,
    labels: byClass.predictions,
    reduction: 'none',
    miniBatch: { size: 20_000, seed: 2, replacement: true },
  }
  return [
    byClass,
    { ...byClass, classWeights, miniBatch: { size: 8500, seed: 1, replacement: false } },
    values,
    { ...values, reduction: 'mean', miniBatch: undefined },
  ]
})()

test('memory is given back at every end: refused, given up at any step, or without room for what it takes next', async (t) => {
  for (const request of takers) {
    const begin = function* (memory: Memory) {
      const evaluation = new Evaluation(specOf(request), { ...random, memory })
      try {
        yield* evaluation.add(tensorsOf(request))
      } finally {
        evaluation.close()
      }
    }
    t.same(new Set(heldAfterEnds(begin)), new Set([0]), 'given up')
    const memory = new Ledger()
    const sampleWeights = Array.from({ length: 9000 }, (_, row) => (row === 8999 ? -1 : 1))
    const adding = new Evaluation(specOf(request), { ...random, memory }).add(tensorsOf({ ...request, sampleWeights }))
    t.equal(errorsOf(() => finish(adding)).length, 1)
    t.equal(memory.held, 0, 'refused')
  }
})

test('what the answer takes is held until the evaluation is closed', async (t) => {
  // two classes with 5 sums and 3 counts, 4 cells with a count, 15 bins with a count, two sums and one of products
  const states = 2 * (200 + 3 * 8 + 5 * 512) + 4 * (200 + 8) + 15 * (200 + 8 + 4 * 512)
  // per number of the answer 64 bytes; slopes of the gradient; losses and decisions of rows
  const parts = 64 * 2 * 9000 + 64 * (12 + 4 + 75) + states + 64 * 18_000 + 8 * 18_000 + 12 * 9000
  const held = [parts, parts - 64 * 2 * 500 + 64 * 2 - 12 * 500, 64 * 2 * 20_000 + 8 * 20_000, 0]
  for (const [at, request] of takers.entries()) {
    const memory = new Ledger()
    const evaluation = new Evaluation(specOf(request), { ...random, memory })
    finish(evaluation.add(tensorsOf(request)))
    t.equal(memory.held, held[at])
    const answer = finish(evaluation.report())
    t.equal(JSON.stringify(answer), JSON.stringify(evaluate(request, random)), 'counting changes nothing')
    const reporting = evaluation.report()
    for (let step = 0; step < 3; step++) reporting.next()
    reporting.return(answer)
    t.equal(memory.held, held[at], 'reporting takes no more')
    evaluation.close()
    t.equal(memory.held, 0)
    evaluation.close()
    t.equal(memory.held, 0)
  }
})

test('further batches take nothing that stays', async (t) => {
  const { ignoreIndex, include, ...byClass } = takers[0]
  const request: Request = { ...byClass, ignoreIndex, include: ['confusion'] }
  const memory = new Ledger()
  const evaluation = new Evaluation(specOf(request), { ...random, memory })
  for (let batch = 1; batch < 4; batch++) {
    finish(evaluation.add(tensorsOf(request)))
    t.equal(memory.held, 4 * (64 + 200 + 8))
    t.equal(evaluation.tally.samples, batch * 9000)
  }
})

test('a mini-batch, and rows left out, take memory for the rows of one step', async (t) => {
  const rows = 5000
  const request: Request = {
    loss: 'mse',
    labelFormat: 'index',
    predictions: Array.from({ length: rows }, () => new Array(100).fill(0)),
    labels: Array.from({ length: rows }, (_, row) => (row % 2 ? 7 : -1)),
    ignoreIndex: -1,
  }
  const step = 618 * (8 * 100 + 4)
  const peak = (options: Partial<Request>) => {
    const memory = new Ledger()
    finish(new Evaluation(specOf({ ...request, ...options }), { ...random, memory }).add(tensorsOf(request)))
    return memory.peak
  }
  // classes, and the largest predictions; of the rows that are kept the positions, too few to count
  t.equal(peak({}), 8 * rows + step)
  // drawn twice as often as there are rows, half of them kept
  const large = { miniBatch: { size: 10_000, seed: 5, replacement: true } }
  const kept = evaluate({ ...request, ...large }, random)
  t.equal(peak(large), 8 * rows + 4 * 10_000 + 4 * (10_000 - kept.ignored) + step)
})

test('the numbers of rows may be taken as they are, however many, and are given back', async (t) => {
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    include: ['perSample', 'gradient'],
    predictions: Array.from({ length: 3000 }, () => [0.25, 0.75]),
    labels: new Array(3000).fill(1),
  }
  const memory = new Ledger()
  const raw = { ...unlimited, maxAnswerNumbers: 1, memory, isRaw: true }
  const evaluation = new Evaluation(specOf(request), raw)
  finish(evaluation.add(tensorsOf(request)))
  const answer = evaluate(request)
  t.strictSame(evaluation.figures().loss, answer.loss)
  t.strictSame([...(finish(evaluation.rowNumbers('losses')) ?? [])], answer.perSample?.losses)
  t.strictSame([...(finish(evaluation.rowNumbers('correct')) ?? [])], new Array(3000).fill(1))
  t.strictSame([...(finish(evaluation.rowNumbers('gradient')) ?? [])], answer.gradient?.flat())
  t.equal(memory.held, (8 + 4 + 16) * 3000)
  evaluation.close()
  t.equal(memory.held, 0)
  for (const part of ['losses', 'correct', 'gradient'] as const) t.equal(finish(evaluation.rowNumbers(part)), undefined)
})

test('the weights in an answer about few rows are counted until it is closed', async (t) => {
  const memory = new Ledger()
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: [[0, 1]],
    labels: [1],
    classWeights: [1, 2],
  }
  const evaluation = new Evaluation(specOf(request), { ...random, memory })
  for (let batch = 0; batch < 2; batch++) finish(evaluation.add(tensorsOf(request)))
  t.equal(memory.held, 64 * 2)
  evaluation.close()
  t.equal(memory.held, 0)
})
