const magic = 0xfd2fb528
const firstBytes = 6
const blockHeaderBytes = 3
const checksumBytes = 4
const dictionaryBytes: readonly number[] = [0, 1, 2, 4]
const contentSizeBytes: readonly number[] = [0, 2, 4, 8]
/** The window descriptor of 8 MiB, the most that the content coding may have (RFC 9659). */
const largestWindow = 13 << 3

/** Follows one zstd frame (RFC 8878, section 3.1.1) in chunks of any size to its end. */
export class ZstdFrame {
  #part: 'frame header' | 'block header' | 'skipped' | 'end' = 'frame header'
  readonly #header = Buffer.alloc(firstBytes)
  #filled = 0
  #left = firstBytes
  #hasChecksum = false
  #isLast = false

  get isWhole(): boolean {
    return this.#part === 'end'
  }

  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.isWhole) throw new Error('bytes follow its end')
      const end = Math.min(chunk.length, at + this.#left)
      if (this.#part !== 'skipped') this.#filled += chunk.copy(this.#header, this.#filled, at, end)
      this.#left -= end - at
      at = end
      if (this.#left === 0) this.#endPart()
    }
  }

  #endPart(): void {
    if (this.#part === 'frame header') this.#readFrameHeader()
    else if (this.#part === 'block header') this.#readBlockHeader()
    else {
      this.#part = this.#isLast ? 'end' : 'block header'
      this.#left = blockHeaderBytes
      this.#filled = 0
    }
  }

  #readFrameHeader(): void {
    if (this.#header.readUInt32LE() !== magic) throw new Error('Unknown frame descriptor')
    const [descriptor, window] = this.#header.subarray(4)
    const isSingleSegment = (descriptor & 0x20) !== 0
    // a decoder does not check the window of a frame that it sees as a whole
    if (!isSingleSegment && window > largestWindow) throw new Error('Frame requires too much memory for decoding')
    this.#hasChecksum = (descriptor & 4) !== 0
    const contentSize = contentSizeBytes[descriptor >> 6] || Number(isSingleSegment)
    this.#skip(5 + Number(!isSingleSegment) + dictionaryBytes[descriptor & 3] + contentSize - firstBytes)
  }

  #readBlockHeader(): void {
    const header = this.#header.readUIntLE(0, blockHeaderBytes)
    const isRepeated = ((header >> 1) & 3) === 1
    this.#isLast = (header & 1) === 1
    this.#skip((isRepeated ? 1 : header >> 3) + (this.#isLast && this.#hasChecksum ? checksumBytes : 0))
  }

  #skip(bytes: number): void {
    this.#part = 'skipped'
    this.#left = bytes
    if (bytes === 0) this.#endPart()
  }
}
