import type { Memory } from '../memory.ts'
import type { Spec } from '../spec.ts'
import type { Received } from '../validation-errors.ts'

/** What a row has in a column of `groups`. */
export type GroupValue = string | number | boolean | null

/** An element that cannot be the value of a column. */
export interface WrongValue {
  readonly at: number
  readonly received: Received
}

/** One column of `groups`, each value by the place of its first occurrence among the different ones. */
export interface GroupColumn {
  readonly codes: Int32Array
  readonly values: readonly GroupValue[]
  /** Whether there are more different values than `mostValues`; they have the code 0. */
  readonly isOverfull: boolean
  /** The first elements that are no values, which have the code 0, and how many there are. */
  readonly wrong: readonly WrongValue[]
  readonly wrongCount: number
  /** Bytes that are reserved for the values. */
  readonly reserved: number
}

/** So many different values of a column are told apart. */
export const mostValues = 2 ** 16
/** Characters of a value. */
export const maxGroupKeyLength = 256

/** What a body brings as `groups`: columns by name, or what stands in the place of all of them, or of one, in words. */
export class GroupColumns {
  readonly columns: ReadonlyMap<string, GroupColumn | string>
  readonly fault: string | undefined
  #isFree = false

  constructor(columns: ReadonlyMap<string, GroupColumn | string>, fault?: string) {
    this.columns = columns
    this.fault = fault
  }

  /** Gives back what they hold, once; they are of no more use. */
  free(memory: Memory): void {
    if (this.#isFree) return
    this.#isFree = true
    for (const column of this.columns.values()) {
      if (typeof column === 'string') continue
      memory.free(column.codes.buffer)
      memory.release(column.reserved)
    }
  }
}

/** The columns of a grouping. */
export function columnsIn(grouping: string | readonly string[]): readonly string[] {
  return typeof grouping === 'string' ? [grouping] : grouping
}

/** All columns that groupings need, each once. */
export function columnsOf({ groupBy = [] }: Pick<Spec, 'groupBy'>): string[] {
  return Array.from(new Set(groupBy.flatMap(columnsIn)))
}

/** Orders values: null, booleans, integers, strings by their code units. */
export function compareValues(a: GroupValue, b: GroupValue): number {
  if (a === b) return 0
  // null has a kind of its own
  if (typeof a !== typeof b || a === null || b === null) return kindOf(a) - kindOf(b)
  return a < b ? -1 : 1
}

function kindOf(value: GroupValue): number {
  if (value === null) return 0
  return typeof value === 'boolean' ? 1 : typeof value === 'number' ? 2 : 3
}
