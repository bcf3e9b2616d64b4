import type { TableColumns, TableFormat } from '../../src/formats/table/columns.ts'
import type { TableRequest } from '../../src/formats/table/read.ts'
import { readTable } from '../../src/formats/table/read.ts'

/** Reads a table in this thread. The service reads it in another one, in which nobody counts what is covered. */
export async function readHere(
  table: Uint8Array,
  format: TableFormat,
  columns: TableColumns,
  more: Partial<TableRequest> = {},
) {
  const bytes = new Uint8Array(table).buffer
  const limits = { maxRows: 1e6, maxElements: 1e7, maxColumns: 1e4, maxBodyBytes: 1e8, maxJoinRows: 1e6 }
  const request: TableRequest = { bytes, format, columns, missing: 'refuse', mayBeNames: false, limits, ...more }
  return await readTable(request, async () => {})
}
