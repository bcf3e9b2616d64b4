import type { SliceOfBatch } from '../fold.ts'
import type { Memory } from '../memory.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import { NumberRows } from './number-rows.ts'
import type { ReceivedRows, RowNumbers, RowPart } from './section.ts'
import type { RowName } from './sections.ts'
import { rowNames, rowSectionOf } from './sections.ts'

export type RowParts = ReadonlyMap<RowName, RowPart<unknown>>

export const noRowParts: RowParts = new Map()

export function startRowParts(spec: Spec, rows: ReceivedRows, memory: Memory): RowParts {
  const { include, reduction } = spec
  const asked = rowNames.filter((name) => include.includes(name) || (name === 'perSample' && reduction === 'none'))
  if (asked.length === 0) return noRowParts
  return new Map(asked.map((name) => [name, rowSectionOf(name).start(spec, rows, memory)]))
}

export function observer(
  parts: RowParts,
  selection: Selection,
  watch?: (slice: SliceOfBatch) => void,
): ((slice: SliceOfBatch) => void) | undefined {
  if (parts.size === 0) return watch
  const adding = Array.from(parts.values()).filter(({ add }) => add !== undefined)
  return (slice) => {
    for (const part of adding) part.add?.(slice, selection)
    watch?.(slice)
  }
}

/** Numbers about rows, in steps; `undefined` if no part has them. */
export function* rowNumbersOf(
  parts: RowParts,
  name: RowNumbers,
  tally: Tally,
): Generator<void, Float64Array | Int32Array | undefined> {
  for (const part of parts.values()) {
    const numbers = part.numbers && (yield* part.numbers(name, tally))
    if (numbers !== undefined) return numbers
  }
  return undefined
}

export function* lossesOf(parts: RowParts, tally: Tally): Generator<void, NumberRows | undefined> {
  const losses = yield* rowNumbersOf(parts, 'losses', tally)
  return losses && new NumberRows(losses)
}
