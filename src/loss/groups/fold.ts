import type { BatchOfDoubles } from '../batch.ts'
import { rowsPerStep } from '../batch.ts'
import type { Slice, SliceOfBatch, Slices } from '../fold.ts'
import { rowsOf } from '../fold.ts'
import { losses } from '../kernels/index.ts'
import type { Loss, Rows } from '../kernels/loss.ts'
import type { Memory } from '../memory.ts'
import { ScopedMemory } from '../memory.ts'
import { asksForSections } from '../report/sections.ts'
import type { RowSelection } from '../row-selection.ts'
import { gathererOf } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { EvaluationState, GroupState } from '../state.ts'
import { finish, foldRows } from '../state.ts'
import { ComputedRows } from './computed-rows.ts'
import type { Partition } from './partition.ts'
import { partitionOf } from './partition.ts'

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

/** A small group takes as long as so many rows. */
const rowsPerGroup = 64

/**
 * Computes the state of the selected rows and the state of each group, in steps. Each row is computed once. A group adds up the
 * results of its own rows, and fetches their numbers only where a section reads them.
 *
 * @param observe sees each slice of all rows  @param watch each slice of a group
 */
export function* foldGroups(
  spec: Spec,
  all: Slices<SliceOfBatch>,
  selected: RowSelection,
  partitions: readonly Partition[],
  memory: Memory,
  observe?: (slice: SliceOfBatch) => void,
  watch?: (slice: Slice, place: GroupPlace) => void,
): Generator<void, EvaluationState> {
  const computed = new ComputedRows(all.samples, watch !== undefined || asksForSections(spec), memory)
  const state = yield* foldRows(spec, all, selected.selection.ignored, (slice) => {
    observe?.(slice)
    computed.add(slice)
  })
  const groups: Map<string, GroupState>[] = []
  const step = rowsPerStep(all.outputs)
  const isPlain = watch === undefined && !asksForSections(spec)
  for (const [grouping, { order, keys, texts, starts, ignored }] of partitions.entries()) {
    using scope = new ScopedMemory(memory)
    const sorted = yield* computed.at(order, scope)
    const rowsAt = rowsByPlace(spec, selected, order, scope)
    const states = new Map<string, GroupState>()
    let costOfStep = 0
    for (const [group, key] of keys.entries()) {
      const first = starts[group]
      const slice = (from: number, to: number) =>
        sorted.slice(first + from, first + to, rowsAt(first + from, first + to), spec.classWeights === undefined)
      const rows = { samples: starts[group + 1] - first, outputs: all.outputs, slice }
      const look = watch && ((some: Slice) => watch(some, { grouping, group }))
      const steps = foldRows(spec, rows, ignored[group], look)
      costOfStep += rows.samples + rowsPerGroup
      // several small groups are one step
      const { tally, sections } = isPlain && costOfStep < step ? finish(steps) : yield* steps
      if (costOfStep >= step) costOfStep = 0
      states.set(texts[group], { key, tally, sections })
    }
    groups.push(states)
  }
  return { spec, ...state, groups }
}

/** The rows at the places `[from, to)` of an order, whose numbers are fetched when they are read: good until others are. */
function rowsByPlace(
  spec: Spec,
  { batch, selection: { rows: selected } }: RowSelection,
  order: Int32Array,
  memory: Memory,
): (from: number, to: number) => Rows {
  const { outputs } = batch
  const loss: Loss = losses[spec.loss]
  let gather: ((rows: Int32Array) => BatchOfDoubles) | undefined
  return (from, to) =>
    new FetchedRows(to - from, outputs, () => {
      gather ??= gathererOf(batch, Math.min(rowsPerStep(outputs), order.length), memory)
      const places = order.subarray(from, to)
      const rows = selected === undefined ? places : places.map((place) => selected[place])
      return rowsOf(spec, loss.readsClasses, gather(rows), 0, rows.length)
    })
}

class FetchedRows implements Rows {
  readonly count: number
  readonly outputs: number
  readonly #fetch: () => Rows
  #rows: Rows | undefined

  constructor(count: number, outputs: number, fetch: () => Rows) {
    this.count = count
    this.outputs = outputs
    this.#fetch = fetch
  }

  get predictions(): Float64Array {
    return this.#fetched.predictions
  }

  get targets(): Float64Array {
    return this.#fetched.targets
  }

  get classes(): Int32Array | undefined {
    return this.#fetched.classes
  }

  get #fetched(): Rows {
    this.#rows ??= this.#fetch()
    return this.#rows
  }
}
