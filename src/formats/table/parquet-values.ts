import type { DecodedArray, Encoding } from 'hyparquet'
import { convert } from 'hyparquet/src/convert.js'
import { readDataPage } from 'hyparquet/src/datapage.js'
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { readPlain } from 'hyparquet/src/plain.js'
import { checkDifferences, readRuns } from './parquet-runs.ts'
import { viewOf } from './view.ts'

/** How values of a column are read, and what its levels are at most. */
export interface Leaf {
  /** Of values without levels: of a column that is required. */
  readonly decoder: Parameters<typeof readDataPage>[2]
  readonly mostDefined: number
  readonly mostRepeated: number
}

/** Takes bytes of what the file has announced. @throws RangeError if there are no more */
export type TakeBytes = (bytes: number) => void

/** What a page says of its values. */
export interface Data {
  readonly count: number
  readonly encoding: Encoding
}

const mostDecimalBytes = 32

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

/** The values of a page that are there. @throws RangeError */
export function valuesIn(
  content: Uint8Array,
  count: number,
  encoding: Encoding,
  leaf: Leaf,
  dictionary: DecodedArray | undefined,
  take: TakeBytes,
): DecodedArray {
  if (encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY') return lookedUp(content, count, dictionary)
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

/** @throws RangeError */
export function dictionaryIn(page: Uint8Array, { count }: Data, leaf: Leaf): DecodedArray {
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
