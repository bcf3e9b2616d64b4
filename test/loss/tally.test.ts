import fc from 'fast-check'
import { test } from 'tap'
import type { Dyadic } from '../../src/loss/numerics/dyadic.ts'
import type { Tally } from '../../src/loss/tally.ts'
import { deserialize, emptyTally, merge, serialize } from '../../src/loss/tally.ts'

const run = { seed: 2048, numRuns: 200 }
const count = fc.nat({ max: 1e6 })
const sum: fc.Arbitrary<Dyadic> = fc.record({
  mantissa: fc.bigInt(-(2n ** 120n), 2n ** 120n),
  exponent: fc.integer({ min: -2148, max: 2000 }),
})
const anyTally: fc.Arbitrary<Tally> = fc.record({
  outputs: fc.constant(3),
  samples: count,
  ignored: count,
  correct: count,
  ties: count,
  clipped: count,
  infinite: count,
  loss: sum,
  lossSquared: sum,
  lossTimesWeight: sum,
  weight: sum,
  weightSquared: sum,
  sampleWeight: sum,
  sampleWeightSquared: sum,
  correctWeight: sum,
})

const example: Tally = {
  outputs: 3,
  samples: 10,
  ignored: 1,
  correct: 4,
  ties: 2,
  clipped: 5,
  infinite: 0,
  loss: { mantissa: 31n, exponent: -4 },
  lossSquared: { mantissa: -6n, exponent: 0 },
  lossTimesWeight: { mantissa: 0n, exponent: -1074 },
  weight: { mantissa: 9n, exponent: 0 },
  weightSquared: { mantissa: 9n, exponent: 0 },
  sampleWeight: { mantissa: 9n, exponent: 0 },
  sampleWeightSquared: { mantissa: 256n, exponent: -8 },
  correctWeight: { mantissa: 4n, exponent: 0 },
}
const text = '[1,3,10,1,4,2,5,0,"1fp-4","-3p1","0p0","9p0","9p0","9p0","1p0","1p2"]'

test('the text is the version, the counts, and odd integers times powers of two', async (t) => {
  t.equal(serialize(example), text)
  t.equal(serialize(emptyTally), '[1,0,0,0,0,0,0,0,"0p0","0p0","0p0","0p0","0p0","0p0","0p0","0p0"]')
})

test('a text comes back as the tally it was made from', async () => {
  fc.assert(
    fc.property(anyTally, (tally) => {
      const read = deserialize(serialize(tally))
      const isSame = (Object.keys(tally) as (keyof Tally)[]).every((name) => {
        const a = tally[name]
        const b = read[name]
        if (typeof a === 'number' || typeof b === 'number') return a === b
        // equal as fractions, by bringing both to the least exponent of all
        return a.mantissa << BigInt(a.exponent + 2148) === b.mantissa << BigInt(b.exponent + 2148)
      })
      return isSame && serialize(read) === serialize(tally)
    }),
    run,
  )
})

test('equal tallies have equal texts, however their sums are written', async () => {
  fc.assert(
    fc.property(anyTally, fc.nat({ max: 200 }), (tally, shift) => {
      const rewrite = ({ mantissa, exponent }: Dyadic) => ({
        mantissa: mantissa << BigInt(shift),
        exponent: exponent - shift,
      })
      return serialize({ ...tally, loss: rewrite(tally.loss), weight: rewrite(tally.weight) }) === serialize(tally)
    }),
    run,
  )
})

test('merging is commutative and associative, and the empty tally changes nothing', async () => {
  fc.assert(
    fc.property(anyTally, anyTally, anyTally, (a, b, c) => {
      const left = serialize(merge(merge(a, b), c))
      const right = serialize(merge(a, merge(b, c)))
      const isNeutral =
        serialize(merge(a, emptyTally)) === serialize(a) && serialize(merge(emptyTally, a)) === serialize(a)
      return left === right && serialize(merge(a, b)) === serialize(merge(b, a)) && isNeutral
    }),
    run,
  )
})

test('a merged tally has the sums of both', async (t) => {
  const other = {
    ...example,
    samples: 7,
    clipped: 0,
    loss: { mantissa: 1n, exponent: -4 },
    weight: { mantissa: 1n, exponent: -1 },
  }
  t.equal(
    serialize(merge(example, other)),
    // 31/16 + 1/16 = 2, -6 - 6 = -3 * 2^2, 9 + 1/2 = 19/2, 9 + 9 = 9 * 2, 1 + 1, 4 + 4
    '[1,3,17,2,8,4,5,0,"1p1","-3p2","0p0","13p-1","9p1","9p1","1p1","1p3"]',
  )
})

test('anything but a canonical text is refused', async (t) => {
  const parts = JSON.parse(text) as unknown[]
  const altered = (at: number, value: unknown) => JSON.stringify(parts.with(at, value))
  const cases: [name: string, text: string][] = [
    ['nothing', ''],
    ['no JSON', '[1,3'],
    ['null', 'null'],
    ['a number', '1'],
    ['an object', '{}'],
    ['an object with a length', '{"0":1,"length":16}'],
    ['an empty array', '[]'],
    ['another version', altered(0, 2)],
    ['a version in a string', altered(0, '1')],
    ['a part too few', JSON.stringify(parts.slice(0, -1))],
    ['a part too many', JSON.stringify([...parts, '0p0'])],
    ['a negative count', altered(2, -1)],
    ['a count with a fraction', altered(2, 1.5)],
    ['a count beyond 2^53', altered(2, 2 ** 53)],
    ['a count in a string', altered(2, '10')],
    ['no count', altered(2, null)],
    ['a number for a sum', altered(8, 31)],
    ['no sum', altered(8, null)],
    ['an empty sum', altered(8, '')],
    ['an even mantissa', altered(8, '2p0')],
    ['a zero with an exponent', altered(8, '0p1')],
    ['a negative zero', altered(8, '-0p0')],
    ['a leading zero', altered(8, '01p0')],
    ['a leading zero in the exponent', altered(8, '1p01')],
    ['a negative zero as exponent', altered(8, '1p-0')],
    ['a plus', altered(8, '+1p0')],
    ['capitals', altered(8, '1Fp0')],
    ['no exponent', altered(8, '1p')],
    ['no mantissa', altered(8, 'p0')],
    ['an exponent out of all reason', altered(8, '1p999999')],
    ['white space in a sum', altered(8, ' 1p0')],
    ['a line after a sum', altered(8, '1p0\n')],
    ['white space', text.replace(',', ', ')],
    ['a count written otherwise', text.replace(',10,', ',1e1,')],
    ['a negative zero as count', text.replace(',0,', ',-0,')],
  ]
  for (const [name, malformed] of cases) t.throws(() => deserialize(malformed), Error, name)
  t.equal(serialize(deserialize(text)), text, 'and the text they were made from is read')
})
