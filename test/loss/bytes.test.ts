import fc from 'fast-check'
import { test } from 'tap'
import { ByteReader, ByteWriter } from '../../src/loss/bytes.ts'
import type { Dyadic } from '../../src/loss/numerics/dyadic.ts'
import { equals, fromDouble, zero } from '../../src/loss/numerics/dyadic.ts'
import { invalidState } from './support.ts'

function written(write: (writer: ByteWriter) => void): number[] {
  const writer = new ByteWriter()
  write(writer)
  return Array.from(writer.bytes())
}

function reader(...bytes: number[]): ByteReader {
  return new ByteReader(Uint8Array.from(bytes))
}

const largest = [255, 255, 255, 255, 255, 255, 255, 15]

test('counts', async (t) => {
  const cases: [count: number, bytes: number[]][] = [
    [0, [0]],
    [127, [127]],
    [128, [128, 1]],
    [300, [172, 2]],
    [Number.MAX_SAFE_INTEGER, largest],
  ]
  for (const [count, bytes] of cases) {
    t.same(
      written((writer) => writer.count(count)),
      bytes,
      `${count}`,
    )
    t.equal(reader(...bytes).count(), count)
  }
})

test('sums are an odd mantissa and an exponent', async (t) => {
  const cases: [sum: Dyadic, bytes: number[]][] = [
    [zero, [0]],
    [{ mantissa: 0n, exponent: 5 }, [0]],
    [{ mantissa: 3n, exponent: 0 }, [2, 3, 0]],
    [{ mantissa: -6n, exponent: 0 }, [3, 3, 2]],
    [{ mantissa: 257n, exponent: -2 }, [4, 1, 1, 3]],
    [fromDouble(5e-324), [2, 1, 0xe3, 0x10]],
  ]
  for (const [sum, bytes] of cases) {
    t.same(
      written((writer) => writer.sum(sum)),
      bytes,
    )
    t.ok(equals(reader(...bytes).sum(), sum))
  }
})

test('what is written is read, and equal sums are equal bytes', async () => {
  const sums = fc.record({
    mantissa: fc.bigInt(-(2n ** 1000n), 2n ** 1000n),
    exponent: fc.integer({ min: -3222, max: 900 }),
  })
  const property = fc.property(fc.maxSafeNat(), sums, fc.nat({ max: 100 }), (count, sum, shift) => {
    const bytes = written((writer) => {
      writer.count(count)
      writer.sum(sum)
      writer.raw(Uint8Array.of(1, 2, 3))
    })
    const again = written((writer) => {
      writer.count(count)
      writer.sum({ mantissa: sum.mantissa << BigInt(shift), exponent: sum.exponent - shift })
      writer.raw(Uint8Array.of(1, 2, 3))
    })
    const from = reader(...bytes)
    const isSame = from.count() === count && equals(from.sum(), sum) && from.raw(3).join() === '1,2,3'
    from.end()
    return isSame && again.join() === bytes.join()
  })
  fc.assert(property, { seed: 8, numRuns: 500 })
})

test('a writer grows', async (t) => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, at) => at % 256)
  t.same(
    written((writer) => writer.raw(bytes)),
    Array.from(bytes),
  )
})

test('what cannot have been written is refused', async (t) => {
  const cases: [name: string, read: () => unknown][] = [
    ['no byte', () => reader().count()],
    ['a count cut off', () => reader(128).count()],
    ['a count beyond 2^53 - 1', () => reader(...largest.with(7, 16)).count()],
    ['a count without end', () => reader(...new Array<number>(200).fill(128)).count()],
    ['a sum cut off', () => reader(4, 1).sum()],
    ['a sum without exponent', () => reader(2, 1).sum()],
    [
      'more digits than any sum',
      () => reader(...written((writer) => writer.count(2 * 900)), ...new Array(1000).fill(1)).sum(),
    ],
    ['digits without end', () => reader(...largest).sum()],
    ['a place below the last', () => reader(2, 1, ...written((writer) => writer.count(2 * 3223 - 1))).sum()],
    ['beyond all products of three', () => reader(2, 1, ...written((writer) => writer.count(2 * 3126))).sum()],
    ['bytes too few', () => reader(1, 2).raw(3)],
    ['bytes too many', () => reader(1).end()],
  ]
  for (const [name, read] of cases) t.throws(read, invalidState, name)
})
