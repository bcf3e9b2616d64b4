import { StoreUnavailable } from '../database/errors.ts'
import type { Head } from '../database/history.ts'
import { noBatches } from '../database/history.ts'
import type { GroupKey } from '../loss/groups/partition.ts'
import { keyText } from '../loss/groups/partition.ts'
import type { Statistics } from '../loss/report/statistics.ts'
import { statisticsOf } from '../loss/report/statistics.ts'
import type { Spec } from '../loss/spec.ts'
import type { Tally } from '../loss/tally.ts'
import { emptyTally, merge } from '../loss/tally.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Batches } from './block-ranges.ts'
import { blockBatches, rangesOf, singlesOf } from './block-ranges.ts'
import type { StateCodec } from './codec.ts'

/** A group of consecutive batches, and all batches up to its end. */
export interface CurvePoint extends CurveFigures {
  readonly fromSequence: number
  readonly toSequence: number
  readonly createdAt: number
  readonly cumulative: CurveFigures
}

/** A group of one of the groupings. */
export interface GroupOfRows {
  readonly grouping: number
  readonly key: GroupKey
}

type CurveFigures = Pick<Statistics, 'samples' | 'loss' | 'lossStatus' | 'accuracy' | 'standardError'>

/**
 * Groups of equal size, a power of two; the last one may be smaller.
 *
 * @param group of rows, if it is the curve of one
 */
export async function curveOf(
  batches: Batches,
  head: Head,
  points: number,
  task: Task,
  group?: GroupOfRows,
): Promise<CurvePoint[]> {
  const { store, evaluation, codec } = batches
  const read =
    group === undefined
      ? (state: Uint8Array) => codec.readTally(state)
      : (state: Uint8Array) => tallyOf(codec, state, group)
  const { batches: last, digest } = head
  if (last === 0) return []
  const size = groupSize(last, points)
  task.stop()
  const times = await store.times(evaluation, size, head)
  task.start()
  const ranges =
    size < blockBatches ? singlesOf(batches, noBatches, last, read, task) : rangesOf(batches, last, read, task)
  const curve: CurvePoint[] = []
  let [all, some] = [emptyTally, emptyTally]
  for await (const range of ranges) {
    some = merge(some, range.total)
    if (range.head.batches % size !== 0 && range.head.batches < last) continue
    if (range.head.batches === last && range.head.digest !== digest) throw new StoreUnavailable('restored')
    all = merge(all, some)
    curve.push({
      fromSequence: curve.length * size + 1,
      toSequence: range.head.batches,
      createdAt: times[curve.length],
      ...figuresOf(some, codec.spec),
      cumulative: figuresOf(all, codec.spec),
    })
    some = emptyTally
  }
  return curve
}

/** What the rows of one group in a state add up to. */
function* tallyOf(codec: StateCodec, bytes: Uint8Array, { grouping, key }: GroupOfRows): Generator<void, Tally> {
  const { groups } = yield* codec.read(bytes)
  return groups[grouping].get(keyText(key))?.tally ?? emptyTally
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
