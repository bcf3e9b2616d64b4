import type { Head } from '../database/history.ts'
import type { WindowPart, WindowRange, WindowTotal } from '../database/store.ts'
import type { EvaluationState } from '../loss/state.ts'
import { RunningTotal } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Batches } from './block-ranges.ts'
import { corrupt } from './block-ranges.ts'

/** Fewer are read again each time. */
const leastKept = 8
const mostKept = 64
const pageMilliseconds = 5000

export interface Window {
  readonly start: number
  readonly batches: number
  readonly state: EvaluationState
}

/**
 * What the batches of each window up to a head add up to, in order. What is read of many batches is kept.
 *
 * @throws EvaluationGone, StoreUnavailable
 */
export async function* windowTotals(
  batches: Batches,
  range: WindowRange,
  head: Head,
  task: Task,
): AsyncGenerator<Window, void> {
  const { store, evaluation, codec, folds } = batches
  let kept: WindowTotal[] = []
  // a store that cannot be written to can still be read
  const keep = async () => {
    const some = kept
    kept = []
    await store.putWindows(evaluation, some).then(folds.kept, folds.failed)
  }
  let current: Sum | undefined
  const end = async ({ start, total, batches, fresh, last, digest }: Sum): Promise<Window> => {
    if (fresh >= leastKept && digest !== null) {
      kept.push({ start, batches, last, digest, state: await task.run(codec.write(total)) })
    }
    return { start, batches, state: total }
  }
  task.stop()
  for await (const parts of store.windowParts(evaluation, range, head)) {
    task.allow(pageMilliseconds)
    task.start()
    for (const part of parts) {
      if (current !== undefined && current.start !== part.start) {
        yield await end(current)
        current = undefined
      }
      current ??= sumOf(codec.spec, part)
      const state = await task.run(codec.read(part.state)).catch(corrupt)
      await task.run(current.total.take(state))
      current.batches += part.batches
      current.fresh++
      current.last = Math.max(current.last, part.last)
      current.digest = part.digest
    }
    task.stop()
    if (kept.length >= mostKept) await keep()
  }
  task.start()
  if (current !== undefined) yield await end(current)
  task.stop()
  await keep()
  task.start()
}

interface Sum {
  readonly start: number
  readonly total: RunningTotal
  batches: number
  /** Parts that were read. */
  fresh: number
  last: number
  digest: WindowPart['digest']
}

function sumOf(spec: RunningTotal['spec'], { start }: WindowPart): Sum {
  return { start, total: new RunningTotal(spec), batches: 0, fresh: 0, last: 0, digest: null }
}
