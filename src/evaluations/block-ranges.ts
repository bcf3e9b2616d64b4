import { EvaluationGone, StoreUnavailable } from '../database/errors.ts'
import type { Store } from '../database/store.ts'
import { InvalidState } from '../loss/bytes.ts'
import type { EvaluationState } from '../loss/state.ts'
import { emptyState, RunningTotal } from '../loss/state.ts'
import type { Tally } from '../loss/tally.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { StateCodec } from './codec.ts'

/** What a block adds up to is kept in the store. */
export const blockBatches = 128
const blocksPerRead = 64
const bytesPerRead = 2 ** 20

export interface Batches {
  readonly store: Store
  readonly evaluation: number
  readonly codec: StateCodec
  readonly foldFailed: (error: unknown) => void
}

export interface BlockRange<Total> {
  /** The sequence of its last batch. */
  readonly last: number
  readonly total: Total
}

/** Makes something of a state, step by step. @throws InvalidState */
export type Read<Total> = (state: Uint8Array) => Generator<void, Total>

/** Whole blocks, and after the last of them single batches. @throws EvaluationGone, StoreUnavailable */
export async function* rangesOf<Total>(
  batches: Batches,
  last: number,
  read: Read<Total>,
  task: Task,
): AsyncGenerator<BlockRange<Total>, void> {
  const blocks = Math.floor(last / blockBatches)
  yield* blocksOf(batches, 0, blocks, read, task)
  yield* singlesOf(batches, blocks * blockBatches, last, read, task)
}

/** Each batch with `after` < sequence <= `last` as a range of its own. @throws EvaluationGone, StoreUnavailable */
export async function* singlesOf<Total>(
  { store, evaluation }: Batches,
  after: number,
  last: number,
  read: Read<Total>,
  task: Task,
): AsyncGenerator<BlockRange<Total>, void> {
  if (after >= last) return
  let at = after
  task.stop()
  for await (const { states } of store.states(evaluation, after, last)) {
    task.start()
    for (const state of states) {
      yield { last: ++at, total: await task.run(read(state)).catch(corrupt) }
    }
    task.stop()
  }
  task.start()
  // batches are deleted only with their evaluation
  if (at < last) throw new EvaluationGone()
}

export function corrupt(error: unknown): never {
  throw error instanceof InvalidState ? new StoreUnavailable('corrupt', error) : error
}

/** The blocks `from` <= block < `to`, numbered from 0. @throws EvaluationGone, StoreUnavailable */
export async function* blocksOf<Total>(
  batches: Batches,
  from: number,
  to: number,
  read: Read<Total>,
  task: Task,
): AsyncGenerator<BlockRange<Total>, void> {
  let size = 4
  for (let block = from; block < to; ) {
    const end = Math.min(block + size, to)
    task.stop()
    const folds = await batches.store.folds(batches.evaluation, block, end - 1)
    task.start()
    const bySlot = new Map(folds.map(({ slot, state }) => [slot, state]))
    for (; block < end; block++) {
      const kept = bySlot.get(block)
      const total = kept && (await task.run(read(kept)).catch(undefinedIfDamaged))
      yield {
        last: (block + 1) * blockBatches,
        total: total ?? (await task.run(read(await foldBlock(batches, block, task)))),
      }
    }
    const bytes = folds.reduce((sum, { state }) => sum + state.length, 1)
    size = Math.max(1, Math.min(blocksPerRead, Math.floor((bytesPerRead * folds.length) / bytes)))
  }
}

/** A damaged fold is made again. */
function undefinedIfDamaged(error: unknown): undefined {
  if (!(error instanceof InvalidState)) throw error
}

/** What the batches with `after` < sequence <= `last` add up to. @throws EvaluationGone, StoreUnavailable */
export async function foldOf(batches: Batches, after: number, last: number, task: Task): Promise<EvaluationState> {
  const { codec } = batches
  const all = new RunningTotal(codec.spec)
  for await (const { total } of singlesOf(batches, after, last, (state) => codec.read(state), task)) {
    await task.run(all.take(total))
  }
  return all
}

/**
 * Folds a block whose batches are all there, and keeps what it adds up to if that is possible.
 *
 * @param tally of the block, if it is known and all that its state says
 * @throws EvaluationGone, StoreUnavailable
 */
export async function foldBlock(batches: Batches, block: number, task: Task, tally?: Tally): Promise<Uint8Array> {
  const { store, evaluation, codec, foldFailed } = batches
  const last = (block + 1) * blockBatches
  const total =
    tally === undefined ? await foldOf(batches, block * blockBatches, last, task) : { ...emptyState(codec.spec), tally }
  const state = await task.run(codec.write(total))
  task.stop()
  // a store that cannot be written to can still be read
  await store.putFolds(evaluation, [{ slot: block, last, state }]).catch(foldFailed)
  task.start()
  return state
}
