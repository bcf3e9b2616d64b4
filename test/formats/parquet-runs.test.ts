import { test } from 'tap'
import { readRuns } from '../../src/formats/table/parquet-runs.ts'
import { seeded } from './support.ts'

/** The oracle: a text of bits, the lowest of each number first. */
function packed(values: readonly number[], bits: number): Buffer {
  const text = values.map((value) => value.toString(2).padStart(bits, '0').split('').toReversed().join('')).join('')
  const bytes = Array.from({ length: text.length / 8 }, (_, at) =>
    Number.parseInt(
      text
        .slice(8 * at, 8 * at + 8)
        .split('')
        .toReversed()
        .join(''),
      2,
    ),
  )
  return Buffer.from([((values.length / 8) << 1) | 1, ...bytes])
}

test('runs of numbers of each width are read', (t) => {
  const below = seeded(5)
  for (let bits = 1; bits <= 32; bits++) {
    const values = Array.from({ length: 24 }, () => below(2 ** 16) * 2 ** 16 + below(2 ** 16)).map(
      (value) => value % 2 ** bits,
    )
    const repeated = Buffer.alloc(1 + Math.ceil(bits / 8))
    repeated[0] = 5 << 1
    repeated.writeUIntLE(2 ** bits - 1, 1, Math.ceil(bits / 8))
    const to = new Int32Array(24 + 5 + 3)
    t.equal(
      readRuns(Buffer.concat([packed(values, bits), repeated, packed(values.slice(0, 8), bits)]), 0, bits, to),
      false,
    )
    const wanted = [...values, ...Array(5).fill(2 ** bits - 1), ...values.slice(0, 3)]
    t.strictSame(
      Array.from(to, (value) => value >>> 0),
      wanted,
      `${bits} bits`,
    )
  }
  t.end()
})

test('runs that are not there are refused', (t) => {
  const eight = () => new Int32Array(8)
  t.equal(readRuns(Buffer.of(16, 1), 0, 1, eight(), 1), true)
  t.equal(readRuns(Buffer.of(16, 0), 0, 1, eight(), 1), false)
  for (const [bytes, bits] of [
    [[18, 1], 1],
    [[16], 1],
    [[3], 1],
    [[3, 1, 2, 3], 4],
    [[2 * 100 + 1], 0],
    [[], 1],
    [[16, 1, 1, 1, 1, 1], 33],
  ] as const) {
    t.throws(() => readRuns(Buffer.from(bytes), 0, bits, eight()), RangeError, JSON.stringify([bytes, bits]))
  }
  t.end()
})
