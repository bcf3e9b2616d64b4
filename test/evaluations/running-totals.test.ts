import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import type { Head } from '../../src/database/history.ts'
import type { Store } from '../../src/database/store.ts'
import type { Batches } from '../../src/evaluations/block-ranges.ts'
import type { OpenEvaluation } from '../../src/evaluations/open-evaluation.ts'
import { RunningTotals } from '../../src/evaluations/running-totals.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import type { EvaluationState } from '../../src/loss/state.ts'
import { merge } from '../../src/loss/state.ts'
import { Scheduler, Task } from '../../src/runtime/scheduler.ts'
import type { Request } from '../loss/support.ts'
import { bytesOf, stateOf } from '../loss/support.ts'
import {
  altered,
  byRow,
  classRows,
  cutAt,
  declare,
  declaredFor,
  headAt,
  newTask,
  put,
  storeOf,
  together,
} from './evaluations.ts'

interface Scope {
  after(release: () => Promise<void>): unknown
}

/** Keeps the bytes of a total, and up to where it goes. */
async function keep(total: EvaluationState, { batches }: Head) {
  return { bytes: bytesOf(total), last: batches }
}

function expected(requests: readonly Request[]) {
  return { bytes: bytesOf(stateOf(together(requests))), last: requests.length }
}

/** An evaluation of these batches, and the reads of its store since. */
async function stored(t: Scope, requests: readonly Request[]) {
  const store = await storeOf(t)
  const evaluations = new Evaluations(store, new Scheduler())
  const evaluation = await declare(evaluations, 'run', declaredFor(requests[0], 3))
  await put(evaluations, evaluation, requests)
  const reads: string[] = []
  return { store, evaluations, evaluation, reads, batches: { ...evaluation.batches, store: watched(store, reads) } }
}

function watched(store: Store, reads: string[]): Store {
  return altered(store, {
    states(id, after, last) {
      reads.push(`${after?.batches} to ${last}`)
      return store.states(id, after, last)
    },
    folds(id, from, to, after) {
      reads.push(`blocks ${from} to ${to}`)
      return store.folds(id, from, to, after)
    },
  })
}

test('a total grows by what is new, from single batches to whole blocks and back', async (t) => {
  const requests = cutAt(classRows(1200), (at) => 1 + (at % 3))
  const { batches, reads } = await stored(t, requests)
  const totals = new RunningTotals()
  const steps: [last: number, reads: string[]][] = [
    [0, []],
    [5, ['0 to 5']],
    [5, []],
    [100, ['5 to 100']],
    [128, ['100 to 128']],
    [300, ['blocks 1 to 1', '256 to 300']],
    [310, ['300 to 310']],
    [600, ['310 to 384', 'blocks 3 to 3', '512 to 600']],
  ]
  // the blocks are folded before, so that reads are those of the total alone
  await new RunningTotals().use(batches, 3, await headAt(batches, 600), newTask(), keep)
  for (const [last, read] of steps) {
    reads.length = 0
    const got = await totals.use(batches, 3, await headAt(batches, last), newTask(), keep)
    if (last > 0) t.strictSame(got, expected(requests.slice(0, last)), `${last} batches`)
    t.same(reads, read, `${last} batches`)
  }
  const later = await totals.use(batches, 3, await headAt(batches, 40), newTask(), keep)
  t.equal(later.last, 600, 'who found fewer is told of more')
  t.same(
    (await new RunningTotals().use(batches, 3, await headAt(batches, 40), newTask(), keep)).bytes,
    expected(requests.slice(0, 40)).bytes,
  )
})

test('one at a time uses a total, which does not change meanwhile', async (t) => {
  const requests = byRow(classRows(200))
  const { batches } = await stored(t, requests)
  const totals = new RunningTotals()
  const order: string[] = []
  const begun = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const first = totals.use(batches, 3, await headAt(batches, 50), newTask(), async (total, last) => {
    order.push(`first has ${last.batches}`)
    const before = bytesOf(total)
    begun.resolve()
    await gate.promise
    t.same(bytesOf(total), before)
    order.push('first ends')
    return bytesOf(total)
  })
  const others = [await headAt(batches, 200), await headAt(batches, 120)].map((head) =>
    totals.use(batches, 3, head, newTask(), async (total, last) => {
      order.push(`another has ${last.batches}`)
      return bytesOf(total)
    }),
  )
  await begun.promise
  for (let turn = 0; turn < 20; turn++) await setImmediate()
  t.same(order, ['first has 50'])
  gate.resolve()
  t.same(await first, expected(requests.slice(0, 50)).bytes)
  for (const other of await Promise.all(others)) t.same(other, expected(requests).bytes)
  t.same(order, ['first has 50', 'first ends', 'another has 200', 'another has 200'])
})

/** Lets every step wait for its turn, and abandons the task at one of them. */
class Interrupting extends Scheduler {
  left: number

  constructor(steps: number) {
    super()
    this.left = steps
  }

  override isOver(): boolean {
    return true
  }

  override async wait(task: Task): Promise<void> {
    this.step(task)
  }

  step(task: Task): void {
    if (--this.left === 0) task.abandon(new Error('the client left'))
  }
}

for (const isKept of [true, false]) {
  test(`abandoned at any step, ${isKept ? 'with' : 'without'} blocks, the next report is right`, async (t) => {
    const requests = byRow(classRows(300))
    const { evaluation, store } = await stored(t, requests)
    await new RunningTotals().use(evaluation.batches, 3, await headAt(evaluation.batches, 300), newTask(), keep)
    const wanted = { ...expected(requests) }
    const totals = new RunningTotals()
    let abandoned = 0
    for (let steps = 1, isDone = false; !isDone; steps += isKept ? 1 : 7) {
      const scheduler = new Interrupting(steps)
      const task = new Task(scheduler, Number.POSITIVE_INFINITY, () => new Error('overtime'))
      const stepping = altered(store, {
        async *states(id, after, last) {
          for await (const page of store.states(id, after, last)) {
            scheduler.step(task)
            yield page
          }
        },
        async folds(id, from, to, after) {
          scheduler.step(task)
          return isKept ? store.folds(id, from, to, after) : []
        },
        async putFolds() {
          scheduler.step(task)
        },
      })
      const batches: Batches = { ...evaluation.batches, store: stepping }
      // the total of a block and a bit is there already, or none is
      totals.forget(batches.evaluation)
      if (steps % 2 === 0)
        await totals.use(evaluation.batches, 3, await headAt(evaluation.batches, 100), newTask(), keep)
      try {
        await totals.use(batches, 3, await headAt(batches, 300), task, keep)
        isDone = true
      } catch (error) {
        if (!(error instanceof Error) || error.message !== 'the client left') throw error
        abandoned++
      }
      const got = await totals.use(evaluation.batches, 3, await headAt(evaluation.batches, 300), newTask(), keep)
      t.strictSame(got, wanted, `after ${steps} steps`)
    }
    t.ok(abandoned > 20)
  })
}

test('abandoned in the middle of a large batch, the next report counts it once', async (t) => {
  // each batch has 3600 cells, which are read and added in several steps
  const outputs = 60
  const cells = Array.from({ length: outputs * outputs }, (_, cell) => cell)
  const request: Request = {
    loss: 'mae',
    labelFormat: 'index',
    predictions: cells.map((cell) => Array.from({ length: outputs }, (_, k) => (k === cell % outputs ? 1 : 0))),
    labels: cells.map((cell) => Math.floor(cell / outputs)),
    include: ['confusion'],
  }
  const store = await storeOf(t)
  const evaluations = new Evaluations(store, new Scheduler())
  const { batches } = await declare(evaluations, 'run', declaredFor(request, outputs))
  await put(evaluations, await declare(evaluations, 'run', declaredFor(request, outputs)), [request, request])
  const wanted = bytesOf(merge(stateOf(request), stateOf(request)))
  const totals = new RunningTotals()
  let abandoned = 0
  // there are some two thousand steps, and a prime number finds all kinds of them
  for (let isDone = false, steps = 1; !isDone; steps += 17, abandoned++) {
    const task = new Task(new Interrupting(steps), Number.POSITIVE_INFINITY, () => new Error('overtime'))
    totals.forget(batches.evaluation)
    isDone = await totals.use(batches, outputs, await headAt(batches, 2), task, keep).then(
      () => true,
      () => false,
    )
    t.same(
      (await totals.use(batches, outputs, await headAt(batches, 2), newTask(), keep)).bytes,
      wanted,
      `after ${steps} steps`,
    )
  }
  t.ok(abandoned > 10)
})

test('a task that is abandoned while it waits for another does no harm', async (t) => {
  const requests = byRow(classRows(150))
  const { batches } = await stored(t, requests)
  const totals = new RunningTotals()
  const task = newTask()
  const head = await headAt(batches, 150)
  const [first, second, third] = [newTask(), task, newTask()].map((each) => totals.use(batches, 3, head, each, keep))
  task.abandon(new Error('the client left'))
  t.strictSame(await first, expected(requests))
  await t.rejects(second, { message: 'the client left' })
  t.strictSame(await third, expected(requests))
})

test('totals are kept as far as the memory for them goes, those used last', async (t) => {
  const store = await storeOf(t)
  const evaluations = new Evaluations(store, new Scheduler())
  // 160,000 cells take 33 MB: three totals are kept, not four
  const outputs = 400
  const predictions = [Array.from({ length: outputs }, (_, k) => (k === 7 ? 1 : 0))]
  const large: Request = { loss: 'mae', labelFormat: 'index', predictions, labels: [5], include: ['confusion'] }
  const small: Request = { ...large, include: [] }
  const opened: Record<string, OpenEvaluation> = {}
  for (const [name, request] of Object.entries({ a: large, b: large, c: large, d: large, e: small, f: small })) {
    opened[name] = await declare(evaluations, name, declaredFor(request, outputs))
    await put(evaluations, opened[name], [request])
  }
  const totals = new RunningTotals()
  const reads: string[] = []
  const isRead = async (name: string) => {
    reads.length = 0
    const batches = { ...opened[name].batches, store: watched(store, reads) }
    await totals.use(batches, outputs, await headAt(batches, 1), newTask(), keep)
    return reads.length > 0
  }
  for (const name of ['a', 'e', 'b', 'c', 'f']) t.equal(await isRead(name), true, name)
  for (const name of ['b', 'c', 'e', 'f', 'a']) t.equal(await isRead(name), false, `${name} is kept`)
  t.equal(await isRead('d'), true)
  for (const name of ['c', 'e', 'f', 'a', 'd']) t.equal(await isRead(name), false, `${name} is kept`)
  t.equal(await isRead('b'), true, 'the one used longest ago is not')
})
