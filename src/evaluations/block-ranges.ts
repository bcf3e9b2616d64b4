import { StoreUnavailable } from '../database/errors.ts'
import type { EvaluationKey, Head, ReadHead } from '../database/history.ts'
import { noBatches } from '../database/history.ts'
import type { Store } from '../database/store.ts'
import { InvalidState } from '../loss/bytes.ts'
import type { EvaluationState } from '../loss/state.ts'
import { emptyState, RunningTotal } from '../loss/state.ts'
import type { Tally } from '../loss/tally.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { StateCodec } from './codec.ts'
import type { FoldWatch } from './fold-failures.ts'

/** What a block adds up to is kept in the store. */
export const blockBatches = 128
const blocksPerRead = 64
const bytesPerRead = 2 ** 20

export interface Batches {
  readonly store: Store
  readonly evaluation: EvaluationKey
  readonly codec: StateCodec
  readonly folds: FoldWatch
  /** About what the declaration takes in memory. */
  readonly declaredBytes: number
}

export interface BlockRange<Total> {
  /** The batches up to its last one. */
  readonly head: Head
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
  let head: ReadHead = noBatches
  for await (const range of blocksOf(batches, head, Math.floor(last / blockBatches), read, task)) {
    head = range.head
    yield range
  }
  yield* singlesOf(batches, head, last, read, task)
}

/** Each batch with `after` < sequence <= `last` as a range of its own. @throws EvaluationGone, StoreUnavailable */
export async function* singlesOf<Total>(
  { store, evaluation }: Batches,
  after: ReadHead,
  last: number,
  read: Read<Total>,
  task: Task,
): AsyncGenerator<BlockRange<Total>, void> {
  let { batches } = after
  if (batches >= last) return
  task.stop()
  for await (const { states } of store.states(evaluation, after, last)) {
    task.start()
    for (const { state, digest } of states) {
      batches++
      yield { head: { batches, digest }, total: await task.run(read(state)).catch(corrupt) }
    }
    task.stop()
  }
  task.start()
}

/** @throws StoreUnavailable where the bytes of a batch are no state, else what was thrown */
export function corrupt(error: unknown): never {
  throw error instanceof InvalidState ? new StoreUnavailable('corrupt', error) : error
}

/**
 * The blocks after a head, which is at the end of a block, up to the block `to`, which is left out.
 *
 * @throws EvaluationGone, StoreUnavailable
 */
export async function* blocksOf<Total>(
  batches: Batches,
  after: ReadHead,
  to: number,
  read: Read<Total>,
  task: Task,
): AsyncGenerator<BlockRange<Total>, void> {
  let head: ReadHead = after
  let size = 4
  for (let block = Math.ceil(after.batches / blockBatches); block < to; ) {
    let end = Math.min(block + size, to)
    task.stop()
    const folds = await batches.store.folds(batches.evaluation, block, end - 1, head)
    task.start()
    const count = folds.length
    const bytes = folds.reduce((sum, { state }) => sum + state.length, 1)
    for (; block < end; block++) {
      const kept = folds[0]?.slot === block ? folds.shift() : undefined
      let total = kept && (await task.run(read(kept.state)).catch(undefinedIfDamaged))
      let reached = kept && { batches: kept.last, digest: kept.digest }
      if (reached === undefined || total === undefined) {
        const made = await foldBlock(batches, head, task)
        reached = made.head
        total = await task.run(read(made.state))
        // what was read before does not come after it for certain
        if (folds.length > 0) end = block + 1
      }
      head = reached
      yield { head: reached, total }
    }
    size = Math.max(1, Math.min(blocksPerRead, Math.floor((bytesPerRead * count) / bytes)))
  }
}

/** A damaged fold is made again. */
function undefinedIfDamaged(error: unknown): undefined {
  if (!(error instanceof InvalidState)) throw error
}

/** What the batches with `after` < sequence <= `last` add up to. @throws EvaluationGone, StoreUnavailable */
export async function foldOf(
  batches: Batches,
  after: ReadHead,
  last: number,
  task: Task,
): Promise<BlockRange<EvaluationState>> {
  const { codec } = batches
  const all = new RunningTotal(codec.spec)
  let head: Head = noBatches
  for await (const range of singlesOf(batches, after, last, (state) => codec.read(state), task)) {
    await task.run(all.take(range.total))
    head = range.head
  }
  return { head, total: all }
}

/**
 * Folds the block that comes after a head, whose batches are all there, and keeps what it adds up to if that is possible.
 *
 * @throws EvaluationGone, StoreUnavailable
 */
export async function foldBlock(batches: Batches, after: ReadHead, task: Task): Promise<KeptBlock> {
  return keepBlock(batches, await foldOf(batches, after, after.batches + blockBatches, task), task)
}

interface KeptBlock {
  readonly head: Head
  readonly state: Uint8Array
}

/** Keeps a block of which only the tally is known, and all that its state says. */
export function keepTally(batches: Batches, head: Head, tally: Tally, task: Task): Promise<KeptBlock> {
  return keepBlock(batches, { head, total: { ...emptyState(batches.codec.spec), tally } }, task)
}

async function keepBlock(
  { store, evaluation, codec, folds }: Batches,
  { head, total }: BlockRange<EvaluationState>,
  task: Task,
): Promise<KeptBlock> {
  const state = await task.run(codec.write(total))
  const { batches: last, digest } = head
  task.stop()
  // a store that cannot be written to can still be read
  const fold = { slot: last / blockBatches - 1, last, digest, state }
  await store.putFolds(evaluation, [fold]).then(folds.kept, folds.failed)
  task.start()
  return { head, state }
}
