import { ColumnBuilder } from '../../loss/groups/column-builder.ts'
import type { GroupColumn } from '../../loss/groups/columns.ts'
import { maxGroupKeyLength } from '../../loss/groups/columns.ts'
import { longestText } from '../../loss/value-list.ts'
import { timeIn } from '../../runtime/rfc3339.ts'
import type { NumericRole, TableColumns } from './columns.ts'
import { groupsOf, numericRoles, usedColumns } from './columns.ts'
import { TableError } from './errors.ts'
import type { TableTensor } from './rows.ts'
import { eachCell, Rows, reserved, shown } from './rows.ts'
import type { Source, SourceColumn } from './source.ts'
import type { Assembling } from './tensors.ts'
import { tensorOf } from './tensors.ts'

export interface AssembledTable {
  readonly tensors: Readonly<Partial<Record<NumericRole, TableTensor>>>
  readonly groups: readonly (readonly [name: string, group: GroupColumn])[]
  readonly ids: readonly (string | number)[] | undefined
  readonly at: Float64Array<ArrayBuffer> | undefined
  /** Rows that were left out. */
  readonly dropped: number
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
    // a longer id is refused later: it is cut because all rows may share one text
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
