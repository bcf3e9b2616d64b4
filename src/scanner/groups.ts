import { ColumnBuilder } from '../loss/groups/column-builder.ts'
import type { GroupColumn } from '../loss/groups/columns.ts'
import { GroupColumns, maxGroupKeyLength } from '../loss/groups/columns.ts'
import type { Memory } from '../loss/memory.ts'

const elementsPerStep = 2 ** 13
const bytesPerStep = 2 ** 18
const [quote, backslash, comma, closeArray, closeObject, openArray, openObject] = Buffer.from('"\\,]}[{')
/** So many spellings of values are remembered: most columns have few values, each spelled in one way. */
const mostSpellings = 2 ** 16
/** An escaped character takes six bytes, and one of Unicode up to four. */
const longestString = 6 * maxGroupKeyLength + 2

/**
 * Reads columns of groups, in steps: an object of arrays of strings, integers, booleans and nulls.
 *
 * @param bytes valid JSON, a member of an object with its key
 */
export function* readGroups(bytes: Buffer, memory: Memory): Generator<void, GroupColumns> {
  const reader = new Reader(bytes, bytes.indexOf(':') + 1)
  const columns = new Map<string, GroupColumn | string>()
  if (reader.next() !== openObject) return new GroupColumns(columns, kindOf(reader.next()))
  reader.skip()
  while (reader.next() !== closeObject) {
    const name = JSON.parse(Buffer.from(reader.token() ?? '""', 'latin1').toString()) as string
    // the colon
    reader.next()
    reader.skip()
    const first = reader.next()
    if (first === openArray) columns.set(name, yield* readColumn(reader, memory))
    else {
      columns.set(name, kindOf(first))
      yield* reader.passOver()
    }
    if (reader.next() === comma) reader.skip()
  }
  return new GroupColumns(columns)
}

function* readColumn(reader: Reader, memory: Memory): Generator<void, GroupColumn> {
  const column = new ColumnBuilder(memory)
  const spellings = new Map<string, number>()
  reader.skip()
  while (reader.next() !== closeArray) {
    const byte = reader.next()
    const token = byte === openArray || byte === openObject ? undefined : reader.token()
    if (token === undefined) {
      column.addWrong(byte === openArray ? [] : byte === openObject ? {} : reader.begin())
      yield* reader.passOver()
    } else addToken(token, column, spellings)
    if (reader.next() === comma) reader.skip()
    if (column.length % elementsPerStep === 0) yield
  }
  reader.skip()
  return column.column()
}

/** @param token a scalar as it is spelled, a character for each byte */
function addToken(token: string, column: ColumnBuilder, spellings: Map<string, number>): void {
  const known = spellings.get(token)
  if (known !== undefined) {
    column.add(known)
    return
  }
  const value: unknown = JSON.parse(Buffer.from(token, 'latin1').toString())
  const code = column.codeOf(value)
  if (code === undefined) column.addWrong(value)
  else {
    if (spellings.size < mostSpellings) spellings.set(token, code)
    column.add(code)
  }
}

function kindOf(byte: number): string {
  if (byte === openArray) return 'an array'
  if (byte === openObject) return 'an object'
  if (byte === quote) return 'a string'
  if (byte === 0x6e) return 'null'
  return byte === 0x74 || byte === 0x66 ? 'true or false' : 'a number'
}

/** Goes through JSON that is known to be valid. */
class Reader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  /** The next byte that is no white space, where it stays. */
  next(): number {
    const bytes = this.#bytes
    while (bytes[this.#at] <= 0x20) this.#at++
    return bytes[this.#at]
  }

  skip(): void {
    this.#at++
  }

  /** The scalar that begins here as it is spelled, a character for each byte; undefined, and where it is, for one that is too long. */
  token(): string | undefined {
    const from = this.#at
    const end = this.#bytes[from] === quote ? this.#endOfString(from) : this.#endOfWord(from)
    if (end === undefined) return undefined
    this.#at = end
    return this.#bytes.toString('latin1', from, end)
  }

  /** The beginning of a string that is too long. */
  begin(): string {
    return this.#bytes.toString('utf8', this.#at + 1, this.#at + maxGroupKeyLength)
  }

  /** Passes over a value of any kind and size, in steps. */
  *passOver(): Generator<void, void> {
    const bytes = this.#bytes
    let depth = 0
    let isString = false
    for (let passed = 1; ; passed++) {
      const byte = bytes[this.#at]
      if (isString) {
        if (byte === backslash) this.#at++
        else if (byte === quote) isString = false
      } else if (byte === quote) isString = true
      else if (byte === openArray || byte === openObject) depth++
      else if (byte === closeArray || byte === closeObject) depth--
      const isOver = depth < 0 || (depth === 0 && !isString && byte === comma)
      if (isOver) return
      this.#at++
      if (passed % bytesPerStep === 0) yield
    }
  }

  #endOfString(from: number): number | undefined {
    const bytes = this.#bytes
    const last = from + longestString
    for (let at = from + 1; at < last; at++) {
      if (bytes[at] === quote) return at + 1
      if (bytes[at] === backslash) at++
    }
    return undefined
  }

  #endOfWord(from: number): number {
    const bytes = this.#bytes
    let at = from
    while (bytes[at] > 0x20 && bytes[at] !== comma && bytes[at] !== closeArray && bytes[at] !== closeObject) at++
    return at
  }
}
