const smallChunk = 4096
const stagingBytes = 65536
const worthFreeing = 4096

export class ChunkQueue {
  readonly #isOwner: boolean
  readonly #list: Buffer[] = []
  #bytes = 0
  #filled = -1

  constructor(isOwner = false) {
    this.#isOwner = isOwner
  }

  get bytes(): number {
    return this.#bytes
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#filled >= 0 && this.#filled + chunk.length <= stagingBytes) {
      this.#filled += chunk.copy(this.#list[this.#list.length - 1], this.#filled)
      return
    }
    this.#trim()
    if (chunk.length >= smallChunk || this.#list.length === 0) {
      this.#list.push(chunk)
      return
    }
    const staging = Buffer.allocUnsafeSlow(stagingBytes)
    this.#filled = chunk.copy(staging)
    this.#list.push(staging)
  }

  shift(): Buffer | undefined {
    if (this.#list.length === 1) this.#trim()
    const piece = this.#list.shift()
    if (piece !== undefined) this.#bytes -= piece.length
    return piece
  }

  clear(): void {
    this.#filled = -1
    this.#bytes = 0
    for (const chunk of this.#list.splice(0)) this.free(chunk)
  }

  /** Gives back the memory of a chunk that was taken: left to the collector, large bodies would cost it a pass over all. */
  free(chunk: Buffer): void {
    if (!this.#isOwner || chunk.length < worthFreeing || chunk.length !== chunk.buffer.byteLength) return
    const buffer = chunk.buffer as ArrayBuffer
    buffer.transfer(0)
  }

  #trim(): void {
    if (this.#filled < 0) return
    const last = this.#list.length - 1
    this.#list[last] = this.#list[last].subarray(0, this.#filled)
    this.#filled = -1
  }
}
