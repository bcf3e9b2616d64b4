import { ThriftReader } from './thrift.ts'

const mostBits = 32

/**
 * Checks runs of numbers (Parquet's RLE and bit-packing) for `values` of them, before they are read: one run of five bytes may announce
 * 2 ** 31 numbers.
 *
 * @param bits of each number
 * @returns whether all are in runs of the number `sought`
 * @throws RangeError
 */
export function checkRuns(view: DataView, at: number, bits: number, values: number, sought?: number): boolean {
  if (bits > mostBits) throw new RangeError(`its numbers have ${bits} bits`)
  const reader = new ThriftReader(view, at)
  let isSought = true
  for (let left = values; left > 0; ) {
    const head = reader.unsigned()
    const isPacked = head % 2 === 1
    const size = Math.floor(head / 2)
    if (isPacked) {
      // such have no bytes
      if (bits === 0 && size > Math.ceil(left / 8)) throw tooLong()
      reader.at += size * bits
      left -= 8 * size
      isSought = false
    } else {
      if (size > left) throw tooLong()
      let value = 0
      for (let shift = 0; shift < bits; shift += 8) value |= view.getUint8(reader.at++) << shift
      isSought &&= value === sought
      left -= size
    }
  }
  return isSought
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
