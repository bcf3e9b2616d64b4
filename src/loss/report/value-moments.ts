import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, zero } from '../numerics/dyadic.ts'
import { exactSum, exactSumOfProducts } from '../numerics/exact-sum.ts'
import { productsOf } from '../numerics/triple-sum.ts'
import type { Groups } from './groups.ts'
import { totalsAt } from './groups.ts'
import { mostAveraged, pairOf } from './label-moments.ts'

/** What is summed of an output: t, t^2, e and e^2 with e = y - t. */
export const valueTerms = 4

/**
 * Of each output 18 sums in `own`: sum s u of each term u, sum s^2 u, and sum s^2 u v of each two. Of each two outputs 16 sums
 * s^2 u v in `pairs`. Of whole rows, in `rows`, with q = sum e^2 and d = sum e over the outputs: sum s q, s d, s^2 q, s^2 d, s^2 q^2,
 * s^2 d^2, and how many numbers were out of range.
 */
export interface ValueMoments {
  readonly own: Groups
  readonly pairs: Groups
  readonly rows: Groups
}

export const ownValueSums = 18
export const pairValueSums = 16
export const [rowCounts, rowSums] = [1, 6]

/** A number of each row as doubles that add up to it, to twice the precision of one. */
type Term = readonly Float64Array[]

export function* foldValueMoments(
  { own, pairs, rows: ofRows }: ValueMoments,
  { rows, sampleWeights }: Slice,
): Generator<void, void> {
  const { count, outputs, predictions, targets } = rows
  let outside = 0
  const weighted = (term: Term): Term => {
    if (sampleWeights === undefined) return term
    const [main, rest] = term
    const products = productsOf(sampleWeights, main, count)
    outside += products.outside
    if (rest !== undefined) for (let i = 0; i < count; i++) products.low[i] += sampleWeights[i] * rest[i]
    return withoutZeros(products.high, products.low)
  }
  const square = (values: Float64Array): Term => {
    const products = productsOf(values, values, count)
    outside += products.outside
    return withoutZeros(products.high, products.low)
  }
  const sumOf = (term: Term) => term.reduce((sum, part) => add(sum, exactSum(part, count)), zero)
  const timesWeight = (term: Term) =>
    sampleWeights === undefined
      ? sumOf(term)
      : term.reduce((sum, part) => add(sum, exactSumOfProducts(sampleWeights, part, count)), zero)
  const product = (one: Term, other: Term) => {
    let sum = zero
    for (const a of one) for (const b of other) sum = add(sum, exactSumOfProducts(a, b, count))
    return sum
  }
  const [squares, errors] = [new Float64Array(count), new Float64Array(count)]
  const known: Term[][] = []
  for (let k = 0; k < outputs; k++) {
    const [t, e] = [new Float64Array(count), new Float64Array(count)]
    for (let i = 0, at = k; i < count; i++, at += outputs) {
      // a row without weight changes nothing
      if (sampleWeights !== undefined && sampleWeights[i] === 0) continue
      t[i] = targets[at]
      e[i] = predictions[at] - targets[at]
      if (!Number.isFinite(e[i])) {
        e[i] = 0
        outside++
      }
      squares[i] += e[i] * e[i]
      errors[i] += e[i]
    }
    const terms = [[t], square(t), [e], square(e)].map(weighted)
    const sums = [...terms.map(sumOf), ...terms.map(timesWeight)]
    for (const [at, term] of terms.entries())
      for (let of = at; of < valueTerms; of++) sums.push(product(term, terms[of]))
    addTo(own, k, sums)
    yield
    if (outputs > mostAveraged) continue
    for (const [other, others] of known.entries()) {
      addTo(
        pairs,
        pairOf(other, k),
        others.flatMap((one) => terms.map((term) => product(one, term))),
      )
      yield
    }
    known.push(terms)
  }
  for (const sums of [squares, errors]) {
    for (let i = 0; i < count; i++) {
      if (Number.isFinite(sums[i])) continue
      sums[i] = 0
      outside++
    }
  }
  const [q, d] = [weighted([squares]), weighted([errors])]
  addTo(ofRows, 0, [sumOf(q), sumOf(d), timesWeight(q), timesWeight(d), product(q, q), product(d, d)], outside)
  yield
}

function withoutZeros(main: Float64Array, rest: Float64Array): Term {
  return rest.some((value) => value !== 0) ? [main, rest] : [main]
}

/** Sums that are all 0 are left out, so that equal states have equal bytes. */
function addTo(groups: Groups, group: number, added: readonly Dyadic[], outside?: number): void {
  if (!outside && added.every(({ mantissa }) => mantissa === 0n)) return
  const { counts, sums } = totalsAt(groups, group, outside === undefined ? 0 : 1, added.length)
  if (outside !== undefined) counts[0] += outside
  for (const [at, sum] of added.entries()) sums[at] = add(sums[at], sum)
}

/** Place of sum s^2 u v among the sums of an output, for u not after v. */
export function ownPlace(u: number, v: number): number {
  return 2 * valueTerms + u * valueTerms - (u * (u - 1)) / 2 + (v - u)
}
