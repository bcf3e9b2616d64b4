/** Counts the memory that a computation takes, before it is taken, and gives it back when it is free again. */
export interface Memory {
  /**
   * Counts bytes that are about to be taken.
   *
   * @throws when there is no room for them
   */
  reserve(bytes: number): void
  release(bytes: number): void
  /** Whether so many bytes may be allocated for what may never come; if not, it is better to allocate less at a time. */
  canReserveAddressSpace(bytes: number): boolean
  /**
   * A zeroed buffer.
   *
   * @param committed how many of the bytes are counted now, if not all: pages that nothing was written to take no memory
   * @param mayBeUsed whether it may be one that was used before, which holds anything and may be longer
   * @throws when there is no room for them
   */
  allocate(bytes: number, committed?: number, mayBeUsed?: boolean): ArrayBuffer
  /**
   * Counts further bytes of a buffer that was allocated with fewer, as far as they are not counted yet.
   *
   * @throws when there is no room for them
   */
  commit(buffer: ArrayBuffer, bytes: number): void
  /** Takes a buffer back: it is detached and no longer counted. Buffers that were not allocated here are left alone. */
  free(buffer: ArrayBufferLike): void
}

/** Buffers that are smaller are left to the garbage collector: to account for each would cost more than it is worth. */
const worthAccounting = 2 ** 14

/** An array of doubles, counted when it is large. */
export function doublesIn(memory: Memory, length: number): Float64Array<ArrayBuffer> {
  const bytes = length * Float64Array.BYTES_PER_ELEMENT
  return bytes < worthAccounting ? new Float64Array(length) : new Float64Array(memory.allocate(bytes))
}

/** An array of 32-bit integers, counted when it is large. All of it has to be filled before it is read. */
export function integersIn(memory: Memory, length: number): Int32Array<ArrayBuffer> {
  const bytes = length * Int32Array.BYTES_PER_ELEMENT
  return bytes < worthAccounting
    ? new Int32Array(length)
    : new Int32Array(memory.allocate(bytes, bytes, true), 0, length)
}

/** Memory for one block: what is taken through it is given back when the block ends, however it ends. */
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
