import type { TableColumns, TableFormat } from '../../src/formats/table/columns.ts'
import type { TableFault } from '../../src/formats/table/errors.ts'
import { TableError } from '../../src/formats/table/errors.ts'
import type { TableRequest } from '../../src/formats/table/read.ts'
import { readTable } from '../../src/formats/table/read.ts'

/** That no small table meets. */
export const ampleLimits = { maxRows: 1e6, maxElements: 1e7, maxColumns: 1e4, maxBodyBytes: 1e8, maxJoinRows: 1e6 }

/** Reads a table in this thread. The service reads it in another one, in which nobody counts what is covered. */
export async function readHere(
  table: Uint8Array,
  format: TableFormat,
  columns: TableColumns,
  more: Partial<TableRequest> = {},
) {
  const bytes = new Uint8Array(table).buffer
  const standard = { missing: 'refuse', mayBeNames: false, limits: ampleLimits } as const
  const request: TableRequest = { bytes, format, columns, ...standard, ...more }
  return await readTable(request, async () => {})
}

/** What is wrong with a table that is read in this thread. @throws Error if nothing is */
export async function faultHere(table: Uint8Array, format: TableFormat, columns: TableColumns): Promise<TableFault> {
  const error = await readHere(table, format, columns).catch((error) => error)
  if (!(error instanceof TableError)) throw new Error('no fault', { cause: error })
  return error.fault
}
