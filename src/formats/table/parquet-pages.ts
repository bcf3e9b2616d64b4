import type { DecodedArray } from 'hyparquet'
import { Encodings } from 'hyparquet/src/constants.js'
import { apart, unpacked } from './parquet-codecs.ts'
import type { Chunk } from './parquet-metadata.ts'
import { amount } from './parquet-metadata.ts'
import { readRuns } from './parquet-runs.ts'
import type { Data, Leaf, TakeBytes } from './parquet-values.ts'
import { dictionaryIn, valuesIn } from './parquet-values.ts'
import { ThriftReader } from './thrift.ts'
import { viewOf } from './view.ts'

export interface Page {
  readonly values: DecodedArray
  /** How much of each value is there, up to the most, which is a value. Undefined if all are. */
  readonly definitions: Int32Array | undefined
  /** 0 where a row begins. Undefined if there are no lists. */
  readonly repetitions: Int32Array | undefined
}

interface Header {
  readonly kind: number
  readonly packed: number
  readonly unpacked: number
  readonly data: Data
  /** Bytes of levels before what is compressed, in pages of version 2. */
  readonly repetitions: number
  readonly definitions: number
  readonly isPacked: boolean
}

const [dataKind, dictionaryKind, secondDataKind] = [0, 2, 3]

/**
 * Gives the pages of a column in a row group one after the other. What they announce is checked before it is taken.
 *
 * @throws RangeError, and the errors of the codecs
 */
export function* pagesOf(chunk: Chunk, leaf: Leaf, bytes: ArrayBuffer, take: TakeBytes): Generator<Page> {
  const file = new DataView(bytes, chunk.start, Math.min(chunk.size, bytes.byteLength - chunk.start))
  const reader = new ThriftReader(file)
  const unpack = (packed: Uint8Array, size: number) => unpacked(chunk, packed, size, take)
  let dictionary: DecodedArray | undefined
  for (let left = chunk.values; left > 0; ) {
    if (reader.at >= file.byteLength) throw otherValues()
    const header = headerIn(reader)
    const { kind, data } = header
    if (header.packed > file.byteLength - reader.at)
      throw new RangeError(`a page has ${header.packed} bytes, and there are ${file.byteLength - reader.at} left`)
    const content = new Uint8Array(bytes, chunk.start + reader.at, header.packed)
    reader.at += header.packed
    if (kind === dictionaryKind) dictionary = dictionaryIn(unpack(content, header.unpacked), data, leaf)
    if ((kind !== dataKind && kind !== secondDataKind) || data.count === 0) continue
    left -= data.count
    if (left < 0) throw otherValues()
    if (kind === dataKind) yield firstPage(unpack(content, header.unpacked), data, leaf, dictionary, take)
    else yield secondPage(content, header, leaf, dictionary, take, unpack)
  }
}

/** A page of version 1: it is compressed as a whole, and its levels say how long they are. */
function firstPage(
  page: Uint8Array,
  data: Data,
  leaf: Leaf,
  dictionary: DecodedArray | undefined,
  take: TakeBytes,
): Page {
  let rest = page
  const levels = (most: number) => {
    if (most === 0) return undefined
    const size = viewOf(rest).getUint32(0, true)
    const found = levelsIn(part(rest, 4, size), most, data.count)
    rest = rest.subarray(4 + size)
    return found
  }
  const repetitions = levels(leaf.mostRepeated)
  const definitions = levels(leaf.mostDefined)
  return pageOf(rest, data, leaf, { repetitions, definitions }, dictionary, take)
}

/** A page of version 2: its levels are not compressed. */
function secondPage(
  page: Uint8Array,
  { data, ...header }: Header,
  leaf: Leaf,
  dictionary: DecodedArray | undefined,
  take: TakeBytes,
  unpack: (packed: Uint8Array, size: number) => Uint8Array,
): Page {
  const levels = (at: number, size: number, most: number) =>
    most === 0 ? undefined : levelsIn(part(page, at, size), most, data.count)
  const repetitions = levels(0, header.repetitions, leaf.mostRepeated)
  const definitions = levels(header.repetitions, header.definitions, leaf.mostDefined)
  const before = header.repetitions + header.definitions
  const packed = part(page, before, page.length - before)
  const rest = header.isPacked ? unpack(packed, header.unpacked - before) : apart(packed)
  return pageOf(rest, data, leaf, { repetitions, definitions }, dictionary, take)
}

interface Levels {
  readonly repetitions: Level | undefined
  readonly definitions: Level | undefined
}

/** Levels one by one, or undefined where all are the most. */
interface Level {
  readonly each: Int32Array | undefined
  readonly whole: number
}

function pageOf(
  content: Uint8Array,
  { count, encoding }: Data,
  leaf: Leaf,
  { repetitions, definitions }: Levels,
  dictionary: DecodedArray | undefined,
  take: TakeBytes,
): Page {
  const values = definitions?.whole ?? count
  return {
    values: valuesIn(content, values, encoding, leaf, dictionary, take),
    definitions: definitions?.each,
    repetitions:
      repetitions === undefined ? undefined : (repetitions.each ?? new Int32Array(count).fill(leaf.mostRepeated)),
  }
}

function levelsIn(bytes: Uint8Array, most: number, count: number): Level {
  const bits = 32 - Math.clz32(most)
  const each = new Int32Array(count)
  if (readRuns(bytes, 0, bits, each, most)) return { each: undefined, whole: count }
  let whole = 0
  for (const level of each) {
    if (level > most) throw new RangeError(`a level is ${level}, and ${most} is the most`)
    if (level === most) whole++
  }
  return { each, whole }
}

function headerIn(reader: ThriftReader): Header {
  const header = { kind: -1, packed: -1, unpacked: -1, repetitions: 0, definitions: 0, isPacked: true }
  const data = { count: 0, encoding: Encodings[0] }
  const count = (kind: number) => {
    data.count = amount(reader.integer(kind), 'values')
  }
  const encoding = (kind: number) => {
    data.encoding = Encodings[reader.integer(kind)]
  }
  const size = (name: 'packed' | 'unpacked' | 'repetitions' | 'definitions') => (kind: number) => {
    header[name] = reader.integer(kind)
    if (!(header[name] >= 0)) throw new RangeError(`a page has ${header[name]} bytes`)
  }
  const second = {
    1: count,
    4: encoding,
    5: size('definitions'),
    6: size('repetitions'),
    7: (kind: number) => {
      header.isPacked = reader.truth(kind)
    },
  }
  const first = { 1: count, 2: encoding }
  reader.struct({
    1: (kind) => {
      header.kind = reader.integer(kind)
    },
    2: size('unpacked'),
    3: size('packed'),
    5: (kind) => reader.struct(first, kind),
    7: (kind) => reader.struct(first, kind),
    8: (kind) => reader.struct(second, kind),
  })
  if (header.packed < 0 || header.unpacked < 0) throw new RangeError('a page has no size')
  return { ...header, data }
}

function otherValues(): RangeError {
  return new RangeError('the pages of a column have other values than it announces')
}

function part(bytes: Uint8Array, at: number, size: number): Uint8Array {
  if (at + size > bytes.length) throw new RangeError(`a page has not the ${size} bytes of levels that it announces`)
  return bytes.subarray(at, at + size)
}
