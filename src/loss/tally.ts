import type { Dyadic } from './numerics/dyadic.ts'
import { add, canonical, zero } from './numerics/dyadic.ts'

/**
 * The state of an evaluation: counts and exact sums over the rows seen so far. Tallies merge in any order and in any
 * tree to the same state, because integers and binary fractions are added without rounding.
 *
 * x_i = s_i l_i is the weighted loss of a row and w_i = s_i sum_k c_k t_ik its weight in the mean, both ordinary
 * doubles; the sums are those of the doubles, exactly.
 */
export interface Tally extends Counts, Sums {}

interface Counts {
  /** K; 0 before the first row. */
  readonly outputs: number
  /** Rows received. */
  readonly samples: number
  /** Rows left out by `ignoreIndex`. */
  readonly ignored: number
  /** Right decisions: of rows by class, of outputs by threshold. */
  readonly correct: number
  readonly ties: number
  readonly clipped: number
  /** Rows whose x_i is infinite; they are in no sum. */
  readonly infinite: number
}

interface Sums {
  /** sum x_i */
  readonly loss: Dyadic
  /** sum x_i^2 */
  readonly lossSquared: Dyadic
  /** sum x_i w_i */
  readonly lossTimesWeight: Dyadic
  /** sum w_i */
  readonly weight: Dyadic
  /** sum w_i^2 */
  readonly weightSquared: Dyadic
  /** sum s_i */
  readonly sampleWeight: Dyadic
  /** sum s_i^2 */
  readonly sampleWeightSquared: Dyadic
  /** sum s_i (right decisions of row i) */
  readonly correctWeight: Dyadic
}

export const emptyTally: Tally = {
  outputs: 0,
  samples: 0,
  ignored: 0,
  correct: 0,
  ties: 0,
  clipped: 0,
  infinite: 0,
  loss: zero,
  lossSquared: zero,
  lossTimesWeight: zero,
  weight: zero,
  weightSquared: zero,
  sampleWeight: zero,
  sampleWeightSquared: zero,
  correctWeight: zero,
}

/** The tally of all rows of both. Commutative and associative. */
export function merge(a: Tally, b: Tally): Tally {
  return {
    outputs: Math.max(a.outputs, b.outputs),
    samples: a.samples + b.samples,
    ignored: a.ignored + b.ignored,
    correct: a.correct + b.correct,
    ties: a.ties + b.ties,
    clipped: a.clipped + b.clipped,
    infinite: a.infinite + b.infinite,
    loss: add(a.loss, b.loss),
    lossSquared: add(a.lossSquared, b.lossSquared),
    lossTimesWeight: add(a.lossTimesWeight, b.lossTimesWeight),
    weight: add(a.weight, b.weight),
    weightSquared: add(a.weightSquared, b.weightSquared),
    sampleWeight: add(a.sampleWeight, b.sampleWeight),
    sampleWeightSquared: add(a.sampleWeightSquared, b.sampleWeightSquared),
    correctWeight: add(a.correctWeight, b.correctWeight),
  }
}

const version = 1
const counts = ['outputs', 'samples', 'ignored', 'correct', 'ties', 'clipped', 'infinite'] as const
const sums = [
  'loss',
  'lossSquared',
  'lossTimesWeight',
  'weight',
  'weightSquared',
  'sampleWeight',
  'sampleWeightSquared',
  'correctWeight',
] as const

/**
 * The canonical text of a tally: a JSON array of the version, the counts, and each sum as a hexadecimal odd integer
 * times a power of two, `"1f3p-52"`, in the order of the fields of `Tally`. Equal tallies have equal texts.
 */
export function serialize(tally: Tally): string {
  return JSON.stringify([version, ...counts.map((name) => tally[name]), ...sums.map((name) => write(tally[name]))])
}

/**
 * Reads what `serialize` wrote.
 *
 * @throws Error for anything else
 */
export function deserialize(text: string): Tally {
  const parts: unknown = JSON.parse(text)
  if (!Array.isArray(parts) || parts[0] !== version || parts.length !== 1 + counts.length + sums.length) {
    throw new Error(`not a tally of version ${version}`)
  }
  const tally: Record<string, number | Dyadic> = {}
  for (const [at, name] of counts.entries()) {
    const count: unknown = parts[1 + at]
    if (!(typeof count === 'number' && Number.isSafeInteger(count) && count >= 0))
      throw new Error(`${name} is no count`)
    tally[name] = count
  }
  for (const [at, name] of sums.entries()) tally[name] = read(parts[1 + counts.length + at], name)
  if (serialize(tally as unknown as Tally) !== text) throw new Error('not in canonical form')
  return tally as unknown as Tally
}

function write(sum: Dyadic): string {
  const { mantissa, exponent } = canonical(sum)
  return `${mantissa.toString(16)}p${exponent}`
}

function read(text: unknown, name: string): Dyadic {
  const match = typeof text === 'string' ? /^(-?)([0-9a-f]+)p(-?\d{1,5})$/.exec(text) : null
  if (match === null) throw new Error(`${name} is no sum`)
  const size = BigInt(`0x${match[2]}`)
  const sum = { mantissa: match[1] === '-' ? -size : size, exponent: Number(match[3]) }
  if (write(sum) !== text) throw new Error(`${name} is not in canonical form`)
  return sum
}
