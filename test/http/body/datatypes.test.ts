import { test } from 'tap'
import type { Datatype, Widened } from '../../../src/http/body/datatypes.ts'
import { bytesOf, datatypes, widen as widenSteps } from '../../../src/http/body/datatypes.ts'
import { unaccounted } from '../../../src/loss/memory.ts'
import { outcomeOf, resultOf, seeded, workOf } from './support.ts'

/** Widens without a pause. */
function widen(datatype: Datatype, buffer: ArrayBuffer, count: number): Widened {
  return resultOf(widenSteps(datatype, buffer, count, unaccounted))
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
  const stays = widen('FP64', doubles.buffer, 4).data
  t.equal(stays.buffer, doubles.buffer)
  t.same(stays, doubles)
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

test('only as many elements are taken as asked for, and none is right', async (t) => {
  for (const datatype of datatypes) {
    t.equal(widen(datatype, new ArrayBuffer(32), 3).data.length, 3)
    t.equal(widen(datatype, new ArrayBuffer(0), 0).data.length, 0)
  }
})

test('many elements are widened in steps', async (t) => {
  const count = 2 ** 19 + 3
  for (const datatype of ['INT64', 'UINT64', 'BF16', 'BOOL'] as const) {
    const buffer = new ArrayBuffer(8 * Math.ceil((bytesOf(datatype) * count) / 8))
    const steps = widenSteps(datatype, buffer.slice(), count, unaccounted)
    let pauses = 0
    while (!steps.next().done) pauses++
    t.equal(pauses, 3)
    // the last element: -1 as an INT64, else one that no double or truth value is
    new Uint8Array(buffer, (count - 1) * bytesOf(datatype), bytesOf(datatype)).fill(255)
    const { data, inexact } = widen(datatype, buffer, count)
    t.equal(data.length, count)
    if (datatype === 'INT64') t.same([data[count - 1], inexact], [-1, undefined])
    if (datatype === 'UINT64') t.same(inexact, { index: count - 1, value: 2n ** 64n - 1n })
    if (datatype === 'BOOL') t.same(inexact, { index: count - 1, value: 255 })
  }
})

test('what is widened is counted, and what it was widened from is freed', async (t) => {
  const count = 2 ** 19
  for (const datatype of datatypes) {
    const { work, budget } = workOf()
    const raw = work.memory.allocate(bytesOf(datatype) * count)
    const steps = widenSteps(datatype, raw, count, work.memory)
    const both = bytesOf(datatype) * count + (datatype === 'FP64' ? 0 : 8 * count)
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) {
        t.same([budget.held, raw.detached], [8 * count, datatype !== 'FP64'], datatype)
        t.equal(step.value.data.length, count)
        work.memory.free(step.value.data.buffer)
        t.equal(budget.held, 0, datatype)
        break
      }
      t.equal(budget.held, both, datatype)
    }
  }
})

test('numbers that there is no room for are not widened', async (t) => {
  const { work, budget } = workOf({ maxInFlightBytes: 10_000 })
  const raw = work.memory.allocate(2000)
  t.match(
    outcomeOf(() => widenSteps('UINT8', raw, 2000, work.memory).next()),
    { limit: 'maxInFlightBytes' },
  )
  t.equal(budget.held, 2000)
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
