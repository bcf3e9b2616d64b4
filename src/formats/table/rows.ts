import type { Memory } from '../../loss/memory.ts'
import type { Names } from '../../loss/tensor.ts'
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

/** The cells of a column, as many as the table has rows. */
export async function* allCells({ rows }: Source, name: string, column: SourceColumn): AsyncGenerator<Cells> {
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

export async function eachCell(
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

export function noValue(name: string, row: number): TableError {
  const detail = `row ${row} of column "${name}" is not in the table, which announces it.`
  return new TableError(['table', name, String(row)], detail, 'nothing', 'malformed')
}

/** A cell as an error shows it. */
export function shown(cell: unknown): string {
  return typeof cell === 'string' ? JSON.stringify(cell.slice(0, 40)) : 'a decimal'
}

/** Of what was reserved with the rows of the table: groups, and texts of labels. */
export const reserved: Memory = {
  reserve: () => undefined,
  release: () => undefined,
  canReserveAddressSpace: () => true,
  allocate: (bytes) => new ArrayBuffer(bytes),
  commit: () => undefined,
  free: () => undefined,
}

/** The rows that have a null in a column that is used. */
export class Rows {
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
