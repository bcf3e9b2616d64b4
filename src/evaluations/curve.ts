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
export async function curveOf(batches: Batches, last: number, points: number, task: Task): Promise<CurvePoint[]> {
  const { store, evaluation, codec } = batches
  const read = (state: Uint8Array) => codec.readTally(state)
  if (last === 0) return []
  const size = groupSize(last, points)
  task.stop()
  const times = await store.times(evaluation, size, last)
  task.start()
  const ranges = size < blockBatches ? singlesOf(batches, 0, last, read, task) : rangesOf(batches, last, read, task)
  const curve: CurvePoint[] = []
  let [all, group] = [emptyTally, emptyTally]
  for await (const range of ranges) {
    group = merge(group, range.total)
    if (range.last % size !== 0 && range.last < last) continue
    all = merge(all, group)
    curve.push({
      fromSequence: curve.length * size + 1,
      toSequence: range.last,
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
