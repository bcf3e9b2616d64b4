import { ThriftReader } from './thrift.ts'
import { viewOf } from './view.ts'

const mostBits = 32

/**
 * Reads runs of numbers (Parquet's RLE and bit-packing), as many as `to` has places. What a run announces is checked before it is taken: one
 * of five bytes may announce 2 ** 31 numbers.
 *
 * @param bits of each number
 * @returns whether all are in runs of the number `sought`
 * @throws RangeError
 */
export function readRuns(bytes: Uint8Array, at: number, bits: number, to: Int32Array, sought?: number): boolean {
  if (bits > mostBits) throw new RangeError(`its numbers have ${bits} bits`)
  const reader = new ThriftReader(viewOf(bytes), at)
  let isSought = true
  for (let filled = 0; filled < to.length; ) {
    const head = reader.unsigned()
    const isPacked = head % 2 === 1
    const size = Math.floor(head / 2)
    const left = to.length - filled
    if (isPacked) {
      // the last run may have more, up to a multiple of eight; what has no bits has no end
      const count = Math.min(8 * size, left)
      if ((bits === 0 && size > Math.ceil(left / 8)) || 8 * reader.at + count * bits > 8 * bytes.length) throw tooLong()
      unpack(bytes, reader.at, bits, to, filled, count)
      reader.at += size * bits
      filled += count
      isSought = false
    } else {
      if (size > left) throw tooLong()
      let value = 0
      for (let shift = 0; shift < bits; shift += 8) value |= byteAt(bytes, reader.at++) << shift
      to.fill(value, filled, filled + size)
      isSought &&= value === sought
      filled += size
    }
  }
  return isSought
}

/** Numbers of so many bits one behind the other, the lowest bit first. */
function unpack(bytes: Uint8Array, at: number, bits: number, to: Int32Array, first: number, count: number): void {
  const mask = bits === mostBits ? -1 : 2 ** bits - 1
  let [byte, shift] = [at, 0]
  for (let place = first; place < first + count; place++) {
    // behind the end there are zeros, which the mask leaves out
    let value = (bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16) | (bytes[byte + 3] << 24)) >>> shift
    if (shift + bits > mostBits) value |= bytes[byte + 4] << (mostBits - shift)
    to[place] = value & mask
    shift += bits
    byte += shift >> 3
    shift &= 7
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  if (at >= bytes.length) throw new RangeError('a run ends too early')
  return bytes[at]
}

function tooLong(): RangeError {
  return new RangeError('a run has more values than its page')
}

/** Checks integers of 64 bits in differences (DELTA_BINARY_PACKED) for `values` of them. @throws RangeError */
export function checkDifferences(view: DataView, at: number, values: number): void {
  const reader = new ThriftReader(view, at)
  const inBlock = reader.unsigned()
  const parts = reader.unsigned()
  const inPart = inBlock / parts
  if (!Number.isInteger(inPart / 8) || inPart === 0)
    throw new RangeError(`it has blocks of ${inBlock} values in ${parts} parts`)
  // the number of values, and the first
  reader.unsigned()
  reader.unsigned()
  for (let left = values - 1; left > 0; ) {
    reader.unsigned()
    const widths = reader.at
    reader.at += parts
    for (let part = 0; part < parts && left > 0; part++, left -= inPart) {
      reader.at += (view.getUint8(widths + part) * inPart) / 8
    }
  }
}
