import { timeIn } from '../../runtime/rfc3339.ts'
import { TableError } from './errors.ts'
import type { Source } from './source.ts'

const number = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/
const integer = /^-?\d{1,15}$/
const truth: Readonly<Record<string, number>> = { true: 1, false: 0 }

/** What a cell takes that is kept, besides its characters, which are those of the text. */
const bytesPerCell = 48
const lineEnds = Buffer.from('\n\r')

/** The bytes that the text of a CSV table and so many of its columns take, as its lines say. */
export function csvBytes(bytes: ArrayBuffer, columns: number): number {
  const all = new Uint8Array(bytes)
  let lines = 0
  for (const end of lineEnds) {
    let ends = 1
    for (let at = all.indexOf(end); at >= 0; at = all.indexOf(end, at + 1)) ends++
    lines = Math.max(lines, ends)
  }
  return 2 * bytes.byteLength + bytesPerCell * columns * lines
}

/**
 * Opens a CSV table whose first line has the names of its columns (RFC 4180). Its cells are texts.
 *
 * @param used the columns that are kept
 * @throws TableError
 */
export function openCsv(bytes: ArrayBuffer, used: readonly string[]): Source {
  const columns = new Map<string, (string | null)[]>(used.map((name) => [name, []]))
  let names: readonly string[] | undefined
  let kept: readonly ((string | null)[] | undefined)[] = []
  let rows = 0
  readLines(textOf(bytes), (cells) => {
    if (names === undefined) {
      names = namesIn(cells)
      kept = names.map((name) => columns.get(name))
      return
    }
    rows++
    if (cells.length !== names.length) {
      const detail = `row ${rows} of the table has ${cells.length} cells, and its header has ${names.length} names.`
      throw new TableError(['table'], detail, `${cells.length} cells`, 'shape')
    }
    for (let at = 0; at < cells.length; at++) kept[at]?.push(cells[at] === '' ? null : cells[at])
  })
  return {
    rows,
    names: names ?? namesIn([]),
    // counted before
    bytesOf: () => 0,
    valuesOf: (names) => rows * names.length,
    column: (name) => ({
      type: 'text',
      toNumber: numberOf,
      toTime: timeOf,
      async *read() {
        yield columns.get(name) ?? []
      },
    }),
  }
}

function namesIn(cells: readonly string[]): readonly string[] {
  if (cells.length === 0) {
    throw new TableError(['table'], 'the table is empty: line 1 must have the names of its columns.', '', 'header')
  }
  const empty = cells.indexOf('')
  if (empty < 0) return [...cells]
  const hint = 'pandas writes an index without a name: use to_csv(..., index=False)'
  throw new TableError(['table'], `column ${empty + 1} of the table has no name in line 1; ${hint}.`, '', 'header')
}

function numberOf(cell: unknown): number | undefined {
  const text = String(cell).trim()
  return number.test(text) ? Number(text) : truth[text.toLowerCase()]
}

function timeOf(cell: unknown): number | undefined {
  const text = String(cell).trim()
  // with a space as pandas, polars and DuckDB write it (RFC 3339, section 5.6)
  const time = integer.test(text) ? Number(text) : timeIn(text.replace(' ', 'T'))
  return Number.isNaN(time) ? undefined : time
}

function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new TableError(['table'], 'the table is not a text in UTF-8.', 'other bytes', 'malformed')
  }
}

/** Gives out the cells of each line, in an array that is used again. A quoted cell may have commas, line ends and doubled quotes. */
function readLines(text: string, take: (cells: readonly string[]) => void): void {
  const cells: string[] = []
  let line = 0
  let at = 0
  while (at < text.length) {
    let cell: string
    if (text[at] === '"') {
      let end = at
      do end = text.indexOf('"', end + (text[end + 1] === '"' && end > at ? 2 : 1))
      while (end >= 0 && text[end + 1] === '"')
      if (end < 0) {
        const detail = `row ${line} of the table has a quote that is not closed.`
        throw new TableError(['table'], detail, 'an open quote', 'malformed')
      }
      cell = text.slice(at + 1, end).replaceAll('""', '"')
      at = end + 1
    } else {
      const from = at
      while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at++
      cell = text.slice(from, at)
    }
    cells.push(cell)
    const mark = text[at]
    if (mark === ',') {
      at++
      if (at < text.length) continue
      cells.push('')
    } else if (mark === '\r' && text[at + 1] === '\n') at += 2
    else if (mark === '\n' || mark === '\r') at++
    else if (mark !== undefined) {
      const detail = `row ${line} of the table has text behind a closing quote.`
      throw new TableError(['table'], detail, mark, 'malformed')
    }
    take(cells)
    cells.length = 0
    line++
  }
}
