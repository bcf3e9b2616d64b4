import type { ByteReader, ByteWriter } from '../bytes.ts'
import { InvalidState } from '../bytes.ts'
import { columnsIn, type GroupValue } from './columns.ts'
import type { GroupKey } from './partition.ts'

const [ofNull, ofFalse, ofTrue, ofInteger, ofNegative, ofString] = [0, 1, 2, 3, 4, 5]

/** Writes the values of a key: each a kind, and of an integer its size, of a string its JSON text in UTF-8. */
export function writeKey(key: GroupKey, writer: ByteWriter): void {
  for (const value of key) writeValue(value, writer)
}

function writeValue(value: GroupValue, writer: ByteWriter): void {
  if (typeof value === 'string') {
    // JSON keeps surrogates that stand alone, which UTF-8 has not
    const bytes = Buffer.from(JSON.stringify(value))
    writer.count(ofString)
    writer.count(bytes.length)
    writer.raw(bytes)
  } else if (typeof value === 'number') {
    writer.count(value < 0 ? ofNegative : ofInteger)
    writer.count(Math.abs(value))
  } else writer.count(value === null ? ofNull : value ? ofTrue : ofFalse)
}

/** Reads what `writeKey` wrote. @throws InvalidState */
export function readKey(reader: ByteReader, grouping: string | readonly string[]): GroupKey {
  return columnsIn(grouping).map(() => readValue(reader))
}

function readValue(reader: ByteReader): GroupValue {
  switch (reader.count()) {
    case ofNull:
      return null
    case ofFalse:
      return false
    case ofTrue:
      return true
    case ofInteger:
      return reader.count()
    case ofNegative:
      return -reader.count()
    case ofString:
      return readString(reader.raw(reader.count()))
    default:
      throw new InvalidState('the key of a group is of no kind')
  }
}

function readString(bytes: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    if (typeof value === 'string') return value
  } catch {
    // below
  }
  throw new InvalidState('the key of a group is no string')
}
