import type { DecodedArray, SchemaTree } from 'hyparquet'
import type { Page } from './parquet-pages.ts'
import type { Leaf } from './parquet-values.ts'
import type { Cells } from './source.ts'

/** The cells of a column of values, page by page, with the nulls among them. */
export function* cellsOf(pages: Iterable<Page>, { mostDefined }: Leaf): Generator<Cells> {
  for (const { values, definitions } of pages) {
    yield definitions === undefined ? values : withNulls(values, definitions, mostDefined)
  }
}

function withNulls(values: DecodedArray, definitions: Int32Array, most: number): unknown[] {
  const cells = new Array<unknown>(definitions.length)
  for (let at = 0, next = 0; at < cells.length; at++) cells[at] = definitions[at] === most ? values[next++] : null
  return cells
}

/** The rows of a column of lists. A row may go on in the next page. */
export function* listsOf(pages: Iterable<Page>, path: readonly SchemaTree[], { mostDefined }: Leaf): Generator<Cells> {
  const repeated = path.findIndex(({ element }) => element.repetition_type === 'REPEATED')
  const isOptional = ({ element }: SchemaTree) => element.repetition_type === 'OPTIONAL'
  /** From so much on there is a list. One more, and it has an element. */
  const list = path.slice(0, repeated).filter(isOptional).length
  let rows: (unknown[] | null)[] = []
  for (const { values, definitions, repetitions } of pages) {
    const count = repetitions?.length ?? 0
    for (let at = 0, next = 0; at < count; at++) {
      const defined = definitions?.[at] ?? mostDefined
      const value = defined === mostDefined ? values[next++] : null
      if (repetitions?.[at] === 0) {
        if (defined > list) rows.push([value])
        else rows.push(defined === list ? [] : null)
      } else {
        const row = rows.at(-1)
        // DuckDB writes an array that is null as so many nulls
        if (row === null && defined < list) continue
        if (!row?.length || defined <= list) throw new RangeError('a list goes on where there is none')
        row.push(value)
      }
    }
    const last = rows.pop()
    if (last === undefined) continue
    yield rows
    rows = [last]
  }
  yield rows
}
