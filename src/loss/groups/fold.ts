import type { Batch, BatchOfDoubles } from '../batch.ts'
import { isOfDoubles } from '../batch.ts'
import type { RowSource, Slice } from '../fold.ts'
import { rowsOfBatch } from '../fold.ts'
import type { Memory } from '../memory.ts'
import { integersIn, ScopedMemory, usedDoublesIn } from '../memory.ts'
import type { RowSelection } from '../row-selection.ts'
import { selectedRows } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { EvaluationState, GroupState } from '../state.ts'
import { foldRows, mergeRows } from '../state.ts'
import type { Partition } from './partition.ts'
import { keyText, partitionOf } from './partition.ts'

/** Which group of which grouping rows are of. */
export interface GroupPlace {
  readonly grouping: number
  readonly group: number
}

/** The selected rows by each grouping, in steps. @throws LimitExceeded */
export function* partitionsOf(
  { groupBy = [] }: Spec,
  { batch, selection, groups }: RowSelection,
  maxGroups: number,
  memory: Memory,
): Generator<void, Partition[]> {
  const partitions: Partition[] = []
  if (groups === undefined) return partitions
  for (const grouping of groupBy) {
    partitions.push(yield* partitionOf(grouping, groups, selection, batch.samples, maxGroups, memory))
  }
  return partitions
}

/**
 * The state of the selected rows, of which each group has the state of its own rows, in steps. All rows together are what the
 * groups of the first grouping add up to: sums are exact, so that is the state of these rows in any order.
 *
 * @param observe sees each slice; of the first grouping `at` is the place among all rows in its order
 */
export function* foldGroups(
  spec: Spec,
  batch: Batch,
  partitions: readonly Partition[],
  memory: Memory,
  observe: (slice: Slice, place: GroupPlace) => void,
): Generator<void, EvaluationState> {
  const groups: Map<string, GroupState>[] = []
  for (const [grouping, partition] of partitions.entries()) {
    using scope = new ScopedMemory(memory)
    const { keys, starts, ignored } = partition
    // what comes as other numbers than doubles is not copied whole, since that takes up to eight times its memory
    const sorted = isOfDoubles(batch)
      ? rowsOfBatch(yield* sortedRows(batch, partition, scope), scope)
      : selectedRows(batch, partition, scope)
    const states = new Map<string, GroupState>()
    for (const [group, key] of keys.entries()) {
      const from = starts[group]
      const source = rowsBetween(sorted, from, starts[group + 1])
      const watch = (slice: Slice) => observe({ ...slice, at: from + slice.at }, { grouping, group })
      states.set(keyText(key), { key, ...(yield* foldRows(spec, source, ignored[group], watch)) })
    }
    groups.push(states)
  }
  return { spec, ...(yield* mergeRows(spec, groups[0].values())), groups }
}

function rowsBetween({ outputs, part }: RowSource, first: number, end: number): RowSource {
  return { samples: end - first, outputs, part: (from, to) => part(first + from, first + to) }
}

/** Numbers that are copied in a step. */
const numbersPerStep = 2 ** 17

/**
 * The rows of a batch in the order of a partition, in steps. They are read in their order and written to as many places as
 * there are groups, which is several times as fast as the other way round.
 */
function* sortedRows(
  batch: BatchOfDoubles,
  { rows, places, sources }: Partition,
  memory: Memory,
): Generator<void, BatchOfDoubles> {
  const { outputs, predictions, classes, largest, targets, sampleWeights } = batch
  const count = rows.length
  const [numbers, labels, weights] = [predictions, targets, sampleWeights].map((array, at) =>
    array === undefined ? undefined : usedDoublesIn(memory, at === 2 ? count : count * outputs),
  )
  const [ofClasses, ofLargest] = [classes, largest].map((array) => array && integersIn(memory, count))
  const step = Math.ceil(numbersPerStep / outputs)
  for (let from = 0; from < count; from += step) {
    const to = Math.min(from + step, count)
    const order = { places, sources, from, to }
    if (numbers !== undefined) copyRows(predictions, numbers, outputs, order)
    if (targets !== undefined && labels !== undefined) copyRows(targets, labels, outputs, order)
    if (sampleWeights !== undefined && weights !== undefined) copyRows(sampleWeights, weights, 1, order)
    if (classes !== undefined && ofClasses !== undefined) copyClasses(classes, ofClasses, order)
    if (largest !== undefined && ofLargest !== undefined) copyClasses(largest, ofLargest, order)
    yield
  }
  return {
    samples: count,
    outputs,
    predictions: numbers ?? predictions,
    classes: ofClasses,
    largest: ofLargest,
    targets: labels,
    sampleWeights: weights,
  }
}

/** The selected rows `[from, to)`, where they are and where they go. */
interface Order extends Pick<Partition, 'places' | 'sources'> {
  readonly from: number
  readonly to: number
}

function copyRows(array: Float64Array, into: Float64Array, width: number, { places, sources, from, to }: Order): void {
  for (let i = from; i < to; i++) {
    let source = (sources === undefined ? i : sources[i]) * width
    let at = places[i] * width
    for (const end = at + width; at < end; at++) into[at] = array[source++]
  }
}

function copyClasses(array: Int32Array, into: Int32Array, { places, sources, from, to }: Order): void {
  for (let i = from; i < to; i++) into[places[i]] = array[sources === undefined ? i : sources[i]]
}
