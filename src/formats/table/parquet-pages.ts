import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { DecodedArray, Encoding } from 'hyparquet'
import { Encodings } from 'hyparquet/src/constants.js'
import { convert } from 'hyparquet/src/convert.js'
import { readDataPage } from 'hyparquet/src/datapage.js'
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { readPlain } from 'hyparquet/src/plain.js'
import { compressors } from 'hyparquet-compressors'
import type { Chunk } from './parquet-metadata.ts'
import { amount } from './parquet-metadata.ts'
import { checkDifferences, readRuns } from './parquet-runs.ts'
import { ThriftReader } from './thrift.ts'

/** How values of a column are read, and what its levels are at most. */
export interface Leaf {
  /** Of values without levels: of a column that is required. */
  readonly decoder: Parameters<typeof readDataPage>[2]
  readonly mostDefined: number
  readonly mostRepeated: number
}

export interface Page {
  readonly values: DecodedArray
  /** How much of each value is there, up to the most, which is a value. Undefined if all are. */
  readonly definitions: Int32Array | undefined
  /** 0 where a row begins. Undefined if there are no lists. */
  readonly repetitions: Int32Array | undefined
}

/** Takes bytes of what the file has announced. @throws RangeError if there are no more */
export type TakeBytes = (bytes: number) => void

interface Data {
  readonly count: number
  readonly encoding: Encoding
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
const mostDecimalBytes = 32

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
    values: isInDictionary(encoding)
      ? lookedUp(content, values, dictionary)
      : valuesIn(content, values, encoding, leaf, take),
    definitions: definitions?.each,
    repetitions:
      repetitions === undefined ? undefined : (repetitions.each ?? new Int32Array(count).fill(leaf.mostRepeated)),
  }
}

function isInDictionary(encoding: Encoding): boolean {
  return encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY'
}

/** Values that are places in a dictionary. */
function lookedUp(content: Uint8Array, count: number, dictionary: DecodedArray | undefined): DecodedArray {
  if (count === 0) return []
  if (dictionary === undefined) throw new RangeError('a page refers to a dictionary, and there is none')
  const places = new Int32Array(count)
  const bits = content[0]
  // what has no bits needs no runs
  if (bits > 0) readRuns(content, 1, bits, places)
  for (let at = 0; at < count; at++) {
    // one that is negative, too
    if (places[at] >>> 0 >= dictionary.length)
      throw new RangeError(`a page refers to value ${places[at]} of a dictionary of ${dictionary.length}`)
  }
  if (dictionary instanceof Float64Array) {
    const values = new Float64Array(count)
    for (let at = 0; at < count; at++) values[at] = dictionary[places[at]]
    return values
  }
  if (dictionary instanceof BigInt64Array) {
    const values = new BigInt64Array(count)
    for (let at = 0; at < count; at++) values[at] = dictionary[places[at]]
    return values
  }
  const values = new Array<unknown>(count)
  for (let at = 0; at < count; at++) values[at] = dictionary[places[at]]
  return values
}

function valuesIn(content: Uint8Array, count: number, encoding: Encoding, leaf: Leaf, take: TakeBytes): DecodedArray {
  checkValues(content, count, encoding, leaf, take)
  if (encoding === 'RLE') {
    if (leaf.decoder.type !== 'BOOLEAN') throw new RangeError('only booleans are in runs without a dictionary')
    const truths = new Int32Array(count)
    // behind their size
    readRuns(content, 4, 1, truths)
    return Array.from(truths, (truth) => truth === 1)
  }
  const settings = {
    num_values: count,
    encoding,
    definition_level_encoding: encoding,
    repetition_level_encoding: encoding,
  }
  const { dataPage } = readDataPage(content, settings, leaf.decoder)
  checkDecimals(dataPage, leaf)
  return convert(dataPage, leaf.decoder)
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

/** Checks values that take more memory or time than their bytes would say. @throws RangeError */
function checkValues(content: Uint8Array, count: number, encoding: Encoding, { decoder }: Leaf, take: TakeBytes): void {
  if (count === 0) return
  const view = viewOf(content)
  const { type } = decoder
  if (encoding === 'DELTA_BINARY_PACKED' && type === 'INT64') checkDifferences(view, 0, count)
  else if (encoding === 'DELTA_BYTE_ARRAY') {
    // each text may have all of the one before it
    const lengths = new Int32Array(count)
    const reader = { view, offset: 0 }
    for (const _ of ['of beginnings', 'of the rest']) {
      deltaBinaryUnpack(reader, count, lengths)
      for (const length of lengths) take(length)
    }
  } else if (type === 'FIXED_LEN_BYTE_ARRAY' && count * (decoder.element.type_length ?? 0) > content.length) {
    throw new RangeError(`a page of ${content.length} bytes has not the ${count} values that it announces`)
  }
}

function dictionaryIn(page: Uint8Array, { count }: Data, leaf: Leaf): DecodedArray {
  if (count > page.length)
    throw new RangeError(`a dictionary of ${page.length} bytes has not the ${count} values that it announces`)
  const { decoder } = leaf
  const values = readPlain({ view: viewOf(page), offset: 0 }, decoder.type, count, decoder.element.type_length)
  checkDecimals(values, leaf)
  return convert(values, decoder)
}

/** Refuses decimals so long that their time would be the square of their bytes. @throws RangeError */
function checkDecimals(values: DecodedArray, { decoder }: Leaf): void {
  if (decoder.utf8 !== false) return
  for (const value of values) {
    if (value instanceof Uint8Array && value.length > mostDecimalBytes)
      throw new RangeError(`a decimal has ${value.length} bytes`)
  }
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

/** Decompresses a page, to no more than the file has announced. */
function unpacked({ codec }: Chunk, packed: Uint8Array, size: number, take: TakeBytes): Uint8Array {
  if (size < 0) throw new RangeError(`a page has ${size} bytes`)
  const isPlain = codec === 'UNCOMPRESSED' || (size === 0 && packed.length === 0)
  if (!isPlain) take(size)
  const page = isPlain ? packed : decompressed(codec, packed, size)
  if (page.length !== size) throw new RangeError(`a page has ${page.length} bytes, and announces ${size}`)
  return apart(page)
}

/** Bytes behind which there are no others, which hyparquet would read for values that are missing. */
function apart(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset + bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

function decompressed(codec: Chunk['codec'], packed: Uint8Array, size: number): Uint8Array {
  const limit = { maxOutputLength: Math.max(1, size) }
  if (codec === 'GZIP') return gunzipSync(packed, limit)
  if (codec === 'BROTLI') return brotliDecompressSync(packed, limit)
  if (codec === 'ZSTD') return zstdDecompressSync(packed, limit)
  const read = compressors[codec]
  if (read === undefined) throw new RangeError(`its codec ${codec} is not read`)
  return read(packed, size)
}

function otherValues(): RangeError {
  return new RangeError('the pages of a column have other values than it announces')
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function part(bytes: Uint8Array, at: number, size: number): Uint8Array {
  if (at + size > bytes.length) throw new RangeError(`a page has not the ${size} bytes of levels that it announces`)
  return bytes.subarray(at, at + size)
}
