/** @import { NpyArray } from '../types.d.ts' */
import { strings } from '../strings.js'

const words = strings.batch

/** numpy's dtype to the Open Inference Protocol's datatype. @type {Record<string, string>} */
const datatypes = {
  f8: 'FP64',
  f4: 'FP32',
  f2: 'FP16',
  i8: 'INT64',
  i4: 'INT32',
  i2: 'INT16',
  i1: 'INT8',
  u8: 'UINT64',
  u4: 'UINT32',
  u2: 'UINT16',
  u1: 'UINT8',
  b1: 'BOOL',
}

/** Magic, version and the shorter form of the header's length. */
const preamble = 12

/**
 * Reads the header of a .npy file (numpy.lib.format, versions 1 to 3), so that rows can be shown.
 *
 * @param {Blob} file
 * @param {string} name for messages
 * @returns {Promise<NpyArray | undefined>} nothing for an array of a kind that is sent, but not read here
 * @throws {Error} in words, when it is not a .npy file
 */
export async function readNpy(file, name) {
  const bytes = new Uint8Array(await file.slice(0, preamble).arrayBuffer())
  const magic = String.fromCharCode(...bytes.slice(1, 6))
  if (bytes.length < preamble || bytes[0] !== 0x93 || magic !== 'NUMPY') throw new Error(words.noNpy(name))
  const view = new DataView(bytes.buffer)
  const isFirst = bytes[6] === 1
  const headerStart = isFirst ? 10 : 12
  const dataOffset = headerStart + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true))
  const header = await file.slice(headerStart, dataOffset).text()
  const dtype = /'descr':\s*'[<|]([a-z]\d+)'/.exec(header)
  const shape = /'fortran_order':\s*False.*'shape':\s*\(([\d\s,]*)\)/.exec(header)
  const datatype = dtype ? datatypes[dtype[1]] : undefined
  if (datatype === undefined || shape === null) return undefined
  const sizes = shape[1].split(',').filter((size) => size.trim() !== '')
  return { datatype, shape: sizes.map(Number), dataOffset, byteLength: file.size - dataOffset }
}

/** How to read one element. @type {Record<string, (view: DataView, at: number) => number | bigint>} */
const readers = {
  FP64: (view, at) => view.getFloat64(at, true),
  FP32: (view, at) => view.getFloat32(at, true),
  INT64: (view, at) => view.getBigInt64(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  INT16: (view, at) => view.getInt16(at, true),
  INT8: (view, at) => view.getInt8(at),
  UINT64: (view, at) => view.getBigUint64(at, true),
  UINT32: (view, at) => view.getUint32(at, true),
  UINT16: (view, at) => view.getUint16(at, true),
  UINT8: (view, at) => view.getUint8(at),
  BOOL: (view, at) => view.getUint8(at),
}

/**
 * One row of an array, or one element where it has no rows, as text.
 *
 * @param {Blob} file
 * @param {NpyArray} array
 * @param {number} row
 * @returns {Promise<string[]>}
 */
export async function rowOf(file, { datatype, shape, dataOffset, byteLength }, row) {
  const read = readers[datatype]
  const rows = shape[0] ?? 1
  if (read === undefined || row >= rows) return []
  const bytes = byteLength / rows
  const view = new DataView(await file.slice(dataOffset + row * bytes, dataOffset + (row + 1) * bytes).arrayBuffer())
  const columns = shape[1] ?? 1
  return Array.from({ length: columns }, (_, at) => String(read(view, (at * bytes) / columns)))
}
