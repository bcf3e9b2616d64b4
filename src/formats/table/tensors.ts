import { NamesBuilder, writeText } from '../../loss/names.ts'
import type { NumericRole } from './columns.ts'
import type { TableFault } from './errors.ts'
import { checkSize, TableError } from './errors.ts'
import type { Rows, TableTensor } from './rows.ts'
import { allCells, noValue, reserved, shown } from './rows.ts'
import type { Cells, Source, SourceColumn } from './source.ts'

export interface AssemblyLimits {
  readonly maxColumns: number
  readonly maxElements: number
}

/** How a table is assembled. */
export interface Assembling extends AssemblyLimits {
  readonly reserve: (bytes: number) => Promise<void>
  readonly mayBeNames: boolean
}

/** The numbers of one column, or of several side by side. @throws TableError */
export async function tensorOf(
  source: Source,
  role: NumericRole,
  names: string | readonly string[],
  missing: Rows,
  limits: Assembling,
): Promise<TableTensor> {
  const { rows } = source
  for (const name of typeof names === 'string' ? [names] : names) checkType(source.column(name), name, role)
  if (typeof names === 'string') return singleTensor(source, role, names, missing, limits)
  const width = names.length
  const data = new Float64Array(rows * width)
  for (const [at, name] of names.entries()) {
    const column = source.column(name)
    const place = { role, name, missing }
    let row = 0
    for await (const cells of allCells(source, name, column)) {
      spread(cells, column, place, row, data, row * width + at, width)
      row += cells.length
    }
  }
  return { data, shape: [rows, width] }
}

async function singleTensor(
  source: Source,
  role: NumericRole,
  name: string,
  missing: Rows,
  limits: Assembling,
): Promise<TableTensor> {
  const { rows } = source
  const column = source.column(name)
  const place = { role, name, missing }
  const texts =
    role === 'labels' && limits.mayBeNames
      ? new LabelTexts(column, (cell, row) => notANumber(cell, column, place, row))
      : undefined
  let width = 0
  let data = new Float64Array(0)
  let row = 0
  const take = (cell: unknown) => {
    if (cell === null) {
      missing.lacks(row, name)
      return
    }
    const list = Array.isArray(cell) ? cell : undefined
    if ((list?.length ?? single) !== width) {
      const found = list === undefined ? 'no list' : `a list of ${list.length}`
      const detail = `row ${row} of column "${name}" is ${found}; the rows before it are lists of ${width}.`
      throw new TableError(['table', name, String(row)], detail, found, 'shape')
    }
    if (list === undefined) {
      if (texts?.take(cell, row, data) !== true) data[row] = numberIn(cell, column, place, row)
    } else {
      for (let k = 0; k < width; k++) data[row * width + k] = numberIn(list[k], column, place, row)
    }
  }
  for await (const cells of allCells(source, name, column)) {
    if (width === 0) {
      const first = Array.prototype.findIndex.call(cells, (cell) => cell !== null)
      if (first >= 0) {
        width = widthOf(cells[first], name, row + first, limits)
        data = await numbersFor(source, name, Math.abs(width), limits)
      }
    }
    if (ArrayBuffer.isView(cells)) {
      spread(cells, column, place, row, data, row, 1)
      row += cells.length
    } else for (let at = 0; at < cells.length; at++, row++) take(cells[at])
  }
  return { data, shape: width > 0 ? [rows, width] : [rows], ...texts?.found() }
}

/** Stands for a cell that is not a list. */
const single = -1

function widthOf(cell: unknown, name: string, row: number, { maxColumns }: AssemblyLimits): number {
  if (!Array.isArray(cell)) return single
  const { length } = cell
  if (length > 0 && length <= maxColumns) return length
  const detail = `row ${row} of column "${name}" is a list of ${length}; it must have 1 to ${maxColumns} numbers.`
  throw new TableError(['table', name, String(row)], detail, `${length} numbers`, 'shape')
}

/** A place for each row, of as many numbers as the first has: more than were counted, if others are null. */
async function numbersFor(
  source: Source,
  name: string,
  width: number,
  { maxElements, reserve }: Assembling,
): Promise<Float64Array<ArrayBuffer>> {
  const elements = source.rows * width
  checkSize('maxElements', elements, maxElements)
  const more = elements - Math.max(source.rows, source.valuesOf([name]))
  if (more > 0) await reserve(Float64Array.BYTES_PER_ELEMENT * more)
  return new Float64Array(elements)
}

/** The texts in a column of labels, which may be names of classes. */
class LabelTexts {
  readonly #column: SourceColumn
  readonly #wrong: (cell: string, row: number) => TableError
  readonly #names = new NamesBuilder(reserved)
  #fault: TableFault | undefined

  /** @param wrong what is wrong with a text that is not a name */
  constructor(column: SourceColumn, wrong: (cell: string, row: number) => TableError) {
    this.#column = column
    this.#wrong = wrong
  }

  /** Whether a cell is a text that is not a number; then its place stands for it. */
  take(cell: unknown, row: number, data: Float64Array): boolean {
    if (typeof cell !== 'string' || this.#column.toNumber?.(cell) !== undefined) return false
    this.#fault ??= this.#wrong(cell, row).fault
    writeText(data, row, this.#names.codeOf(cell))
    return true
  }

  found(): Pick<TableTensor, 'names' | 'fault'> {
    const areUntyped = this.#column.type === 'text'
    return this.#fault === undefined && !areUntyped
      ? {}
      : { names: { ...this.#names.names(), areUntyped, reserved: 0 }, fault: this.#fault }
  }
}

/** Puts the numbers of cells where they belong: the first, and each one step behind the other. */
function spread(
  cells: Cells,
  column: SourceColumn,
  place: Place,
  row: number,
  to: Float64Array,
  first: number,
  step: number,
): void {
  let at = first
  const isPlain = column.toNumber === undefined
  if (isPlain && (cells instanceof BigInt64Array || cells instanceof BigUint64Array)) {
    const words = new Int32Array(cells.buffer, cells.byteOffset, 2 * cells.length)
    const least = cells instanceof BigInt64Array ? -leastUnsafe : 0
    for (let cell = 0; cell < cells.length; cell++, at += step) {
      const high = words[2 * cell + 1]
      const isSafe = high >= least && high < leastUnsafe
      to[at] = isSafe ? high * 2 ** 32 + (words[2 * cell] >>> 0) : numberIn(cells[cell], column, place, row + cell)
    }
  } else if (isPlain && cells instanceof Float64Array) {
    for (let cell = 0; cell < cells.length; cell++, at += step) to[at] = cells[cell]
  } else {
    for (let cell = 0; cell < cells.length; cell++, at += step) {
      to[at] = numberIn(cells[cell], column, place, row + cell)
    }
  }
}

/** The upper word of the least integer that is not safe. */
const leastUnsafe = 2 ** 21

interface Place {
  readonly role: string
  readonly name: string
  readonly missing: Rows
}

function numberIn(cell: unknown, column: SourceColumn, place: Place, row: number): number {
  if (typeof cell === 'number' && column.toNumber === undefined) return cell
  if (cell === null) {
    place.missing.lacks(row, place.name)
    return 0
  }
  if (cell === undefined) throw noValue(place.name, row)
  const value = valueIn(cell, column)
  if (value === undefined) throw notANumber(cell, column, place, row)
  return value
}

/** The number that a cell stands for, if it does for one. */
function valueIn(cell: unknown, { toNumber }: SourceColumn): number | undefined {
  if (toNumber !== undefined) return toNumber(cell)
  if (typeof cell === 'boolean') return cell ? 1 : 0
  if (typeof cell !== 'bigint') return undefined
  const value = Number(cell)
  return BigInt(value) === cell ? value : undefined
}

function notANumber(cell: unknown, column: SourceColumn, { role, name }: Place, row: number): TableError {
  const path = ['table', name, String(row)]
  const { toNumber, type } = column
  if (toNumber !== undefined) {
    const what = type === 'text' ? 'a number' : 'exactly a double'
    const detail = `row ${row} of column "${name}" is ${shown(cell)}, which is not ${what}; ${role} needs numbers.`
    return new TableError(path, detail, shown(cell), 'not-a-number')
  }
  if (typeof cell === 'bigint') {
    const detail = `row ${row} of column "${name}" is ${cell}; no double is exactly that integer.`
    return new TableError(path, detail, String(cell), 'out-of-range')
  }
  return notNumbers(column, name, role)
}

function notNumbers({ type }: SourceColumn, name: string, role: string): TableError {
  const detail = `column "${name}" of the table has the type ${type}; ${role} needs numbers, booleans, or lists of numbers.`
  return new TableError(['table', name], detail, type, 'unsupported')
}

/** Refuses columns of times before they are read, which may come as numbers. @throws TableError */
function checkType(column: SourceColumn, name: string, role: string): void {
  if (column.isOther === true) throw notNumbers(column, name, role)
}
