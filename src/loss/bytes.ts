import type { Dyadic } from './numerics/dyadic.ts'
import { canonical, zero } from './numerics/dyadic.ts'

/** Bytes that are not the state of an evaluation, or of another one than expected. */
export class InvalidState extends Error {
  override readonly name = 'InvalidState'
}

/** Collects bytes. Equal values are written as equal bytes. */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  /** An integer from 0 to 2^53 - 1: seven bits a byte, the lowest first, the top bit of all but the last byte set. */
  count(value: number): void {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte(128 + (rest % 128))
    this.#byte(rest)
  }

  /**
   * An odd mantissa times a power of two: the count 2 n + 1 for a negative and 2 n for any other mantissa of n bytes,
   * the bytes, the highest first, and the exponent as the count 2 e, or -2 e - 1 of a negative one. Zero is n = 0 alone.
   */
  sum(value: Dyadic): void {
    const { mantissa, exponent } = canonical(value)
    if (mantissa === 0n) {
      this.count(0)
      return
    }
    const digits = (mantissa < 0n ? -mantissa : mantissa).toString(16)
    const size = Math.ceil(digits.length / 2)
    const padded = digits.padStart(2 * size, '0')
    this.count(2 * size + (mantissa < 0n ? 1 : 0))
    for (let at = 0; at < padded.length; at += 2) this.#byte(Number.parseInt(padded.slice(at, at + 2), 16))
    this.count(exponent < 0 ? -2 * exponent - 1 : 2 * exponent)
  }

  raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.#byte(byte)
  }

  /** Everything written so far. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[this.#length++] = value
  }
}

/** No sum of 2^53 products of three doubles has more bits, nor a smaller last place. */
const mostBits = 3 * 1024 + 53
const lowestExponent = 3 * -1074

/** Reads what `ByteWriter` wrote; every method throws `InvalidState` for what cannot be such. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  count(): number {
    let value = 0
    let scale = 1
    let byte: number
    do {
      byte = this.#byte()
      value += (byte % 128) * scale
      scale *= 128
      if (!Number.isSafeInteger(value)) throw new InvalidState('a count is beyond 2^53 - 1')
    } while (byte >= 128)
    return value
  }

  sum(): Dyadic {
    const head = this.count()
    if (head === 0) return zero
    const size = Math.floor(head / 2)
    if (8 * size > mostBits - lowestExponent + 8) throw new InvalidState('a sum has too many digits')
    let digits = '0'
    for (const byte of this.raw(size)) digits += byte.toString(16).padStart(2, '0')
    const magnitude = BigInt(`0x${digits}`)
    const zigzag = this.count()
    const exponent = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
    if (exponent < lowestExponent || exponent + 8 * (size - 1) > mostBits)
      throw new InvalidState('a sum is out of range')
    return { mantissa: head % 2 === 0 ? magnitude : -magnitude, exponent }
  }

  raw(size: number): Uint8Array {
    if (size > this.#bytes.length - this.#at) throw cutOff()
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  /** Nothing may be left. */
  end(): void {
    if (this.#at < this.#bytes.length) throw new InvalidState('bytes follow the state')
  }

  #byte(): number {
    if (this.#at === this.#bytes.length) throw cutOff()
    return this.#bytes[this.#at++]
  }
}

function cutOff(): InvalidState {
  return new InvalidState('the state is cut off')
}
