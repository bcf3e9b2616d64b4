import { viewOf } from './view.ts'

const magic = 0x184d2204
/** Bits of the flags of a frame. */
const [version, hasBlockChecksums, hasSize, hasChecksum, hasDictionary] = [0b0100_0000, 0b1_0000, 0b1000, 0b100, 0b1]
/** The length of a block says with this bit that the block is not compressed. */
const isStored = 0x8000_0000
const least = 4

interface Block {
  readonly bytes: Uint8Array
  readonly isStored: boolean
}

/**
 * Decompresses a frame of LZ4 (lz4_Frame_format.md and lz4_Block_format.md of the LZ4 project). Its size is counted before
 * memory is taken. Checksums are not compared.
 *
 * @param most the bytes that it may have
 * @throws RangeError
 */
export function decompressLz4(frame: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  const blocks = blocksOf(frame)
  const size = blocks.reduce((end, block) => unpack(block, end), 0)
  if (size > most) throw new RangeError(`compressed buffers have more than ${most} bytes`)
  const output = new Uint8Array(size)
  blocks.reduce((end, block) => unpack(block, end, output), 0)
  return output
}

function blocksOf(frame: Uint8Array): Block[] {
  const view = viewOf(frame)
  if (frame.length < 7) throw cut()
  const flags = view.getUint8(4)
  if (view.getUint32(0, true) !== magic || (flags & 0b1100_0000) !== version || (flags & hasDictionary) !== 0)
    throw new RangeError('it has a buffer that is not a frame of LZ4')
  const blocks: Block[] = []
  let at = (flags & hasSize) === 0 ? 7 : 15
  for (;;) {
    if (at + 4 > frame.length) throw cut()
    const length = view.getUint32(at, true)
    at += 4
    if (length === 0) break
    const end = at + (length & ~isStored)
    if (end > frame.length) throw cut()
    blocks.push({ bytes: frame.subarray(at, end), isStored: (length & isStored) !== 0 })
    at = (flags & hasBlockChecksums) === 0 ? end : end + 4
  }
  if ((flags & hasChecksum) !== 0) at += 4
  if (at > frame.length) throw cut()
  return blocks
}

/**
 * Writes a block behind what was written before, which it may repeat.
 *
 * @param to where it begins
 * @param output undefined to count only
 * @returns where it ends
 */
function unpack({ bytes, isStored }: Block, to: number, output?: Uint8Array): number {
  if (isStored) {
    output?.set(bytes, to)
    return to + bytes.length
  }
  let end = to
  let at = 0
  const lengthOf = (nibble: number) => {
    let length = nibble
    for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) {
      if (at >= bytes.length) throw cut()
      more = bytes[at++]
    }
    return length
  }
  while (at < bytes.length) {
    const token = bytes[at++]
    const literals = lengthOf(token >>> 4)
    if (at + literals > bytes.length) throw cut()
    output?.set(bytes.subarray(at, at + literals), end)
    at += literals
    end += literals
    // the last sequence is of literals only
    if (at === bytes.length) break
    if (at + 2 > bytes.length) throw cut()
    const distance = bytes[at] | (bytes[at + 1] << 8)
    at += 2
    const length = lengthOf(token & 15) + least
    if (distance === 0 || distance > end) throw new RangeError('it has a frame of LZ4 that repeats what is not there')
    if (output !== undefined) repeat(output, end, distance, length)
    end += length
  }
  return end
}

/** Copies what lies `distance` before; where it is shorter than `length`, over and over. */
function repeat(output: Uint8Array, to: number, distance: number, length: number): void {
  const end = to + length
  let has = distance
  for (let at = to; at < end; has *= 2) {
    const size = Math.min(has, end - at)
    output.copyWithin(at, to - distance, to - distance + size)
    at += size
  }
}

function cut(): RangeError {
  return new RangeError('it has a frame of LZ4 that is cut off')
}
