import type { Memory } from '../loss/memory.ts'
import type { ListElement } from '../loss/value-list.ts'
import { isElement, ListBuilder, longestText, ValueList, WrongElement } from '../loss/value-list.ts'
import { kindOf } from './groups.ts'
import { MemberReader } from './member-reader.ts'

/** An escaped character takes six bytes. */
const longestString = 6 * longestText + 2
const [quote, backslash, openArray] = Buffer.from('"\\[')

/** Reads a list, in steps. @param bytes valid JSON, a member of an object with its key */
export function* readList(bytes: Buffer, memory: Memory): Generator<void, ValueList> {
  const reader = new MemberReader(bytes, bytes.indexOf(':') + 1, longestString)
  const first = reader.next()
  if (first !== openArray) return new ValueList([], kindOf(first))
  const builder = new ListBuilder(memory)
  yield* reader.elements(
    (token) => builder.add(elementOf(token)),
    (received) => builder.add(new WrongElement(received)),
  )
  return builder.list()
}

/** @param token a scalar as it is spelled, a character for each byte */
function elementOf(token: string): ListElement {
  const isText = token.charCodeAt(0) === quote
  if (isText && isPlain(token)) return token.slice(1, -1)
  const value: unknown = JSON.parse(Buffer.from(token, 'latin1').toString())
  return isElement(value) ? value : new WrongElement(value)
}

function isPlain(token: string): boolean {
  for (let at = 1; at < token.length; at++) {
    const unit = token.charCodeAt(at)
    if (unit === backslash || unit >= 0x80) return false
  }
  return true
}
