import { RunningTotal } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { StateCodec } from './codec.ts'
import type { Store } from './store.ts'

/** Batches of a block: what a block adds up to is kept in the store, so that it is folded once. */
export const blockBatches = 128
/** Blocks that are read from the store at a time. */
const blocksPerRead = 64

/** Where the batches of one evaluation are. */
export interface Batches {
  readonly store: Store
  /** The id of the evaluation. */
  readonly evaluation: number
  readonly codec: StateCodec
}

/** What consecutive batches add up to, as bytes. */
export interface Run {
  /** The sequence of its last batch. */
  readonly last: number
  readonly state: Uint8Array
}

/**
 * The batches up to a sequence as consecutive runs: whole blocks, and after the last of them single batches. What a block
 * adds up to is read from the store, or folded and kept there.
 */
export async function* runsOf(batches: Batches, last: number, task: Task): AsyncGenerator<Run, void> {
  const blocks = Math.floor(last / blockBatches)
  yield* blocksOf(batches, 0, blocks, task)
  yield* singlesOf(batches, blocks * blockBatches, last, task)
}

/** Each batch with `after` < sequence <= `last` as a run of its own. */
export async function* singlesOf(
  { store, evaluation }: Batches,
  after: number,
  last: number,
  task: Task,
): AsyncGenerator<Run, void> {
  if (after >= last) return
  task.stop()
  for await (const { first, states } of store.states(evaluation, after, last)) {
    task.start()
    for (const [at, state] of states.entries()) {
      if (task.isDue) await task.pause()
      yield { last: first + at, state }
    }
    task.stop()
  }
  task.start()
}

/** The blocks `from` <= block < `to`, numbered from 0. */
export async function* blocksOf(batches: Batches, from: number, to: number, task: Task): AsyncGenerator<Run, void> {
  for (let block = from; block < to; ) {
    const end = Math.min(block + blocksPerRead, to)
    task.stop()
    const kept = await batches.store.folds(batches.evaluation, block, end - 1)
    task.start()
    const bySlot = new Map(kept.map(({ slot, state }) => [slot, state]))
    for (; block < end; block++) {
      if (task.isDue) await task.pause()
      const state = bySlot.get(block) ?? (await foldBlock(batches, block, task))
      yield { last: (block + 1) * blockBatches, state }
    }
  }
}

/** Folds a block whose batches are all there, and keeps what it adds up to. */
export async function foldBlock(batches: Batches, block: number, task: Task): Promise<Uint8Array> {
  const { store, evaluation, codec } = batches
  const last = (block + 1) * blockBatches
  const total = new RunningTotal(codec.spec)
  for await (const run of singlesOf(batches, block * blockBatches, last, task)) total.add(codec.read(run.state))
  const state = codec.write(total)
  task.stop()
  await store.putFolds(evaluation, [{ slot: block, last, state }])
  task.start()
  return state
}
