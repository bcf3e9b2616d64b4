const worthKeeping = 2 ** 17

/** How much larger a buffer may be than what is needed: the size of a JSON body is only guessed. */
export const slack = 1.25

/**
 * Buffers that were freed, up to some bytes, for users that need one of about the same size and read only what they have written.
 * Clients send batches of one size again and again, and a new buffer of some megabytes would have to be cleared.
 */
export class BufferPool {
  readonly #mostBytes: number
  readonly #buffers: ArrayBuffer[] = []
  #bytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** A buffer of at least this size and not much more, if there is one. It holds what was in it before. */
  take(bytes: number): ArrayBuffer | undefined {
    const at = this.#buffers.findLastIndex(({ byteLength }) => byteLength >= bytes && byteLength <= slack * bytes)
    return at < 0 ? undefined : this.#remove(at)
  }

  /** Takes a buffer over: it is detached, and kept or given back to the system. */
  add(buffer: ArrayBuffer): void {
    if (buffer.byteLength < worthKeeping || buffer.byteLength > this.#mostBytes) {
      buffer.transfer(0)
      return
    }
    this.#shrink(this.#mostBytes - buffer.byteLength)
    this.#bytes += buffer.byteLength
    this.#buffers.push(buffer.transfer())
  }

  clear(): void {
    this.#shrink(0)
  }

  #shrink(bytes: number): void {
    while (this.#bytes > bytes) this.#remove(0).transfer(0)
  }

  #remove(at: number): ArrayBuffer {
    const [buffer] = this.#buffers.splice(at, 1)
    this.#bytes -= buffer.byteLength
    return buffer
  }
}
