/** Counts memory before it is taken, until it is given back. */
export interface Memory {
  /** @throws when there is no room for so many bytes */
  reserve(bytes: number): void
  release(bytes: number): void
  /** Whether so many bytes may be allocated for what may never come. */
  canReserveAddressSpace(bytes: number): boolean
  /**
   * A zeroed buffer. @throws when there is no room for it
   * @param committed how many of the bytes are counted now: pages that nothing was written to take no memory
   * @param mayBeUsed whether it may hold anything and be longer
   */
  allocate(bytes: number, committed?: number, mayBeUsed?: boolean): ArrayBuffer
  /** Counts further bytes of a buffer that was allocated with fewer. @throws when there is no room for them */
  commit(buffer: ArrayBuffer, bytes: number): void
  /** Takes a buffer back, detached; one that was not allocated here stays as it is. */
  free(buffer: ArrayBufferLike): void
}

const worthAccounting = 2 ** 14

export function doublesIn(memory: Memory, length: number): Float64Array<ArrayBuffer> {
  const bytes = length * Float64Array.BYTES_PER_ELEMENT
  return bytes < worthAccounting ? new Float64Array(length) : new Float64Array(memory.allocate(bytes))
}

/** An array of doubles, counted when it is large; it holds anything. */
export function usedDoublesIn(memory: Memory, length: number): Float64Array<ArrayBuffer> {
  const bytes = length * Float64Array.BYTES_PER_ELEMENT
  return bytes < worthAccounting
    ? new Float64Array(length)
    : new Float64Array(memory.allocate(bytes, bytes, true), 0, length)
}

/** An array of 32-bit integers, counted when it is large; it holds anything. */
export function integersIn(memory: Memory, length: number): Int32Array<ArrayBuffer> {
  const bytes = length * Int32Array.BYTES_PER_ELEMENT
  return bytes < worthAccounting
    ? new Int32Array(length)
    : new Int32Array(memory.allocate(bytes, bytes, true), 0, length)
}

/** What is taken through it is given back when the block ends. */
export class ScopedMemory implements Memory, Disposable {
  readonly #memory: Memory
  #reserved = 0
  #buffers: ArrayBufferLike[] = []

  constructor(memory: Memory) {
    this.#memory = memory
  }

  reserve(bytes: number): void {
    this.#memory.reserve(bytes)
    this.#reserved += bytes
  }

  release(bytes: number): void {
    this.#memory.release(bytes)
    this.#reserved -= bytes
  }

  canReserveAddressSpace(bytes: number): boolean {
    return this.#memory.canReserveAddressSpace(bytes)
  }

  allocate(bytes: number, committed?: number, mayBeUsed?: boolean): ArrayBuffer {
    const buffer = this.#memory.allocate(bytes, committed, mayBeUsed)
    this.#buffers.push(buffer)
    return buffer
  }

  commit(buffer: ArrayBuffer, bytes: number): void {
    this.#memory.commit(buffer, bytes)
  }

  free(buffer: ArrayBufferLike): void {
    this.#memory.free(buffer)
    this.#buffers = this.#buffers.filter((held) => held !== buffer)
  }

  /** Leaves what it holds to the memory that it was taken from. */
  keep(): void {
    this.#reserved = 0
    this.#buffers = []
  }

  [Symbol.dispose](): void {
    if (this.#reserved > 0) this.#memory.release(this.#reserved)
    for (const buffer of this.#buffers) this.#memory.free(buffer)
    this.keep()
  }
}
