// Writes tables.ts of src/loss/numerics/elementary/assembly, from integers only: node .ci/elementary-tables.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Numbers are integers that count 2^-bits. */
const bits = 320n
const one = 1n << bits

/** log(a / b) for a / b between 1/2 and 2: 2 artanh((a - b) / (a + b)). */
function logarithm(a: bigint, b: bigint): bigint {
  const t = ((a - b) << bits) / (a + b)
  const squared = (t * t) >> bits
  let sum = 0n
  let power = t
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n, power = (power * squared) >> bits) sum += power / n
  return 2n * sum
}

function exponential(x: bigint): bigint {
  let sum = one
  let term = one
  for (let n = 1n; term !== 0n; n++) {
    term = ((term * x) >> bits) / n
    sum += term
  }
  return sum
}

const ln2 = -logarithm(1n, 2n)

/** The nearest multiple of 2^-digits, as an integer that counts 2^-bits. */
function onGrid(value: bigint, digits: bigint): bigint {
  const step = 1n << (bits - digits)
  return ((value + step / 2n) / step - (value + step / 2n < 0n ? 1n : 0n)) * step
}

/** The double next to a number that is no tie, as its bits. */
function double(value: bigint): string {
  const size = value < 0n ? -value : value
  if (size === 0n) return hexadecimal(0n)
  const surplus = BigInt(size.toString(2).length) - 53n
  const rounded = surplus > 0n ? (size + (1n << (surplus - 1n))) >> surplus : size << -surplus
  const exponent = surplus - bits + 1075n + (rounded === 1n << 53n ? 1n : 0n)
  const mantissa = rounded === 1n << 53n ? 0n : rounded & ((1n << 52n) - 1n)
  return hexadecimal((value < 0n ? 1n << 63n : 0n) | (exponent << 52n) | mantissa)
}

function hexadecimal(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`
}

function table(name: string, doubles: readonly string[]): string {
  return `export const ${name} = memory.data<u64>([${doubles.map((value) => `\n  ${value},`).join('')}\n])\n`
}

/** What is added to the bits of a double: 1 then lies 2/3 of an interval above the beginning of its interval. */
const carry = 0x00099aaaaaaaaaaan
const intervals = 256n
const intervalBits = 44n
const oneBits = 0x3ff0000000000000n

/** The number whose bits, with `carry`, are those of 1 and so many steps. */
function boundary(interval: bigint): bigint {
  const pattern = oneBits - carry + (interval << intervalBits)
  const mantissa = (pattern & ((1n << 52n) - 1n)) | (1n << 52n)
  return mantissa << (bits - 52n - (pattern < oneBits ? 1n : 0n))
}

/** 1/m in ten bits for the m of each interval, and its -log: what is a multiple of 2^-42, and the rest. */
function logarithms(): string[] {
  const rows: string[] = []
  for (let i = 0n; i < intervals; i++) {
    const [from, to] = [boundary(i), boundary(i + 1n)]
    const holdsOne = from < one && to > one
    const reciprocal = holdsOne ? one : onGrid((2n * one * one) / (from + to), 10n)
    const log = -logarithm(reciprocal, one)
    const high = onGrid(log, 42n)
    const largest = [from, to].map((end) => Math.abs(Number((end * reciprocal) / one - one) / Number(one)))
    if (Math.max(...largest) > 0.00275 || (!holdsOne && Math.abs(Number(high) / Number(one)) < Math.max(...largest))) {
      throw new Error(`interval ${i} is too wide`)
    }
    rows.push(double(reciprocal), double(high), double(log - high))
  }
  return rows
}

/** 2^(j/128): 26 bits, and the rest. */
function powers(): string[] {
  const rows: string[] = []
  for (let j = 0n; j < 128n; j++) {
    const power = exponential((j * ln2) / 128n)
    const high = onGrid(power, 25n)
    rows.push(double(high), double(power - high))
  }
  return rows
}

/** The first 35 bits of ln 2 / 128, the next 35, and the rest. */
function parts(): string[] {
  const whole = ln2 / 128n
  const first = onGrid(whole, 42n)
  const second = onGrid(whole - first, 77n)
  return [first, second, whole - first - second].map(double)
}

function limbs(value: bigint, count: number): string[] {
  return Array.from(
    { length: count },
    (_, at) => `0x${((value >> BigInt(32 * at)) & 0xffffffffn).toString(16).padStart(8, '0')}`,
  )
}

/** In units of 2^-224, the nearest. */
function words(value: bigint): string {
  return limbs((value + (1n << 95n)) >> 96n, 8).join(', ')
}

function wordTable(name: string, values: readonly bigint[]): string {
  return `export const ${name} = memory.data<u32>([${values.map((value) => `\n  ${words(value)},`).join('')}\n])\n`
}

function inverseFactorials(): bigint[] {
  const values = [one]
  for (let n = 1n; n <= 15n; n++) values.push(values[values.length - 1] / n)
  return values
}

const high = onGrid(ln2, 42n)

export const text = [
  '// Written by .ci/elementary-tables.ts.\n',
  `export const CARRY = memory.data<u64>([${hexadecimal(carry)}])\n`,
  '/** ln 2: a multiple of 2^-42, and the rest. */',
  `export const LN2_HIGH = memory.data<u64>([${double(high)}])`,
  `export const LN2_LOW = memory.data<u64>([${double(ln2 - high)}])\n`,
  '/** 128 / ln 2, and ln 2 / 128 in three parts. */',
  `export const STEPS = memory.data<u64>([${double(((128n * one) << bits) / ln2)}])`,
  ...parts().map((part, at) => `export const STEP_${at + 1} = memory.data<u64>([${part}])`),
  '',
  '/** ln 2 in units of 2^-224, in words of 32 bits, the lowest first. */',
  `export const LN2 = memory.data<u32>([${words(ln2)}])\n`,
  '/** 1/m, and -log of it in two parts, for each interval of m. */',
  table('LOGARITHMS', logarithms()),
  '/** 2^(j/128) in two parts. */',
  table('POWERS', powers()),
  '/** In words as above: 1/n!, e^(j/64) and e^(j/4096). */',
  wordTable('INVERSE_FACTORIALS', inverseFactorials()),
  wordTable(
    'COARSE_POWERS',
    Array.from({ length: 46 }, (_, j) => exponential((BigInt(j) * one) / 64n)),
  ),
  wordTable(
    'FINE_POWERS',
    Array.from({ length: 64 }, (_, j) => exponential((BigInt(j) * one) / 4096n)),
  ),
].join('\n')

if (import.meta.main)
  writeFileSync(join(import.meta.dirname, '../src/loss/numerics/elementary/assembly/tables.ts'), text)
