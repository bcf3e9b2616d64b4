import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { StoreUnavailable } from '../../src/database/errors.ts'
import { CommitQueue } from '../../src/evaluations/commit-queue.ts'
import type { EvaluatedBatch } from '../../src/evaluations/evaluate.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { eventually } from '../eventually.ts'
import { altered, classRows, declare, declaredFor, evaluated, found, owner, storeOf } from './evaluations.ts'

const request = classRows(1)

/** A queue whose commits wait until they are let go, and what became of its batches. */
async function queueOf(t: { after(release: () => Promise<void>): unknown }) {
  const store = await storeOf(t)
  const groups: string[][] = []
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  const gated = altered(store, {
    async putBatches(batches) {
      groups.push(batches.map(({ name }) => name))
      await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
      return store.putBatches(batches)
    },
  })
  const evaluations = new Evaluations(gated, new Scheduler())
  const evaluation = await declare(evaluations, 'run', declaredFor(request, 3))
  const done: [tag: number, name: string, outcome: string][] = []
  const queue = new CommitQueue<number>(evaluations, evaluation, (tag, { name }, { outcome }) =>
    done.push([tag, name, outcome]),
  )
  const batch = (name: string, content = request): EvaluatedBatch => evaluated(evaluation, name, content)
  const next = async (error?: Error) => {
    const commit = waiting.shift()
    if (commit === undefined) throw new Error('no commit is under way')
    const known = done.length
    if (error === undefined) {
      commit.resolve()
      // the store answers from a thread of its own, when the machine lets it
      await eventually(() => done.length > known)
    } else commit.reject(error)
    await setImmediate()
  }
  return { queue, groups, done, batch, next, evaluations, store }
}

test('batches that come while one is committed share the next commit, in order', async (t) => {
  const { queue, groups, done, batch, next, evaluations } = await queueOf(t)
  await queue.flush()
  t.same(groups, [], 'nothing waits')
  for (const [at, name] of ['a', 'b', 'c', 'a'].entries()) queue.add(at, batch(name))
  t.same(groups, [['a']])
  await next()
  queue.add(4, batch('d'))
  queue.add(5, batch('b', classRows(2)))
  t.same(groups, [['a'], ['b', 'c', 'a']])
  t.same(done, [[0, 'a', 'committed']])
  const flushed = queue.flush()
  await next()
  await next()
  await flushed
  t.same(groups.slice(2), [['d', 'b']])
  t.same(done, [
    [0, 'a', 'committed'],
    [1, 'b', 'committed'],
    [2, 'c', 'committed'],
    [3, 'a', 'replayed'],
    [4, 'd', 'committed'],
    [5, 'b', 'conflict'],
  ])
  const names = (await evaluations.listBatches(await found(evaluations, 'run'), { limit: 9 })).map(({ name }) => name)
  t.same(names, ['a', 'b', 'c', 'd'])
  queue.add(6, batch('e'))
  t.same(groups.at(-1), ['e'], 'and it goes on')
  const last = queue.flush()
  await next()
  await last
  t.same(done.at(-1), [6, 'e', 'committed'])
})

test('it is full of many batches, or of large ones', async (t) => {
  const { queue, batch, next } = await queueOf(t)
  const one = batch('a')
  queue.add(0, one)
  for (let at = 1; at <= 512; at++) {
    t.equal(queue.isFull, false)
    queue.add(at, { ...one, name: `a${at}` })
  }
  t.equal(queue.isFull, true)
  await next()
  t.equal(queue.isFull, false, 'they are being committed')
  queue.add(513, { ...one, name: 'large', state: new Uint8Array(2 ** 20 - 1) })
  t.equal(queue.isFull, false)
  queue.add(514, { ...one, name: 'small', state: new Uint8Array(1) })
  t.equal(queue.isFull, true)
  await next()
  await next()
  await queue.flush()
  t.equal(queue.isFull, false)
})

test('what cannot be committed is not told of as if it were', async (t) => {
  const { queue, done, batch, next, store } = await queueOf(t)
  queue.add(0, batch('a'))
  queue.add(1, batch('b'))
  await next()
  const failure = new StoreUnavailable('out-of-reach')
  const flushed = t.rejects(queue.flush(), failure)
  queue.add(2, batch('c'))
  await next(failure)
  await flushed
  t.same(done, [[0, 'a', 'committed']])
  await t.rejects(queue.flush(), failure, 'however often it is asked')
  t.throws(() => queue.add(3, batch('d')), failure, 'and nothing more is taken')
  const evaluation = await store.find(owner, 'run')
  t.equal(evaluation?.batches, 1)
})

test('evaluations deleted meanwhile take no more batches', async (t) => {
  const { queue, done, batch, next, evaluations } = await queueOf(t)
  queue.add(0, batch('a'))
  await evaluations.delete(owner, 'run')
  const flushed = queue.flush()
  await next()
  await flushed
  t.same(done, [[0, 'a', 'gone']])
})
