import type { Batch, BatchOfDoubles } from './batch.ts'
import { rowsPerStep } from './batch.ts'
import type { RowSource } from './fold.ts'
import { rowsOfBatch } from './fold.ts'
import type { Memory } from './memory.ts'
import { doublesIn, integersIn } from './memory.ts'
import type { Numbers } from './numbers.ts'

export interface Selection {
  /** Row of the batch of each row evaluated; `undefined` for all rows in order. */
  readonly rows: Int32Array | undefined
  /** Its position among the rows chosen, those left out included; `undefined` likewise. */
  readonly positions: Int32Array | undefined
  readonly ignored: number
  /** Those rows, where they were asked for. */
  readonly ignoredRows?: Int32Array | undefined
}

const rowsPerLook = 2 ** 16

/** Leaves out the rows whose class is -1, in steps. @param drawn the rows chosen (those kept move to the front), or `undefined` for all */
export function* withoutIgnored(
  classes: Int32Array,
  drawn: Int32Array | undefined,
  memory: Memory,
  asksForIgnored = false,
): Generator<void, Selection> {
  const chosen = drawn === undefined ? classes.length : drawn.length
  let ignored = 0
  for (let from = 0; from < chosen; from += rowsPerLook) {
    ignored += countIgnored(classes, drawn, from, Math.min(from + rowsPerLook, chosen))
    yield
  }
  if (ignored === 0) return { rows: drawn, positions: undefined, ignored }
  const positions = integersIn(memory, chosen - ignored)
  const ignoredRows = asksForIgnored ? yield* ignoredOf(classes, drawn, ignored, memory) : undefined
  let kept = 0
  for (let from = 0; from < chosen; from += rowsPerLook) {
    kept = keep(classes, drawn, from, Math.min(from + rowsPerLook, chosen), positions, kept)
    yield
  }
  return { rows: drawn === undefined ? positions : drawn.subarray(0, kept), positions, ignored, ignoredRows }
}

function* ignoredOf(
  classes: Int32Array,
  drawn: Int32Array | undefined,
  ignored: number,
  memory: Memory,
): Generator<void, Int32Array> {
  const rows = integersIn(memory, ignored)
  const chosen = drawn === undefined ? classes.length : drawn.length
  for (let at = 0, next = 0; at < chosen; at++) {
    const row = drawn === undefined ? at : drawn[at]
    if (classes[row] < 0) rows[next++] = row
    if (at % rowsPerLook === rowsPerLook - 1) yield
  }
  return rows
}

function countIgnored(classes: Int32Array, drawn: Int32Array | undefined, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) if (classes[drawn === undefined ? at : drawn[at]] < 0) count++
  return count
}

/** Writes the positions in `[from, to)` whose rows are kept, and returns how many there are now. */
function keep(
  classes: Int32Array,
  drawn: Int32Array | undefined,
  from: number,
  to: number,
  positions: Int32Array,
  kept: number,
): number {
  let next = kept
  for (let at = from; at < to; at++) {
    const row = drawn === undefined ? at : drawn[at]
    if (classes[row] < 0) continue
    positions[next] = at
    if (drawn !== undefined) drawn[next] = row
    next++
  }
  return next
}

/** Copies the given rows of a batch, always into the same memory. @param most rows at one time */
export function gathererOf(batch: Batch, most: number, memory: Memory): (rows: Int32Array) => BatchOfDoubles {
  const { outputs, predictions, classes, targets, sampleWeights } = batch
  const numbers = most * outputs
  const [ofTargets, ofWeights] = [targets === undefined ? 0 : numbers, sampleWeights === undefined ? 0 : most]
  // two classes take the place of one double
  const doubles = doublesIn(memory, numbers + ofTargets + ofWeights + (classes === undefined ? 0 : Math.ceil(most / 2)))
  const weightsAt = numbers + ofTargets
  const integers = new Int32Array(doubles.buffer, (weightsAt + ofWeights) * doubles.BYTES_PER_ELEMENT)
  return (rows) => {
    const count = rows.length
    const chosen = (from: number, each: number) => doubles.subarray(from, from + count * each)
    return {
      samples: count,
      outputs,
      predictions: copyRows(predictions, rows, outputs, chosen(0, outputs)),
      classes: classes && copyIntegers(classes, rows, 1, integers.subarray(0, count)),
      targets: targets && copyRows(targets, rows, outputs, chosen(numbers, outputs)),
      sampleWeights: sampleWeights && copyRows(sampleWeights, rows, 1, chosen(weightsAt, 1)),
    }
  }
}

function copyRows(from: Numbers, rows: Int32Array, outputs: number, to: Float64Array): Float64Array {
  return from instanceof Float64Array ? copyDoubles(from, rows, outputs, to) : widenRows(from, rows, outputs, to)
}

/** The same as `copyDoubles`, whose loop stays fast while it knows one type of array. */
function widenRows(from: Numbers, rows: Int32Array, outputs: number, to: Float64Array): Float64Array {
  for (let i = 0, at = 0; i < rows.length; i++) {
    for (let k = 0, source = rows[i] * outputs; k < outputs; k++) to[at++] = from[source++]
  }
  return to
}

export function copyDoubles(from: Float64Array, rows: Int32Array, outputs: number, to: Float64Array): Float64Array {
  if (outputs === 1) {
    for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]]
    return to
  }
  for (let i = 0, at = 0; i < rows.length; i++) {
    for (let k = 0, source = rows[i] * outputs; k < outputs; k++) to[at++] = from[source++]
  }
  return to
}

export function copyIntegers(from: Int32Array, rows: Int32Array, width: number, to: Int32Array): Int32Array {
  if (width === 1) {
    for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]]
    return to
  }
  for (let i = 0, at = 0; i < rows.length; i++) {
    for (let k = 0, source = rows[i] * width; k < width; k++) to[at++] = from[source++]
  }
  return to
}

export function selectedRows(batch: Batch, { rows }: Pick<Selection, 'rows'>, memory: Memory): RowSource {
  if (rows === undefined) return rowsOfBatch(batch, memory)
  const { outputs } = batch
  const gather = gathererOf(batch, Math.min(rowsPerStep(outputs), rows.length), memory)
  const part = (from: number, to: number) => ({ batch: gather(rows.subarray(from, to)), start: 0 })
  return { samples: rows.length, outputs, part }
}
