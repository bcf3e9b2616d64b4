import { timeIn } from '../../runtime/rfc3339.ts'
import { TableError } from './errors.ts'
import type { Source } from './source.ts'

const number = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/
const integer = /^-?\d{1,15}$/
const truth: Readonly<Record<string, number>> = { true: 1, false: 0 }

/** Opens a CSV table whose first line has the names of its columns (RFC 4180). Its cells are texts. @throws TableError */
export function openCsv(bytes: ArrayBuffer): Source {
  const lines = linesOf(textOf(bytes))
  const names = lines[0] ?? []
  const empty = names.indexOf('')
  if (names.length === 0 || empty >= 0) {
    const hint = 'pandas writes an index without a name: use to_csv(..., index=False)'
    throw new TableError(['table'], `column ${empty + 1} of the table has no name in line 1; ${hint}.`, '', 'header')
  }
  for (const [row, cells] of lines.entries()) {
    if (cells.length === names.length) continue
    const detail = `row ${row} of the table has ${cells.length} cells, and its header has ${names.length} names.`
    throw new TableError(['table'], detail, `${cells.length} cells`, 'shape')
  }
  return {
    rows: lines.length - 1,
    names,
    // what was read is there
    bytesOf: () => 0,
    column: (name) => {
      const at = names.indexOf(name)
      return {
        type: 'text',
        toNumber: numberOf,
        toTime: timeOf,
        async *read() {
          yield lines.slice(1).map((cells) => (cells[at] === '' ? null : cells[at]))
        },
      }
    },
  }
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

/** The cells of each line. A quoted cell may have commas, line ends and doubled quotes. */
function linesOf(text: string): string[][] {
  const lines: string[][] = []
  let cells: string[] = []
  let at = 0
  while (at < text.length) {
    let cell: string
    if (text[at] === '"') {
      let end = at
      do end = text.indexOf('"', end + (text[end + 1] === '"' && end > at ? 2 : 1))
      while (end >= 0 && text[end + 1] === '"')
      if (end < 0) {
        const detail = `row ${lines.length} of the table has a quote that is not closed.`
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
      const detail = `row ${lines.length} of the table has text behind a closing quote.`
      throw new TableError(['table'], detail, mark, 'malformed')
    }
    lines.push(cells)
    cells = []
  }
  return lines
}
