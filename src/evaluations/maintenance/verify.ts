import { chained, noBatches } from '../../database/history.ts'
import {
  allBatches,
  allEvaluations,
  allFolds,
  allWindows,
  batchesOfWindow,
  countRows,
  deleteFold,
  deleteWindow,
} from '../../database/sql/dump.ts'
import type { SqlEngine } from '../../database/sql/engine.ts'
import type { Evaluation, Store } from '../../database/store.ts'
import { statisticsOf } from '../../loss/report/statistics.ts'
import { RunningTotal } from '../../loss/state.ts'
import { blockBatches } from '../block-ranges.ts'
import { StateCodec } from '../codec.ts'
import type { Declared } from '../declaration.ts'
import { readDeclaration } from '../declaration.ts'
import type { WindowName } from '../window.ts'
import { startOf } from '../window.ts'

export interface Verified {
  readonly evaluations: number
  readonly batches: number
  readonly folds: number
  readonly differences: number
  /** Folds that were made anew. */
  readonly mended: number
}

interface Options {
  /** Folds that are wrong are made anew. */
  readonly mends: boolean
  /** Is told of each difference. */
  readonly found: (evaluation: Evaluation, difference: string) => void
}

/**
 * Computes all that can be computed again, from the batches that each evaluation has when its turn comes, and compares it with
 * what is stored: sequences, digests, counts, figures, states and folds. Others may write meanwhile.
 */
export async function verify(engine: SqlEngine, store: Store, { mends, found }: Options): Promise<Verified> {
  const counts = { evaluations: 0, batches: 0, folds: 0, differences: 0, mended: 0 }
  for await (const evaluation of allEvaluations(engine)) {
    counts.evaluations++
    const differ = (difference: string) => {
      counts.differences++
      found(evaluation, difference)
    }
    const declared = readable(evaluation, differ)
    if (declared === undefined) continue
    const codec = new StateCodec(declared.spec, declared.outputs)
    const folds = new Map((await allFolds(engine, evaluation, evaluation.batches)).map((fold) => [fold.slot, fold]))
    let [head, samples, block] = [noBatches, 0, new RunningTotal(codec.spec)]
    let isReadable = true
    for await (const batch of allBatches(engine, evaluation, evaluation.batches)) {
      counts.batches++
      if (batch.sequence !== head.batches + 1) differ(`batch ${head.batches + 1} is missing`)
      const digest = chained(evaluation.incarnation, head, batch)
      if (batch.digest !== null && batch.digest !== digest) {
        differ(
          `batch ${batch.sequence} ("${batch.name}") has a digest that does not match it and the batches before it`,
        )
      }
      if (!isOf(declared.window, batch.window)) {
        differ(`batch ${batch.sequence} ("${batch.name}") is in a window that the evaluation does not have`)
      }
      head = { batches: batch.sequence, digest: batch.digest }
      samples += batch.samples
      try {
        const state = ended(codec.read(batch.state))
        const { loss, lossStatus, accuracy } = statisticsOf(state.tally, codec.spec)
        if (loss !== batch.loss || lossStatus !== batch.lossStatus || accuracy !== batch.accuracy) {
          differ(`batch ${batch.sequence} ("${batch.name}") has results that differ from its state`)
        }
        ended(block.take(state))
      } catch (error) {
        differ(`batch ${batch.sequence} ("${batch.name}") cannot be read: ${(error as Error).message}`)
        isReadable = false
      }
      if (batch.sequence % blockBatches !== 0) continue
      const slot = batch.sequence / blockBatches - 1
      const fold = folds.get(slot)
      if (fold !== undefined && isReadable) {
        counts.folds++
        const state = ended(codec.write(block))
        const isRight = fold.digest === head.digest && Buffer.compare(fold.state, state) === 0
        if (!isRight) {
          differ(`the stored sum of batches ${batch.sequence - blockBatches + 1} to ${batch.sequence} differs`)
          if (mends) {
            await deleteFold(engine, evaluation, slot)
            await store.putFolds(evaluation, [{ slot, last: batch.sequence, digest: head.digest, state }])
            counts.mended++
          }
        }
      }
      block = new RunningTotal(codec.spec)
      isReadable = true
    }
    await verifyWindows(evaluation, codec)
    const now = await store.find(evaluation.owner, evaluation.name)
    // deleted meanwhile
    if (now?.incarnation !== evaluation.incarnation) continue
    if (head.batches !== evaluation.batches) differ(`it has ${evaluation.batches} batches; ${head.batches} were found`)
    if (samples !== evaluation.samples) differ(`it has ${evaluation.samples} samples; its batches have ${samples}`)
    if (declared.join !== undefined && isStill(now, evaluation)) {
      const rows = await countRows(engine, evaluation)
      const { waitingPredictions, waitingLabels } = evaluation
      if (rows.predictions !== waitingPredictions || rows.labels !== waitingLabels) {
        const said = `${waitingPredictions} predictions and ${waitingLabels} labels`
        differ(`it has ${said} that wait; ${rows.predictions} and ${rows.labels} are there`)
      }
    }
    if (head.batches === evaluation.batches && head.digest !== evaluation.digest) {
      differ('its digest is not that of its last batch')
    }
  }
  return counts

  /** One window at a time, so that memory does not grow with them. */
  async function verifyWindows(evaluation: Evaluation, codec: StateCodec): Promise<void> {
    for (const kept of await allWindows(engine, evaluation, evaluation.batches)) {
      counts.folds++
      const total = new RunningTotal(codec.spec)
      let [batches, digest]: [number, string | null] = [0, null]
      try {
        for await (const batch of batchesOfWindow(engine, evaluation, kept.start, kept.last)) {
          ended(total.take(ended(codec.read(batch.state))))
          batches++
          if (batch.sequence === kept.last) digest = batch.digest
        }
      } catch {
        // the batch was named before
        continue
      }
      const state = ended(codec.write(total))
      const isRight = digest === kept.digest && batches === kept.batches && Buffer.compare(kept.state, state) === 0
      if (isRight) continue
      counts.differences++
      found(evaluation, `the sum that is kept of the window of ${new Date(kept.start).toISOString()} is another`)
      if (!mends) continue
      await deleteWindow(engine, evaluation, kept.start)
      if (digest !== null) await store.putWindows(evaluation, [{ ...kept, batches, digest, state }])
      counts.mended++
    }
  }
}

function isOf(declared: WindowName | undefined, window: number | null): boolean {
  return declared === undefined ? window === null : window !== null && startOf(declared, window) === window
}

/** Whether nothing was sent to it meanwhile. */
function isStill(
  now: Evaluation,
  { digest, waitingPredictions, waitingLabels, expired, updatedAt }: Evaluation,
): boolean {
  return (
    now.digest === digest &&
    now.waitingPredictions === waitingPredictions &&
    now.waitingLabels === waitingLabels &&
    now.expired === expired &&
    now.updatedAt === updatedAt
  )
}

function readable({ declaration }: Evaluation, differ: (difference: string) => void): Declared | undefined {
  try {
    return readDeclaration(declaration)
  } catch (error) {
    differ(`its declaration cannot be read: ${(error as Error).message}`)
    return undefined
  }
}

/** What steps come to, all at once: nobody waits for this process. */
export function ended<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
