import type { ByteReader, ByteWriter } from './bytes.ts'
import type { Dyadic } from './numerics/dyadic.ts'
import { add, fromDouble, fromInteger, multiply, ratio, zero } from './numerics/dyadic.ts'
import type { Spec } from './spec.ts'

/**
 * Which functions terms are computed by: 1 those of the JavaScript engine, 2 those of `numerics/elementary`, whose bits are the same
 * everywhere.
 */
export type Terms = 1 | 2

/**
 * Counts and exact sums over the rows so far, which merge in any order and tree to the same. x_i = s_i l_i is the weighted
 * loss of a row and w_i = s_i sum_k c_k t_ik its weight in the mean, as doubles.
 */
export interface Tally extends Counts, Sums {
  /** 1 where terms of any row are. */
  readonly terms: Terms
}

interface Counts {
  /** K; 0 before the first row. */
  readonly outputs: number
  readonly samples: number
  /** Rows excluded by `ignoreIndex`. */
  readonly ignored: number
  /** Right decisions: of rows by class, of outputs by threshold. */
  readonly correct: number
  readonly ties: number
  readonly clipped: number
  /** Rows whose x_i is infinite; they are in no sum. */
  readonly infinite: number
  /** Rows with w_i > 0: the n of standard errors. */
  readonly weighted: number
  /** Rows with s_i > 0. */
  readonly sampleWeighted: number
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
  /** sum s_i^2 r_i, r_i the right decisions of row i; only where rows have several, else 0 */
  readonly correctWeightSquared: Dyadic
  /** sum s_i^2 r_i^2, likewise */
  readonly correctSquaredWeightSquared: Dyadic
}

export const emptyTally: Tally = {
  terms: 2,
  outputs: 0,
  samples: 0,
  ignored: 0,
  correct: 0,
  ties: 0,
  clipped: 0,
  infinite: 0,
  weighted: 0,
  sampleWeighted: 0,
  loss: zero,
  lossSquared: zero,
  lossTimesWeight: zero,
  weight: zero,
  weightSquared: zero,
  sampleWeight: zero,
  sampleWeightSquared: zero,
  correctWeight: zero,
  correctWeightSquared: zero,
  correctSquaredWeightSquared: zero,
}

/** The tally of all rows of both. Commutative and associative. */
export function merge(a: Tally, b: Tally): Tally {
  return {
    terms: a.terms === 1 ? 1 : b.terms,
    outputs: Math.max(a.outputs, b.outputs),
    samples: a.samples + b.samples,
    ignored: a.ignored + b.ignored,
    correct: a.correct + b.correct,
    ties: a.ties + b.ties,
    clipped: a.clipped + b.clipped,
    infinite: a.infinite + b.infinite,
    weighted: a.weighted + b.weighted,
    sampleWeighted: a.sampleWeighted + b.sampleWeighted,
    loss: add(a.loss, b.loss),
    lossSquared: add(a.lossSquared, b.lossSquared),
    lossTimesWeight: add(a.lossTimesWeight, b.lossTimesWeight),
    weight: add(a.weight, b.weight),
    weightSquared: add(a.weightSquared, b.weightSquared),
    sampleWeight: add(a.sampleWeight, b.sampleWeight),
    sampleWeightSquared: add(a.sampleWeightSquared, b.sampleWeightSquared),
    correctWeight: add(a.correctWeight, b.correctWeight),
    correctWeightSquared: add(a.correctWeightSquared, b.correctWeightSquared),
    correctSquaredWeightSquared: add(a.correctSquaredWeightSquared, b.correctSquaredWeightSquared),
  }
}

/** Binary decisions are made for every output, class decisions once a row, none for values. */
export function decisionsPerRow({ decision }: Spec, outputs: number): number {
  return decision === 'binary' ? outputs : decision === 'class' ? 1 : 0
}

/** Counts, then sums, in the order of the fields. */
export function writeTally(tally: Tally, writer: ByteWriter): void {
  for (const name of counts) writer.count(tally[name])
  for (const name of sums) writer.sum(tally[name])
}

/** @throws InvalidState for bytes that cannot be read */
export function readTally(reader: ByteReader): Tally {
  return readFields(reader, counts, sums)
}

/**
 * Reads a tally of version 1, which has not the last two counts and sums: all rows count as having weight, as they did, and a
 * row of several decisions as right or wrong as a whole, so that no interval is too narrow.
 *
 * @throws InvalidState
 */
export function readFirstTally(reader: ByteReader, spec: Spec): Tally {
  const tally = readFields(reader, counts.slice(0, -2), sums.slice(0, -2))
  const { outputs, samples, ignored, sampleWeight, sampleWeightSquared, correctWeight } = tally
  const rows = samples - ignored
  const known = { ...tally, weighted: rows, sampleWeighted: rows }
  const decisions = decisionsPerRow(spec, outputs)
  if (decisions < 2 || sampleWeight.mantissa === 0n) return known
  const correctWeightSquared = fromDouble(ratio(multiply(correctWeight, sampleWeightSquared), sampleWeight))
  const correctSquaredWeightSquared = multiply(correctWeightSquared, fromInteger(decisions))
  return { ...known, correctWeightSquared, correctSquaredWeightSquared }
}

function readFields(reader: ByteReader, ofCounts: readonly (keyof Counts)[], ofSums: readonly (keyof Sums)[]): Tally {
  const tally: { -readonly [Name in keyof Tally]: Tally[Name] } = { ...emptyTally }
  for (const name of ofCounts) tally[name] = reader.count()
  for (const name of ofSums) tally[name] = reader.sum()
  return tally
}

const counts = [
  'outputs',
  'samples',
  'ignored',
  'correct',
  'ties',
  'clipped',
  'infinite',
  'weighted',
  'sampleWeighted',
] as const
const sums = [
  'loss',
  'lossSquared',
  'lossTimesWeight',
  'weight',
  'weightSquared',
  'sampleWeight',
  'sampleWeightSquared',
  'correctWeight',
  'correctWeightSquared',
  'correctSquaredWeightSquared',
] as const
