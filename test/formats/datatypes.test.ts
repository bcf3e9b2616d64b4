import { test } from 'tap'
import type { Datatype } from '../../src/formats/datatypes.ts'
import { bytesOf, valueAt, widen as widenInto } from '../../src/formats/datatypes.ts'
import { seeded } from './support.ts'

/** The doubles, and the first element that none is exactly. */
function widen(
  datatype: Datatype,
  buffer: ArrayBuffer,
  count: number,
): { data: Float64Array; inexact?: { index: number; value: bigint | number } } {
  const data = new Float64Array(count)
  const index = widenInto(datatype, buffer, data)
  return index < 0 ? { data } : { data, inexact: { index, value: valueAt(datatype, buffer, index) } }
}

/** A float of `exponentBits` and `mantissaBits` by the definition of IEEE 754, without any typed array. */
function floatOf(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = (bits >>> (exponentBits + mantissaBits)) & 1 ? -1 : 1
  const exponent = (bits >>> mantissaBits) & (2 ** exponentBits - 1)
  const fraction = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits
  const bias = 2 ** (exponentBits - 1) - 1
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias)
}

/** Little-endian bytes of whole numbers. */
function bytesFrom(size: number, values: readonly (bigint | number)[]): ArrayBuffer {
  const bytes = new Uint8Array(size * values.length)
  for (const [at, value] of values.entries()) {
    for (let byte = 0; byte < size; byte++) bytes[at * size + byte] = Number((BigInt(value) >> BigInt(8 * byte)) & 255n)
  }
  return bytes.buffer
}

test('every half and every brain float is widened exactly', async (t) => {
  const all = Array.from({ length: 65536 }, (_, bits) => bits)
  const cases = [
    ['FP16', 5, 10],
    ['BF16', 8, 7],
  ] as const
  for (const [datatype, exponentBits, mantissaBits] of cases) {
    const { data, inexact } = widen(datatype, bytesFrom(2, all), all.length)
    t.equal(inexact, undefined)
    const wrong = all.filter((bits) => !Object.is(data[bits], floatOf(bits, exponentBits, mantissaBits)))
    t.same(wrong, [], datatype)
  }
})

const whole: readonly [Datatype, readonly (bigint | number)[], readonly number[]][] = [
  ['INT8', [0x80, 0x7f, 0xff, 0], [-128, 127, -1, 0]],
  ['UINT8', [0x80, 0xff, 0], [128, 255, 0]],
  ['INT16', [0x8000, 0x7fff, 0x0102], [-32768, 32767, 258]],
  ['UINT16', [0x8000, 0xffff, 0x0102], [32768, 65535, 258]],
  ['INT32', [0x80000000, 0x7fffffff, 0x01020304], [-2147483648, 2147483647, 16909060]],
  ['UINT32', [0x80000000, 0xffffffff], [2147483648, 4294967295]],
  ['INT64', [-(2n ** 63n), 2n ** 53n, -(2n ** 53n) - 2n, -1n], [-(2 ** 63), 2 ** 53, -(2 ** 53) - 2, -1]],
  ['UINT64', [2n ** 63n, 2n ** 53n, 2n ** 64n - 2048n, 0n], [2 ** 63, 2 ** 53, 2 ** 64 - 2048, 0]],
  ['BOOL', [0, 1, 1], [0, 1, 1]],
]

for (const [datatype, values, wanted] of whole) {
  test(`${datatype} is widened exactly`, async (t) => {
    const { data, inexact } = widen(datatype, bytesFrom(bytesOf(datatype), values), values.length)
    t.same(Array.from(data), wanted)
    t.equal(inexact, undefined)
  })
}

test('floats are widened exactly', async (t) => {
  const singles = [0.1, -0, 2 ** -149, 3.4028234663852886e38, Number.NaN, Number.NEGATIVE_INFINITY]
  const words = singles.map((value) => new DataView(Float32Array.of(value).buffer).getUint32(0, true))
  const { data } = widen('FP32', bytesFrom(4, words), singles.length)
  for (const [at, bits] of words.entries()) t.ok(Object.is(data[at], floatOf(bits, 8, 23)), `${singles[at]}`)

  const doubles = Float64Array.of(0.1, -0, 5e-324, 1.7976931348623157e308)
  t.same(widen('FP64', doubles.buffer, 4).data, doubles)
})

test('what no double is exactly is named, the first of it', async (t) => {
  const cases: [Datatype, (bigint | number)[], number, bigint | number][] = [
    ['INT64', [1n, 2n ** 53n + 1n, 2n ** 53n + 3n], 1, 2n ** 53n + 1n],
    ['INT64', [-(2n ** 53n) - 1n], 0, -(2n ** 53n) - 1n],
    ['INT64', [0n, 0n, 2n ** 63n - 1n], 2, 2n ** 63n - 1n],
    ['UINT64', [2n ** 64n - 1n], 0, 2n ** 64n - 1n],
    ['BOOL', [0, 1, 2, 255], 2, 2],
  ]
  for (const [datatype, values, index, value] of cases) {
    const { inexact } = widen(datatype, bytesFrom(bytesOf(datatype), values), values.length)
    t.same(inexact, { index, value }, `${datatype} ${values}`)
  }
})

test('integers of 64 bits are exact or refused, as BigInt has it', async (t) => {
  const random = seeded(1)
  const bits = () => {
    const kept = 1n << BigInt(random(64))
    return (
      BigInt.asUintN(64, ((BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32))) & -kept) >> BigInt(random(40))
    )
  }
  const values = Array.from({ length: 20_000 }, bits)
  const wrong = values.filter((value) => {
    return (['INT64', 'UINT64'] as const).some((datatype) => {
      const wanted = datatype === 'INT64' ? BigInt.asIntN(64, value) : value
      const { data, inexact } = widen(datatype, BigUint64Array.of(value).buffer, 1)
      const isExact = BigInt(Number(wanted)) === wanted
      return isExact ? data[0] !== Number(wanted) || inexact !== undefined : inexact?.value !== wanted
    })
  })
  t.same(wrong, [])
})
