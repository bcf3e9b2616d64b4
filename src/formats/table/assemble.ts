import { ColumnBuilder } from '../../loss/groups/column-builder.ts'
import type { GroupColumn } from '../../loss/groups/columns.ts'
import { maxGroupKeyLength } from '../../loss/groups/columns.ts'
import type { Memory } from '../../loss/memory.ts'
import { NamesBuilder, writeText } from '../../loss/names.ts'
import type { Names } from '../../loss/tensor.ts'
import { longestText } from '../../loss/value-list.ts'
import { timeIn } from '../../runtime/rfc3339.ts'
import type { NumericRole, TableColumns } from './columns.ts'
import { groupsOf, numericRoles, usedColumns } from './columns.ts'
import type { TableFault } from './errors.ts'
import { TableError } from './errors.ts'
import type { Cells, Source, SourceColumn } from './source.ts'

export interface TableTensor {
  readonly data: Float64Array<ArrayBuffer>
  readonly shape: readonly number[]
  /** The texts in labels, and what is wrong unless they are names of classes. */
  readonly names?: Names | undefined
  readonly fault?: TableFault | undefined
}

export interface AssembledTable {
  readonly tensors: Readonly<Partial<Record<NumericRole, TableTensor>>>
  readonly groups: readonly (readonly [name: string, group: GroupColumn])[]
  readonly ids: readonly (string | number)[] | undefined
  readonly at: Float64Array<ArrayBuffer> | undefined
  /** Rows that were left out. */
  readonly dropped: number
}

export interface AssemblyLimits {
  readonly maxColumns: number
  readonly maxElements: number
}

interface Assembling extends AssemblyLimits {
  readonly reserve: (bytes: number) => Promise<void>
  readonly mayBeNames: boolean
}

/** Takes the columns of a table for what they were declared. Columns that are not named are not read. @throws TableError */
export async function assemble(
  source: Source,
  columns: TableColumns,
  drops: boolean,
  limits: Assembling,
): Promise<AssembledTable> {
  const { rows } = source
  const missing = new Rows(rows, drops)
  const tensors: Partial<Record<NumericRole, TableTensor>> = {}
  for (const role of numericRoles) {
    const names = columns[role]
    if (names !== undefined) tensors[role] = await tensorOf(source, role, names, missing, limits)
  }
  const ids = columns.ids === undefined ? undefined : await idsOf(source, columns.ids, missing)
  const at = columns.at === undefined ? undefined : await timesOf(source, columns.at, missing)
  const groups: [string, GroupColumn][] = []
  for (const [group, column] of groupsOf(columns)) {
    groups.push([group, await groupOf(source, group, column)])
  }
  if (missing.count === 0) return { tensors, groups, ids, at, dropped: 0 }
  return {
    tensors: Object.fromEntries(Object.entries(tensors).map(([role, tensor]) => [role, missing.without(tensor)])),
    groups: groups.map(([name, group]) => [name, { ...group, codes: group.codes.filter(missing.isLeft) }]),
    ids: ids?.filter(missing.isLeft),
    at: at?.filter(missing.isLeft),
    dropped: missing.count,
  }
}

const mostCompared = 1000

/** Refuses columns that the table does not have. @throws TableError */
export async function checkNames({ names }: Source, columns: TableColumns): Promise<void> {
  const known = new Set<string>()
  const twice = new Set(names.filter((name) => known.size === known.add(name).size))
  for (const name of usedColumns(columns)) {
    if (known.has(name)) {
      if (!twice.has(name)) continue
      throw new TableError(['columns'], `the table has several columns "${name}".`, name, 'given-twice')
    }
    const { nearest } = await import('../did-you-mean.ts')
    const near = nearest(name, names.slice(0, mostCompared))
    const hint = near === undefined ? `it has ${listed(names)}` : `did you mean "${near}"?`
    throw new TableError(['columns'], `the table has no column "${name}"; ${hint}`, name, 'unknown-value')
  }
}

function listed(names: readonly string[]): string {
  const first = names.slice(0, 10).map((name) => JSON.stringify(name.slice(0, 40)))
  return names.length > 10 ? `${first.join(', ')} and ${names.length - 10} more` : first.join(', ')
}

/** The cells of a column, as many as the table has rows. */
async function* allCells({ rows }: Source, name: string, column: SourceColumn): AsyncGenerator<Cells> {
  let left = rows
  for await (const cells of column.read()) {
    left -= cells.length
    if (left < 0) break
    yield cells
  }
  if (left === 0) return
  throw new TableError(
    ['table'],
    `column "${name}" of the table does not have its ${rows} rows.`,
    'other rows',
    'malformed',
  )
}

async function eachCell(
  source: Source,
  name: string,
  column: SourceColumn,
  take: (cell: unknown, row: number) => void,
): Promise<void> {
  let row = 0
  for await (const cells of allCells(source, name, column)) {
    for (let at = 0; at < cells.length; at++, row++) {
      if (cells[at] === undefined) throw noValue(name, row)
      take(cells[at], row)
    }
  }
}

/** The rows that have a null in a column that is used. */
class Rows {
  readonly mask: Uint8Array
  readonly #drops: boolean
  count = 0

  constructor(rows: number, drops: boolean) {
    this.mask = new Uint8Array(rows)
    this.#drops = drops
  }

  lacks(row: number, column: string): void {
    if (!this.#drops) {
      const detail = `row ${row} of column "${column}" is null, counted from 0; rows with a null are left out with missing=drop.`
      throw new TableError(['table', column, String(row)], detail, 'null', 'empty')
    }
    this.count += 1 - this.mask[row]
    this.mask[row] = 1
  }

  /** Whether a row is left, as a filter of arrays asks. */
  readonly isLeft = (_: unknown, row: number): boolean => this.mask[row] === 0

  without({ data, shape, ...others }: TableTensor): TableTensor {
    const [, width = 1] = shape
    const left = this.mask.length - this.count
    let to = 0
    for (let row = 0; row < this.mask.length; row++) {
      if (this.mask[row] !== 0) continue
      if (to !== row) data.copyWithin(to * width, row * width, (row + 1) * width)
      to++
    }
    return { ...others, data: data.slice(0, left * width), shape: [left, ...shape.slice(1)] }
  }
}

async function tensorOf(
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

/** @throws TableError if a limit is exceeded */
export function checkSize(limit: string, found: number, allowed: number): void {
  if (found <= allowed) return
  throw new TableError(
    ['table'],
    `the table exceeds ${limit}, ${allowed}: it has ${found}.`,
    String(found),
    'out-of-range',
  )
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

function noValue(name: string, row: number): TableError {
  const detail = `row ${row} of column "${name}" is not in the table, which announces it.`
  return new TableError(['table', name, String(row)], detail, 'nothing', 'malformed')
}

function shown(cell: unknown): string {
  return typeof cell === 'string' ? JSON.stringify(cell.slice(0, 40)) : 'a decimal'
}

async function idsOf(source: Source, name: string, missing: Rows): Promise<(string | number)[]> {
  const column = source.column(name)
  const ids: (string | number)[] = []
  await eachCell(source, name, column, (cell, row) => {
    if (cell === null) {
      missing.lacks(row, name)
      ids.push('')
      return
    }
    const id = textOrInteger(cell, name, row, column, 'ids')
    // such a one is refused: one text may be that of all rows
    ids.push(typeof id === 'string' ? id.slice(0, longestText + 1) : id)
  })
  return ids
}

function textOrInteger(
  cell: unknown,
  name: string,
  row: number,
  { type, isOther }: SourceColumn,
  role: string,
): string | number {
  if (typeof cell === 'string') return cell
  const value = typeof cell === 'bigint' ? Number(cell) : cell
  if (isOther !== true && typeof value === 'number' && Number.isSafeInteger(value)) return value === 0 ? 0 : value
  const detail = `row ${row} of column "${name}", of the type ${type}, is no text and no safe integer; ${role} needs one.`
  throw new TableError(['table', name, String(row)], detail, type, 'unsupported')
}

async function timesOf(source: Source, name: string, missing: Rows): Promise<Float64Array<ArrayBuffer>> {
  const column = source.column(name)
  const times = new Float64Array(source.rows)
  await eachCell(source, name, column, (cell, row) => {
    if (cell === null) {
      missing.lacks(row, name)
      return
    }
    const time = timeOf(cell, column)
    if (time === undefined || !Number.isSafeInteger(time)) {
      const what = typeof cell === 'string' ? shown(cell) : `of the type ${column.type}`
      const detail = `row ${row} of column "${name}", ${what}, is not a time; at needs timestamps, RFC 3339 texts with an offset, or integers, which are milliseconds since 1970.`
      throw new TableError(['table', name, String(row)], detail, column.type, 'unsupported')
    }
    times[row] = time
  })
  return times
}

function timeOf(cell: unknown, { toTime }: SourceColumn): number | undefined {
  if (toTime !== undefined) return toTime(cell)
  if (typeof cell === 'string') return timeIn(cell)
  return typeof cell === 'number' || typeof cell === 'bigint' ? Number(cell) : undefined
}

/** What a group takes was reserved with the rows of the table. */
const reserved: Memory = {
  reserve: () => undefined,
  release: () => undefined,
  canReserveAddressSpace: () => true,
  allocate: (bytes) => new ArrayBuffer(bytes),
  commit: () => undefined,
  free: () => undefined,
}

/** Here a null is a value. */
async function groupOf(source: Source, group: string, name: string): Promise<GroupColumn> {
  const column = source.column(name)
  const builder = new ColumnBuilder(reserved, source.rows)
  await eachCell(source, name, column, (cell, row) => {
    const value =
      cell === null || typeof cell === 'boolean' ? cell : textOrInteger(cell, name, row, column, `groups.${group}`)
    if (typeof value === 'string' && value.length > maxGroupKeyLength) {
      const detail = `row ${row} of column "${name}" has ${value.length} characters; a value of groups may have ${maxGroupKeyLength}.`
      throw new TableError(['table', name, String(row)], detail, `${value.length} characters`, 'out-of-range')
    }
    // such a value has a code
    builder.add(builder.codeOf(value) ?? 0)
  })
  return { ...builder.column(), reserved: 0 }
}
