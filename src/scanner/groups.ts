import { ColumnBuilder } from '../loss/groups/column-builder.ts'
import type { GroupColumn } from '../loss/groups/columns.ts'
import { GroupColumns, maxGroupKeyLength } from '../loss/groups/columns.ts'
import type { Memory } from '../loss/memory.ts'
import { MemberReader } from './member-reader.ts'

const [quote, comma, closeObject, openArray, openObject] = Buffer.from('",}[{')
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
  const reader = new MemberReader(bytes, bytes.indexOf(':') + 1, longestString)
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

function* readColumn(reader: MemberReader, memory: Memory): Generator<void, GroupColumn> {
  const column = new ColumnBuilder(memory)
  const spellings = new Map<string, number>()
  yield* reader.elements(
    (token) => addToken(token, column, spellings),
    (received) => column.addWrong(received),
  )
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

export function kindOf(byte: number): string {
  if (byte === openArray) return 'an array'
  if (byte === openObject) return 'an object'
  if (byte === quote) return 'a string'
  if (byte === 0x6e) return 'null'
  return byte === 0x74 || byte === 0x66 ? 'true or false' : 'a number'
}
