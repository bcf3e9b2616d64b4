const magicBytes = 4
const zstdMagic: readonly number[] = [0x28, 0xb5, 0x2f, 0xfd]
/** Behind a first byte from 0x50 to 0x5F. */
const skippableMagic: readonly number[] = [0x50, 0x2a, 0x4d, 0x18]
const skippableHeaderBytes = 8
const blockHeaderBytes = 3
const checksumBytes = 4
/** The most that a frame header has: magic number, descriptor, window, dictionary, content size. */
const maxHeaderBytes = 18
const dictionaryBytes: readonly number[] = [0, 1, 2, 4]
const contentSizeBytes: readonly number[] = [0, 2, 4, 8]

/** Every frame costs some time, however short it is. */
const freeFrames = 1000
const bytesPerFrame = 1024

/** Walks through the frames of a zstd body (RFC 8878) in chunks of any size, and keeps no more than a frame header of it. */
export class ZstdFrames {
  #count = 0
  /** Bytes of the body before the chunk. */
  #offset = 0
  #part: 'header' | 'skipped' | 'block header' | 'block' = 'header'
  /** The header that is being read, of a frame or of a block. */
  readonly #header = Buffer.alloc(maxHeaderBytes)
  #filled = 0
  /** Bytes that are left of what is skipped, or of the block with the checksum behind the last one. */
  #left = 0
  #hasChecksum = false
  #isLast = false

  /** How many frames have begun, with those that are skipped. */
  get count(): number {
    return this.#count
  }

  /** Has a frame ended, and no other begun? */
  get isWhole(): boolean {
    return this.#count > 0 && this.#part === 'header' && this.#filled === 0
  }

  /**
   * What is to be decoded of a chunk, without the frames that are skipped. Each frame header is a piece of its own, and no
   * piece goes beyond its frame: a decoder stops at the end of a frame, and does not check the window of one that it sees as
   * a whole.
   *
   * @throws Error when what begins is no frame, or one too many
   */
  *cut(chunk: Buffer): Generator<Buffer, void> {
    let from = 0
    for (let at = 0; at < chunk.length; ) {
      if (this.#part === 'header') {
        const header = this.#readHeader(chunk[at], this.#offset + at)
        from = ++at
        if (header !== undefined) yield header
      } else if (this.#part === 'block header') {
        this.#readBlockHeader(chunk[at++])
      } else {
        const length = Math.min(this.#left, chunk.length - at)
        this.#left -= length
        at += length
      }
      if (this.#endPart()) yield chunk.subarray(from, at)
    }
    if (this.#part.startsWith('block') && from < chunk.length) yield chunk.subarray(from)
    this.#offset += chunk.length
  }

  /** The header, when this byte completes that of a frame which is decoded. */
  #readHeader(byte: number, offset: number): Buffer | undefined {
    const header = this.#header
    header[this.#filled] = byte
    const isSkippable = (header[0] & 0xf0) === skippableMagic[0]
    if (this.#filled < magicBytes) this.#checkMagic(isSkippable)
    this.#filled++
    if (this.#filled === magicBytes) this.#countFrame(offset)
    if (this.#filled <= magicBytes) return undefined
    if (this.#filled < (isSkippable ? skippableHeaderBytes : headerBytes(header[magicBytes]))) return undefined
    const length = this.#filled
    this.#filled = 0
    if (isSkippable) {
      this.#part = 'skipped'
      this.#left = header.readUInt32LE(magicBytes)
      return undefined
    }
    this.#part = 'block header'
    this.#hasChecksum = (header[magicBytes] & 4) !== 0
    return Buffer.from(header.subarray(0, length))
  }

  #checkMagic(isSkippable: boolean): void {
    const at = this.#filled
    const isFirst = isSkippable && at === 0
    if (isFirst || this.#header[at] === (isSkippable ? skippableMagic : zstdMagic)[at]) return
    throw new Error(this.#count === 0 ? 'Unknown frame descriptor' : 'bytes follow its end')
  }

  #countFrame(offset: number): void {
    this.#count++
    if (this.#count > freeFrames + Math.floor(offset / bytesPerFrame)) {
      throw new Error(`it has more than ${freeFrames} frames, and more than one for ${bytesPerFrame} bytes`)
    }
  }

  #readBlockHeader(byte: number): void {
    this.#header[this.#filled++] = byte
    if (this.#filled < blockHeaderBytes) return
    this.#filled = 0
    const header = this.#header.readUIntLE(0, blockHeaderBytes)
    const isRepeated = ((header >> 1) & 3) === 1
    this.#isLast = (header & 1) === 1
    this.#left = (isRepeated ? 1 : header >> 3) + (this.#isLast && this.#hasChecksum ? checksumBytes : 0)
    this.#part = 'block'
  }

  /** Goes on to what follows a part that has ended; is that another frame, behind one that is decoded? */
  #endPart(): boolean {
    if (this.#left > 0) return false
    const isFrameEnd = this.#part === 'block' && this.#isLast
    if (isFrameEnd || this.#part === 'skipped') this.#part = 'header'
    else if (this.#part === 'block') this.#part = 'block header'
    return isFrameEnd
  }
}

/** Bytes of a frame header with this descriptor. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0
  const contentSize = contentSizeBytes[descriptor >> 6] || Number(isSingleSegment)
  return magicBytes + 1 + Number(!isSingleSegment) + dictionaryBytes[descriptor & 3] + contentSize
}
