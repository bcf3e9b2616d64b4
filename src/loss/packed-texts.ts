import type { Memory } from './memory.ts'

const firstBytes = 256
/** From so many bytes on a buffer is counted by itself. */
const worthCounting = 2 ** 14
/** So many ends are counted at once. */
const endsAtOnce = 2048
const bytesOfEnd = 16
/** UTF-8 of a code unit. */
const mostBytesOfUnit = 3

/**
 * Well-formed texts in one piece of memory, which is counted. As strings they would lie in the heap, where the collector goes
 * through each, and which stays as large as it ever was.
 */
export class PackedTexts {
  readonly #memory: Memory
  readonly #ends: number[] = []
  #buffer = Buffer.allocUnsafeSlow(firstBytes)
  #used = 0
  #reserved = 0
  #isAscii = true

  constructor(memory: Memory) {
    this.#memory = memory
  }

  get length(): number {
    return this.#ends.length
  }

  add(text: string): void {
    if (this.#ends.length % endsAtOnce === endsAtOnce - 1) this.#reserve(endsAtOnce * bytesOfEnd)
    const most = this.#used + mostBytesOfUnit * text.length
    if (most > this.#buffer.length) this.#grow(most)
    const written = this.#buffer.write(text, this.#used)
    this.#isAscii &&= written === text.length
    this.#used += written
    this.#ends.push(this.#used)
  }

  at(index: number): string {
    const encoding = this.#isAscii ? 'latin1' : 'utf8'
    return this.#buffer.toString(encoding, index === 0 ? 0 : this.#ends[index - 1], this.#ends[index])
  }

  slice(from: number, to: number): string[] {
    const texts: string[] = []
    for (let at = from; at < Math.min(to, this.length); at++) texts.push(this.at(at))
    return texts
  }

  free(): void {
    this.#memory.free(this.#buffer.buffer)
    this.#memory.release(this.#reserved)
    this.#reserved = 0
  }

  #reserve(bytes: number): void {
    this.#memory.reserve(bytes)
    this.#reserved += bytes
  }

  #grow(least: number): void {
    const before = this.#buffer
    const bytes = Math.max(2 * before.length, least)
    this.#buffer =
      bytes < worthCounting ? Buffer.allocUnsafeSlow(bytes) : Buffer.from(this.#memory.allocate(bytes, bytes, true))
    this.#buffer.set(before.subarray(0, this.#used))
    this.#memory.free(before.buffer)
  }
}
