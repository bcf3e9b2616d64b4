import fc from 'fast-check'
import { test } from 'tap'
import { ByteReader } from '../../src/loss/bytes.ts'
import { fromDouble, fromInteger, multiply, toDouble, zero } from '../../src/loss/numerics/dyadic.ts'
import { resolve } from '../../src/loss/resolve.ts'
import type { Options } from '../../src/loss/spec.ts'
import type { Tally } from '../../src/loss/tally.ts'
import { decisionsPerRow, emptyTally, merge, readFirstTally, readTally } from '../../src/loss/tally.ts'
import { invalidState, tallyBytes } from './support.ts'

const run = { seed: 2048, numRuns: 200 }
const classes: Options = { loss: 'cross-entropy', labelFormat: 'index', ignoreIndex: -1 }

/** Two rows that count, x 1 and 3, w 1 and 2, s 1 and 2, the second right, and one ignored. */
const example: Tally = {
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

function read(tally: Tally): Tally {
  return readTally(new ByteReader(Uint8Array.from(tallyBytes(tally).split(','), Number)))
}

test('the bytes are the counts and the sums', async (t) => {
  t.equal(tallyBytes(example), '3,3,1,1,1,2,0,2,2,2,1,4,2,5,2,2,7,0,2,3,0,2,5,0,2,3,0,2,5,0,2,1,2,0,0')
  t.equal(tallyBytes(emptyTally), new Array(19).fill(0).join())
})

test('bytes come back as the tally they were made from', async (t) => {
  t.equal(tallyBytes(read(example)), tallyBytes(example))
  t.equal(tallyBytes(read(emptyTally)), tallyBytes(emptyTally))
  const doubles = fc.array(
    fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ min: 0, max: 1e300, noNaN: true })),
    { minLength: 1 },
  )
  fc.assert(
    fc.property(doubles, (rows) => {
      const tally = rows.map(rowOf).reduce(merge)
      return tallyBytes(read(tally)) === tallyBytes(tally)
    }),
    run,
  )
})

/** The tally of one row of three outputs with the loss x and the weight s. */
function rowOf([x, s]: [number, number]): Tally {
  const [loss, weight] = [fromDouble(x), fromDouble(s)]
  const weightSquared = multiply(weight, weight)
  return {
    ...emptyTally,
    outputs: 3,
    samples: 1,
    correct: 1,
    weighted: s > 0 ? 1 : 0,
    sampleWeighted: s > 0 ? 1 : 0,
    loss,
    lossSquared: multiply(loss, loss),
    lossTimesWeight: multiply(loss, weight),
    weight,
    weightSquared,
    sampleWeight: weight,
    sampleWeightSquared: weightSquared,
    correctWeight: weight,
    correctWeightSquared: zero,
    correctSquaredWeightSquared: zero,
  }
}

test('a merged tally has the sums of both', async (t) => {
  const other: Tally = { ...example, samples: 7, clipped: 0, loss: fromDouble(0.5), weight: zero }
  const twice = fromInteger(10)
  t.equal(
    tallyBytes(merge(example, other)),
    tallyBytes({
      outputs: 3,
      samples: 10,
      ignored: 2,
      correct: 2,
      ties: 2,
      clipped: 2,
      infinite: 0,
      weighted: 4,
      sampleWeighted: 4,
      loss: fromDouble(4.5),
      lossSquared: fromInteger(20),
      lossTimesWeight: fromInteger(14),
      weight: fromInteger(3),
      weightSquared: twice,
      sampleWeight: fromInteger(6),
      sampleWeightSquared: twice,
      correctWeight: fromInteger(4),
      correctWeightSquared: zero,
      correctSquaredWeightSquared: zero,
    }),
  )
})

test('decisions', async (t) => {
  t.equal(decisionsPerRow(resolve(classes), 5), 1)
  t.equal(decisionsPerRow(resolve({ loss: 'hinge', labelFormat: 'binary' }), 5), 5)
  t.equal(decisionsPerRow(resolve({ loss: 'mse', labelFormat: 'values' }), 5), 0)
})

test('what is cut off is refused', async (t) => {
  t.throws(() => readTally(new ByteReader(Uint8Array.of(3, 3))), invalidState)
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
