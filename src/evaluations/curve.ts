import { StoreUnavailable } from '../database/errors.ts'
import type { Head } from '../database/history.ts'
import { noBatches } from '../database/history.ts'
import type { Statistics } from '../loss/report/statistics.ts'
import { statisticsOf } from '../loss/report/statistics.ts'
import type { Spec } from '../loss/spec.ts'
import type { Tally } from '../loss/tally.ts'
import { emptyTally, merge } from '../loss/tally.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Batches } from './block-ranges.ts'
import { blockBatches, rangesOf, singlesOf } from './block-ranges.ts'

/** A group of consecutive batches, and all batches up to its end. */
export interface CurvePoint extends CurveFigures {
  readonly fromSequence: number
  readonly toSequence: number
  readonly createdAt: number
  readonly cumulative: CurveFigures
}

type CurveFigures = Pick<Statistics, 'samples' | 'loss' | 'lossStatus' | 'accuracy' | 'standardError'>

/** Groups of equal size, a power of two; the last one may be smaller. */
export async function curveOf(batches: Batches, head: Head, points: number, task: Task): Promise<CurvePoint[]> {
  const { store, evaluation, codec } = batches
  const read = (state: Uint8Array) => codec.readTally(state)
  const { batches: last, digest } = head
  if (last === 0) return []
  const size = groupSize(last, points)
  task.stop()
  const times = await store.times(evaluation, size, head)
  task.start()
  const ranges =
    size < blockBatches ? singlesOf(batches, noBatches, last, read, task) : rangesOf(batches, last, read, task)
  const curve: CurvePoint[] = []
  let [all, group] = [emptyTally, emptyTally]
  for await (const range of ranges) {
    group = merge(group, range.total)
    if (range.head.batches % size !== 0 && range.head.batches < last) continue
    if (range.head.batches === last && range.head.digest !== digest) throw new StoreUnavailable('restored')
    all = merge(all, group)
    curve.push({
      fromSequence: curve.length * size + 1,
      toSequence: range.head.batches,
      createdAt: times[curve.length],
      ...figuresOf(group, codec.spec),
      cumulative: figuresOf(all, codec.spec),
    })
    group = emptyTally
  }
  return curve
}

function groupSize(batches: number, points: number): number {
  let size = 1
  while (size * points < batches) size *= 2
  return size
}

function figuresOf(tally: Tally, spec: Spec): CurveFigures {
  const { samples, loss, lossStatus, accuracy, standardError } = statisticsOf(tally, spec)
  return { samples, loss, lossStatus, accuracy, standardError }
}
