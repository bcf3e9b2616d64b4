import type { Memory } from '../memory.ts'
import { integersIn } from '../memory.ts'
import type { Selection } from '../selection.ts'
import { copyIntegers } from '../selection.ts'
import { LimitExceeded } from '../validation-errors.ts'
import type { GroupColumn, GroupColumns, GroupValue } from './columns.ts'
import { columnsIn, compareValues } from './columns.ts'

/** What the rows of a group have in the columns of its grouping. */
export type GroupKey = readonly GroupValue[]

/** The rows that are evaluated, put together by group; groups stand in the order of their keys. */
export interface Partition {
  readonly by: readonly string[]
  readonly keys: readonly GroupKey[]
  /** Of each key its `keyText`. */
  readonly texts: readonly string[]
  /** `order[starts[g] .. starts[g + 1])` are the places of the rows of group g among those selected. */
  readonly starts: Int32Array
  readonly order: Int32Array
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
  { rows: selected, ignoredRows }: Selection,
  samples: number,
  maxGroups: number,
  memory: Memory,
): Generator<void, Partition> {
  const by = columnsIn(grouping)
  const kept = selected === undefined ? samples : selected.length
  const count = kept + (ignoredRows?.length ?? 0)
  const chosen = yield* chosenRows(selected, ignoredRows, count, memory)
  const found = integersIn(memory, count)
  const keys = yield* numberGroups(by, groups, chosen, found, maxGroups)
  const [counts, ofIgnored] = [new Int32Array(keys.length), new Int32Array(keys.length)]
  yield* countRows(found, counts, 0, kept)
  yield* countRows(found, ofIgnored, kept, count)
  // the order of keys, instead of that in which they were found
  const sorted = Array.from(keys.keys()).sort((a, b) => compareKeys(keys[a], keys[b]))
  const starts = new Int32Array(keys.length + 1)
  const next = new Int32Array(keys.length)
  for (const [place, group] of sorted.entries()) {
    next[group] = starts[place]
    starts[place + 1] = starts[place] + counts[group]
  }
  const order = integersIn(memory, kept)
  for (let from = 0; from < kept; from += rowsPerStep) {
    const to = Math.min(from + rowsPerStep, kept)
    for (let at = from; at < to; at++) order[next[found[at]]++] = at
    yield
  }
  const inOrder = sorted.map((group) => keys[group])
  const ignored = Int32Array.from(sorted, (group) => ofIgnored[group])
  return { by, keys: inOrder, texts: inOrder.map(keyText), starts, order, ignored }
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

function* countRows(found: Int32Array, counts: Int32Array, first: number, end: number): Generator<void, void> {
  for (let from = first; from < end; from += rowsPerStep) {
    const to = Math.min(from + rowsPerStep, end)
    for (let at = from; at < to; at++) counts[found[at]]++
    yield
  }
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
  const codesIn = new Int32Array(chosen === undefined ? 0 : Math.min(rowsPerStep, count))
  let keys: GroupKey[] = []
  for (const [depth, name] of by.entries()) {
    // the check has seen that it is there
    const { codes, values, isOverfull } = groups.columns.get(name) as GroupColumn
    const codesOf = (from: number) => codesFrom(codes, chosen, from, count, codesIn)
    // the values that occur, and the number of each, from 1 on
    const occurring: GroupValue[] = []
    const numbers = new Int32Array(values.length)
    const numbered = depth === 0 ? found : undefined
    for (let from = 0; from < count; from += rowsPerStep) {
      numberValues(codesOf(from), values, numbers, occurring, numbered?.subarray(from))
      yield
    }
    if (occurring.length > maxGroups || isOverfull) {
      throw tooMany([name], isOverfull ? `more than ${occurring.length}` : `${occurring.length}`, maxGroups)
    }
    if (depth === 0) {
      keys = occurring.map((value) => [value])
      continue
    }
    const before = keys
    const after: GroupKey[] = []
    const known = new Int32Array(before.length * occurring.length)
    for (let from = 0; from < count; from += rowsPerStep) {
      const some = codesOf(from)
      for (let i = 0; i < some.length; i++) {
        const number = numbers[some[i]] - 1
        const pair = found[from + i] * occurring.length + number
        if (known[pair] === 0) {
          after.push([...before[found[from + i]], occurring[number]])
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
function codesFrom(
  codes: Int32Array,
  chosen: Int32Array | undefined,
  from: number,
  count: number,
  to: Int32Array,
): Int32Array {
  const end = Math.min(from + rowsPerStep, count)
  return chosen === undefined
    ? codes.subarray(from, end)
    : copyIntegers(codes, chosen.subarray(from, end), 1, to.subarray(0, end - from))
}

/** Numbers values as they occur, from 1 on. @param numbered where the number of each row goes, from 0 on */
function numberValues(
  codes: Int32Array,
  values: readonly GroupValue[],
  numbers: Int32Array,
  occurring: GroupValue[],
  numbered: Int32Array | undefined,
): void {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]
    if (numbers[code] === 0) numbers[code] = occurring.push(values[code])
    if (numbered !== undefined) numbered[i] = numbers[code] - 1
  }
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
