import type { Memory } from '../memory.ts'
import { integersIn } from '../memory.ts'
import type { Selection } from '../selection.ts'
import { LimitExceeded } from '../validation-errors.ts'
import type { GroupColumn, GroupColumns, GroupValue } from './columns.ts'
import { columnsIn, compareValues } from './columns.ts'

/** What the rows of a group have in the columns of its grouping. */
export type GroupKey = readonly GroupValue[]

/** The rows of a batch that are evaluated, put together by group; groups stand in the order of their keys. */
export interface Partition {
  readonly by: readonly string[]
  readonly keys: readonly GroupKey[]
  /** `rows[starts[g] .. starts[g + 1])` are those of group g, and `positions` where they stand among the rows chosen. */
  readonly starts: Int32Array
  readonly rows: Int32Array
  readonly positions: Int32Array
  /** Where each of the rows selected goes, and its row of the batch; `undefined` for all in order. */
  readonly places: Int32Array
  readonly sources: Int32Array | undefined
  /** How many rows of each group `ignoreIndex` leaves out. */
  readonly ignored: Int32Array
}

const rowsPerStep = 2 ** 16

/**
 * Puts the selected rows together by one grouping, in steps. What it holds belongs to `memory`.
 *
 * @param samples rows of the batch
 * @throws LimitExceeded for more groups than `maxGroups`
 */
export function* partitionOf(
  grouping: string | readonly string[],
  groups: GroupColumns,
  selection: Selection,
  samples: number,
  maxGroups: number,
  memory: Memory,
): Generator<void, Partition> {
  const by = columnsIn(grouping)
  const { rows: selected, positions, ignoredRows } = selection
  const kept = selected === undefined ? samples : selected.length
  const count = kept + (ignoredRows?.length ?? 0)
  const chosen = yield* chosenRows(selected, ignoredRows, count, memory)
  const found = integersIn(memory, count)
  const keys = yield* numberGroups(by, groups, chosen, found, maxGroups)
  // the order of keys, instead of that in which they were found
  const order = Array.from(keys.keys()).sort((a, b) => compareKeys(keys[a], keys[b]))
  const places = new Int32Array(keys.length)
  for (const [place, group] of order.entries()) places[group] = place
  const starts = new Int32Array(keys.length + 1)
  const ignored = new Int32Array(keys.length)
  for (let from = 0; from < count; from += rowsPerStep) {
    const to = Math.min(from + rowsPerStep, count)
    countRows(found, places, starts, from, Math.min(to, kept), 1)
    countRows(found, places, ignored, Math.max(from, kept), to, 0)
    yield
  }
  for (let place = 0; place < keys.length; place++) starts[place + 1] += starts[place]
  const next = starts.slice()
  const rows = integersIn(memory, kept)
  const where = positions === undefined && selected === undefined ? rows : integersIn(memory, kept)
  for (let from = 0; from < kept; from += rowsPerStep) {
    const to = Math.min(from + rowsPerStep, kept)
    for (let at = from; at < to; at++) found[at] = next[places[found[at]]]++
    for (let at = from; at < to; at++) rows[found[at]] = chosen === undefined ? at : chosen[at]
    if (where !== rows)
      for (let at = from; at < to; at++) where[found[at]] = positions === undefined ? at : positions[at]
    yield
  }
  const inOrder = order.map((group) => keys[group])
  return {
    by,
    keys: inOrder,
    starts,
    rows,
    positions: where,
    places: found.subarray(0, kept),
    sources: selected,
    ignored,
  }
}

/** The rows that are kept, and behind them those that are ignored; `undefined` for all in order. */
function* chosenRows(
  selected: Int32Array | undefined,
  ignored: Int32Array | undefined,
  count: number,
  memory: Memory,
): Generator<void, Int32Array | undefined> {
  if (selected === undefined || ignored === undefined) return selected
  const chosen = integersIn(memory, count)
  for (let from = 0; from < count; from += rowsPerStep) {
    chosen.set(selected.subarray(from, from + rowsPerStep), from)
    yield
  }
  chosen.set(ignored, selected.length)
  return chosen
}

function countRows(
  found: Int32Array,
  places: Int32Array,
  counts: Int32Array,
  from: number,
  to: number,
  offset: number,
): void {
  for (let at = from; at < to; at++) counts[places[found[at]] + offset]++
}

/** Writes the group of each row, by the order of their first rows, column by column; returns their keys. */
function* numberGroups(
  by: readonly string[],
  groups: GroupColumns,
  chosen: Int32Array | undefined,
  found: Int32Array,
  maxGroups: number,
): Generator<void, GroupKey[]> {
  const count = found.length
  const codesIn = new Int32Array(Math.min(rowsPerStep, count))
  let keys: GroupKey[] = [[]]
  found.fill(0)
  for (const [depth, name] of by.entries()) {
    // the check has seen that it is there
    const { codes, values, isOverfull } = groups.columns.get(name) as GroupColumn
    // the number of each value that occurs, from 1 on
    const places = new Int32Array(values.length)
    let occurring = 0
    for (let from = 0; from < count; from += rowsPerStep) {
      occurring = numberValues(copyCodes(codes, chosen, from, count, codesIn), places, occurring)
      yield
    }
    if (occurring > maxGroups || isOverfull) {
      throw tooMany([name], isOverfull ? `more than ${occurring}` : `${occurring}`, maxGroups)
    }
    const before = keys
    const after: GroupKey[] = []
    const known = new Int32Array(before.length * occurring)
    for (let from = 0; from < count; from += rowsPerStep) {
      const some = copyCodes(codes, chosen, from, count, codesIn)
      for (let i = 0; i < some.length; i++) {
        const pair = found[from + i] * occurring + places[some[i]] - 1
        if (known[pair] === 0) {
          after.push([...before[found[from + i]], values[some[i]]])
          if (after.length > maxGroups) throw tooMany(by.slice(0, depth + 1), `more than ${maxGroups}`, maxGroups)
          known[pair] = after.length
        }
        found[from + i] = known[pair] - 1
      }
      yield
    }
    keys = after
  }
  return keys
}

/** The codes of the rows of a step. */
function copyCodes(
  codes: Int32Array,
  chosen: Int32Array | undefined,
  from: number,
  count: number,
  to: Int32Array,
): Int32Array {
  const length = Math.min(to.length, count - from)
  if (chosen === undefined) return codes.subarray(from, from + length)
  for (let i = 0; i < length; i++) to[i] = codes[chosen[from + i]]
  return to.subarray(0, length)
}

function numberValues(codes: Int32Array, places: Int32Array, known: number): number {
  let occurring = known
  for (let i = 0; i < codes.length; i++) if (places[codes[i]] === 0) places[codes[i]] = ++occurring
  return occurring
}

/** Refuses too many groups. @param by the columns, or all groupings */
export function tooMany(by: readonly string[], count: string, maxGroups: number): LimitExceeded {
  const columns = by.map((name) => `"${name}"`).join(', ')
  const which = by.length === 1 ? `The column ${columns} has` : `The columns ${columns} together have`
  const detail = `${which} ${count} groups; the limit maxGroups is ${maxGroups} in total.`
  return new LimitExceeded('maxGroups', maxGroups, by.length === 1 ? ['groups', by[0]] : ['groupBy'], detail)
}

/** @param counts how many groups each grouping has, with those of batches before @throws LimitExceeded */
export function checkGroupCount(
  groupings: readonly Pick<Partition, 'by'>[],
  counts: readonly number[],
  maxGroups: number,
): void {
  const all = counts.reduce((sum, count) => sum + count, 0)
  if (all <= maxGroups) return
  const most = counts.indexOf(Math.max(...counts))
  const others = counts.length > 1 ? ` of ${all}` : ''
  throw tooMany(groupings[most].by, `${counts[most]}${others}`, maxGroups)
}

/** Equal keys have equal texts, and others not. */
export function keyText(key: GroupKey): string {
  return JSON.stringify(key)
}

export function compareKeys(a: GroupKey, b: GroupKey): number {
  for (let at = 0; at < a.length; at++) {
    const order = compareValues(a[at], b[at])
    if (order !== 0) return order
  }
  return 0
}
