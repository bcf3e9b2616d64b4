import { openArrow } from './arrow.ts'
import type { AssembledTable } from './assemble.ts'
import { assemble, checkNames } from './assemble.ts'
import type { Missing, TableColumns, TableFormat } from './columns.ts'
import { usedColumns } from './columns.ts'
import { csvBytes, openCsv } from './csv.ts'
import { checkSize } from './errors.ts'
import { openParquet, parquetBytes } from './parquet.ts'
import type { Source } from './source.ts'
import type { AssemblyLimits } from './tensors.ts'

/** What an id or a time takes besides its characters. */
const bytesPerValue = 48

export interface TableLimits extends AssemblyLimits {
  /** Rows with ids or times. */
  readonly maxJoinRows: number
  readonly maxRows: number
  /** Bytes that what is compressed may become. */
  readonly maxBodyBytes: number
}

export interface TableRequest {
  readonly bytes: ArrayBuffer
  readonly format: TableFormat
  readonly columns: TableColumns
  readonly missing: Missing
  /** Whether texts in labels may be names of classes: such are declared, or in another request. */
  readonly mayBeNames: boolean
  readonly limits: TableLimits
}

/**
 * Reads the columns of a table that were named.
 *
 * @param reserve called with the number of bytes that this will take, before they are taken
 * @throws TableError
 */
export async function readTable(
  { bytes, format, columns, missing, mayBeNames, limits }: TableRequest,
  reserve: (bytes: number) => Promise<void>,
): Promise<AssembledTable> {
  const names = usedColumns(columns)
  // what is not compressed becomes large by its many small cells, or columns
  if (format === 'csv') await reserve(csvBytes(bytes, names.length))
  if (format === 'parquet') await reserve(parquetBytes(bytes, names.length))
  const source = sourceOf(bytes, format, names, limits)
  await checkNames(source, columns)
  checkSize('maxRows', source.rows, limits.maxRows)
  const decoded = source.bytesOf(names)
  checkSize('maxBodyBytes', decoded, Math.max(limits.maxBodyBytes, bytes.byteLength))
  const elements = Math.max(source.rows * names.length, source.valuesOf(names))
  checkSize('maxElements', elements, limits.maxElements)
  // numbers as they come out, and cells on their way; what stands for one row is handed over in one piece
  const lists = [columns.ids, columns.at].filter((name) => name !== undefined).length
  if (lists > 0) checkSize('maxJoinRows', source.rows, limits.maxJoinRows)
  await reserve(2 * decoded + 3 * Float64Array.BYTES_PER_ELEMENT * elements + bytesPerValue * lists * source.rows)
  return assemble(source, columns, missing === 'drop', { ...limits, mayBeNames, reserve })
}

function sourceOf(
  bytes: ArrayBuffer,
  format: TableFormat,
  names: readonly string[],
  { maxBodyBytes }: TableLimits,
): Source {
  if (format === 'parquet') return openParquet(bytes, names)
  if (format === 'arrow') return openArrow(bytes, names, maxBodyBytes)
  return openCsv(bytes, names)
}
