import { test } from 'tap'
import { StoreUnavailable } from '../../src/database/errors.ts'
import type { Store } from '../../src/database/store.ts'
import type { Batches, BlockRange, Read } from '../../src/evaluations/block-ranges.ts'
import { blockBatches, blocksOf, foldBlock, foldOf, rangesOf, singlesOf } from '../../src/evaluations/block-ranges.ts'
import { StateCodec } from '../../src/evaluations/codec.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import type { Request } from '../loss/support.ts'
import { bytesOf, finish, specOf, stateOf } from '../loss/support.ts'
import {
  altered,
  byRow,
  classRows,
  declare,
  declaredFor,
  evaluated,
  headAt,
  newTask,
  owner,
  put,
  storeOf,
  together,
} from './evaluations.ts'
import { sweepAll } from './support.ts'

interface Scope {
  after(release: () => Promise<void>): unknown
}

/** The batches of an evaluation of so many rows, one each, and what was asked of its store since. */
async function storedRows(t: Scope, count: number) {
  const store = await storeOf(t)
  const rows = byRow(classRows(count))
  // a service that folds nothing by itself
  const evaluations = new Evaluations(altered(store, { putFolds: async () => {} }), new Scheduler())
  const evaluation = await declare(evaluations, 'run', declaredFor(rows[0], 3))
  await put(evaluations, evaluation, rows)
  const asked: string[] = []
  const watched = (changes: Partial<Store> = {}): Batches => ({
    ...evaluation.batches,
    store: altered(store, {
      states: (id, after, last) => {
        asked.push(`states ${after?.batches} to ${last}`)
        return store.states(id, after, last)
      },
      folds: (id, from, to, after) => {
        asked.push(`folds ${from} to ${to}`)
        return store.folds(id, from, to, after)
      },
      putFolds: (id, folds) => {
        asked.push(`put ${folds.map(({ slot, last }) => `${slot} to ${last}`)}`)
        return store.putFolds(id, folds)
      },
      ...changes,
    }),
  })
  return { store, rows, evaluation, evaluations, batches: watched(), watched, asked }
}

function readersOf({ codec }: Batches) {
  const read = (bytes: Uint8Array) => codec.read(bytes)
  return { read, readTally: (bytes: Uint8Array) => codec.readTally(bytes) }
}

function inOneStep<Total>(make: (bytes: Uint8Array) => Total): Read<Total> {
  return function* (bytes) {
    yield
    return make(bytes)
  }
}

async function collected<Total>(runs: AsyncIterable<BlockRange<Total>>): Promise<BlockRange<Total>[]> {
  const all: BlockRange<Total>[] = []
  for await (const run of runs) all.push(run)
  return all
}

/** The bytes of the state of the rows with `from` <= row < `to`, evaluated at once. */
function bytesOfRows(rows: readonly Request[], from: number, to: number): Uint8Array {
  return bytesOf(stateOf(together(rows.slice(from, to))))
}

const damaged = { name: 'StoreUnavailable', reason: 'corrupt' }

test('whole blocks are folded once, kept, and read from then on; the rest are single batches', async (t) => {
  const { rows, batches, asked } = await storedRows(t, 300)
  const { read } = readersOf(batches)
  const expected = [128, 256, ...Array.from({ length: 44 }, (_, at) => at + 257)]
  for (const round of ['the first time', 'later']) {
    asked.length = 0
    const runs = await collected(rangesOf(batches, 300, read, newTask()))
    t.same(
      runs.map(({ head }) => head.batches),
      expected,
    )
    let from = 0
    for (const { head, total } of runs) {
      const last = head.batches
      t.same(bytesOf(total), bytesOfRows(rows, from, last), `${round}, up to ${last}`)
      from = last
    }
    const folding = ['states 0 to 128', 'put 0 to 128', 'states 128 to 256', 'put 1 to 256']
    t.same(asked, ['folds 0 to 1', ...(round === 'later' ? [] : folding), 'states 256 to 300'], round)
  }
  t.same(await collected(rangesOf(batches, 0, read, newTask())), [])
})

test('a block that is missing or damaged is folded again, and kept in its place', async (t) => {
  const { store, rows, batches, evaluation } = await storedRows(t, 2 * blockBatches)
  const run = evaluation.stored
  const { digest } = await headAt(batches, 128)
  const { codec } = batches
  const whole = finish(codec.write(stateOf(together(rows.slice(0, 128)))))
  const rightOnes = await collected(
    blocksOf(
      batches,
      { batches: 0 },
      2,
      inOneStep((bytes) => Buffer.from(bytes)),
      newTask(),
    ),
  )
  t.same(rightOnes[0].total, whole)
  const two = { ...rows[0], predictions: [[0.5, 0.5]], labels: [0] }
  const otherSpec = new StateCodec(specOf({ ...two, epsilon: 1e-6 }), 3)
  const wrong: [name: string, bytes: Uint8Array][] = [
    ['no bytes', new Uint8Array()],
    ['a byte less', whole.subarray(0, -1)],
    ['another version', whole.with(2, 9)],
    ['another count', whole.with(40, whole[40] ^ 1)],
    ['another K', finish(codec.write(stateOf(two)))],
    ['another spec', finish(otherSpec.write(stateOf({ ...rows[0], epsilon: 1e-6 })))],
  ]
  for (const [name, state] of wrong) {
    await store.putFolds(run, [{ slot: 0, last: 128, digest, state }])
    t.same((await store.folds(run, 0, 0))[0].state, state)
    const [first, second] = await collected(blocksOf(batches, { batches: 0 }, 2, readersOf(batches).read, newTask()))
    t.same([finish(codec.write(first.total)), finish(codec.write(second.total))], [whole, rightOnes[1].total], name)
    t.same((await store.folds(run, 0, 0))[0].state, whole, `${name} is mended`)
  }
})

test('what else goes wrong in reading a block is not taken for damage', async (t) => {
  const { batches, asked } = await storedRows(t, blockBatches)
  await foldBlock(batches, { batches: 0 }, newTask())
  asked.length = 0
  const mistake = new TypeError('a mistake')
  const wrong = inOneStep(() => {
    throw mistake
  })
  await t.rejects(collected(blocksOf(batches, { batches: 0 }, 1, wrong, newTask())), mistake)
  t.same(asked, ['folds 0 to 0'])
  await t.rejects(collected(singlesOf(batches, { batches: 0 }, 1, wrong, newTask())), mistake)
})

test('a damaged batch makes the store damaged, unless its block was folded before', async (t) => {
  const { store, rows, evaluations, evaluation, batches } = await storedRows(t, 100)
  const broken = { ...evaluated(evaluation, 'broken', rows[0]) }
  await evaluations.put(evaluation, [{ ...broken, state: broken.state.with(2, 7) }])
  const { read, readTally } = readersOf(batches)
  const rejected = await t.rejects(collected(singlesOf(batches, { batches: 0 }, 101, read, newTask())), damaged)
  t.match(rejected, { cause: { name: 'InvalidState' } })
  await t.rejects(collected(singlesOf(batches, { batches: 100 }, 101, readTally, newTask())), damaged)
  await t.rejects(foldOf(batches, { batches: 0 }, 101, newTask()), damaged)
  await put(evaluations, evaluation, byRow(classRows(27)), 200)
  await t.rejects(foldBlock(batches, { batches: 0 }, newTask()), damaged)
  t.same(await store.folds(evaluation.stored, 0, 9), [], 'nothing wrong is kept')
  const state = finish(batches.codec.write(stateOf(together(rows))))
  const { digest } = await headAt(batches, 128)
  await store.putFolds(evaluation.stored, [{ slot: 0, last: 128, digest, state }])
  t.equal((await collected(blocksOf(batches, { batches: 0 }, 1, read, newTask()))).length, 1)
})

test('an evaluation that is deleted while it is read is gone, and never half reported', async (t) => {
  const { store, evaluation, evaluations, batches } = await storedRows(t, 700)
  const { read } = readersOf(batches)
  await foldBlock(batches, { batches: 128 }, newTask())
  await evaluations.delete(owner, 'run')
  const gone = { name: 'EvaluationGone', message: 'The evaluation was deleted.' }
  const left = async () => (await store.listBatches(evaluation.stored, { limit: 700 })).map(({ sequence }) => sequence)
  while ((await left()).length === 700) await store.sweep()
  // the last go first: whoever reads from the first on meets no gap that it takes for a beginning
  t.same(
    await left(),
    Array.from({ length: 200 }, (_, at) => at + 1),
  )
  await t.rejects(foldOf(batches, { batches: 0 }, 700, newTask()), gone, 'in part')
  await sweepAll(store)
  for (const [after, last] of [
    [0, 10],
    [690, 700],
    [0, 700],
  ]) {
    await t.rejects(collected(singlesOf(batches, { batches: after }, last, read, newTask())), gone)
    await t.rejects(foldOf(batches, { batches: after }, last, newTask()), gone)
  }
  await t.rejects(collected(rangesOf(batches, 700, read, newTask())), gone)
  await t.rejects(foldBlock(batches, { batches: 128 }, newTask()), gone)
})

test('a block is answered where it cannot be kept', async (t) => {
  const { store, rows, watched } = await storedRows(t, blockBatches)
  const batches = watched({ putFolds: () => Promise.reject(new StoreUnavailable('disk-full')) })
  t.same(
    (await foldBlock(batches, { batches: 0 }, newTask())).state,
    finish(batches.codec.write(stateOf(together(rows)))),
  )
  t.same(await store.folds(batches.evaluation, 0, 9), [])
})

test('small blocks are read many at a time, large ones one by one', async (t) => {
  const { watched, asked } = await storedRows(t, 1)
  const sized = (size: number) =>
    watched({
      async folds(_, from, to) {
        asked.push(`${from} to ${to}`)
        const state = new Uint8Array(size)
        const slots = Array.from({ length: to - from + 1 }, (_, at) => from + at)
        return slots.map((slot) => ({ slot, last: (slot + 1) * blockBatches, digest: null, state }))
      },
    })
  const rangesOf = async (size: number, to: number) => {
    asked.length = 0
    const runs = await collected(
      blocksOf(
        sized(size),
        { batches: 0 },
        to,
        inOneStep((bytes) => bytes.length),
        newTask(),
      ),
    )
    t.same(runs.length, to)
    return [...asked]
  }
  t.same(await rangesOf(1000, 150), ['0 to 3', '4 to 67', '68 to 131', '132 to 149'])
  t.same(await rangesOf(2 ** 18 + 1, 10), ['0 to 3', '4 to 6', '7 to 9'])
  t.same(await rangesOf(2 ** 21, 6), ['0 to 3', '4 to 4', '5 to 5'])
})
