import type { Dyadic } from './numerics/dyadic.ts'
import { canonical, zero } from './numerics/dyadic.ts'

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
   * An odd mantissa times a power of two: the count 2 n (2 n + 1 if negative) for a mantissa of n bytes, the bytes, the
   * highest first, and the exponent as the count 2 e, or -2 e - 1 of a negative one. Zero is n = 0.
   */
  sum(value: Dyadic): void {
    const { mantissa, exponent } = canonical(value)
    if (mantissa === 0n) {
      this.#byte(0)
      return
    }
    const limbs = limbsOf(mantissa < 0n ? -mantissa : mantissa)
    const top = bytesOf(limbs[limbs.length - 1])
    const size = top + limbBytes * (limbs.length - 1)
    this.count(2 * size + (mantissa < 0n ? 1 : 0))
    this.#number(limbs[limbs.length - 1], top)
    for (let at = limbs.length - 2; at >= 0; at--) this.#number(limbs[at], limbBytes)
    this.count(exponent < 0 ? -2 * exponent - 1 : 2 * exponent)
  }

  raw(bytes: Uint8Array): void {
    const at = this.#extend(bytes.length)
    this.#bytes.set(bytes, at)
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #byte(value: number): void {
    const at = this.#extend(1)
    this.#bytes[at] = value
  }

  #number(value: number, size: number): void {
    const begin = this.#extend(size)
    let rest = value
    for (let at = begin + size - 1; at >= begin; at--) {
      this.#bytes[at] = rest % 256
      rest = Math.floor(rest / 256)
    }
  }

  #extend(size: number): number {
    const begin = this.#length
    this.#length += size
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    return begin
  }
}

/** Digits of so many bytes, which doubles hold. */
const limbBytes = 6
const limbBits = BigInt(8 * limbBytes)

function limbsOf(value: bigint): number[] {
  const limbs: number[] = []
  for (let rest = value; rest !== 0n; rest >>= limbBits) limbs.push(Number(BigInt.asUintN(8 * limbBytes, rest)))
  return limbs
}

function bytesOf(value: number): number {
  let size = 0
  for (let rest = value; rest >= 1; rest /= 256) size++
  return size
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
    const magnitude = integerOf(this.raw(size))
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

  end(): void {
    if (this.#at < this.#bytes.length) throw new InvalidState('bytes follow the state')
  }

  #byte(): number {
    if (this.#at === this.#bytes.length) throw cutOff()
    return this.#bytes[this.#at++]
  }
}

function integerOf(bytes: Uint8Array): bigint {
  let value = 0n
  let limb = 0
  for (let at = 0; at < bytes.length; at++) {
    limb = 256 * limb + bytes[at]
    if ((bytes.length - 1 - at) % limbBytes > 0) continue
    value = value === 0n ? BigInt(limb) : (value << limbBits) | BigInt(limb)
    limb = 0
  }
  return value
}

function cutOff(): InvalidState {
  return new InvalidState('the state is cut off')
}
