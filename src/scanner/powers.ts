import { LARGEST_POWER, SMALLEST_POWER } from './layout.ts'

const BITS = 128n
const LOW = (1n << 64n) - 1n

function significant(q: number): bigint {
  const power = 5n ** BigInt(Math.abs(q))
  const length = BigInt(power.toString(2).length)
  if (q >= 0) return length > BITS ? power >> (length - BITS) : power << (BITS - length)
  const reciprocal = (1n << (length + BITS - 1n)) / power
  return q >= -27 ? reciprocal + 1n : reciprocal
}

/** For every power of five that a double can need: the upper, then the lower 64 bits. */
export function powersOfFive(): BigUint64Array {
  const table = new BigUint64Array((LARGEST_POWER - SMALLEST_POWER + 1) * 2)
  for (let q = SMALLEST_POWER, i = 0; q <= LARGEST_POWER; q++) {
    const value = significant(q)
    table[i++] = value >> 64n
    table[i++] = value & LOW
  }
  return table
}
