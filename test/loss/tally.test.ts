import { test } from 'tap'
import { ByteReader } from '../../src/loss/bytes.ts'
import { fromInteger, toDouble, zero } from '../../src/loss/numerics/dyadic.ts'
import { resolve } from '../../src/loss/resolve.ts'
import type { Options } from '../../src/loss/spec.ts'
import type { Tally } from '../../src/loss/tally.ts'
import { decisionsPerRow, emptyTally, readFirstTally } from '../../src/loss/tally.ts'
import { tallyBytes } from './support.ts'

const classes: Options = { loss: 'cross-entropy', labelFormat: 'index', ignoreIndex: -1 }

/** Two rows that count, x 1 and 3, w 1 and 2, s 1 and 2, the second right, and one ignored. */
const example: Tally = {
  terms: 2,
  outputs: 3,
  samples: 3,
  ignored: 1,
  correct: 1,
  ties: 1,
  clipped: 2,
  infinite: 0,
  weighted: 2,
  sampleWeighted: 2,
  loss: fromInteger(4),
  lossSquared: fromInteger(10),
  lossTimesWeight: fromInteger(7),
  weight: fromInteger(3),
  weightSquared: fromInteger(5),
  sampleWeight: fromInteger(3),
  sampleWeightSquared: fromInteger(5),
  correctWeight: fromInteger(2),
  correctWeightSquared: zero,
  correctSquaredWeightSquared: zero,
}

test('the bytes are the counts and the sums', async (t) => {
  t.equal(tallyBytes(example), '3,3,1,1,1,2,0,2,2,2,1,4,2,5,2,2,7,0,2,3,0,2,5,0,2,3,0,2,5,0,2,1,2,0,0')
  t.equal(tallyBytes(emptyTally), new Array(19).fill(0).join())
})

test('decisions', async (t) => {
  t.equal(decisionsPerRow(resolve(classes), 5), 1)
  t.equal(decisionsPerRow(resolve({ loss: 'hinge', labelFormat: 'binary' }), 5), 5)
  t.equal(decisionsPerRow(resolve({ loss: 'mse', labelFormat: 'values' }), 5), 0)
})

/** Bytes of a tally as version 1 wrote them: without two counts, and without the last two sums, which are 0 here. */
function firstBytes(tally: Tally): Uint8Array {
  const bytes = tallyBytes({ ...tally, correctWeightSquared: zero, correctSquaredWeightSquared: zero }).split(',')
  bytes.splice(7, 2)
  return Uint8Array.from(bytes.slice(0, -2), Number)
}

test('a tally of version 1 is read as it was meant: all rows that were not ignored have weight', async (t) => {
  const found = readFirstTally(new ByteReader(firstBytes(example)), resolve(classes))
  t.equal(tallyBytes(found), tallyBytes(example))
})

test('a row of several decisions of version 1 counts as right or wrong as a whole', async (t) => {
  const binary = resolve({ loss: 'hinge', labelFormat: 'binary' })
  // s^2 r is that of rows that are alike, 2 * 5 / 3, and r^2 is K r
  const found = readFirstTally(new ByteReader(firstBytes(example)), binary)
  t.equal(toDouble(found.correctWeightSquared), 10 / 3)
  t.equal(toDouble(found.correctSquaredWeightSquared), 3 * (10 / 3))
  t.equal(tallyBytes(readFirstTally(new ByteReader(firstBytes(emptyTally)), binary)), tallyBytes(emptyTally))
})
