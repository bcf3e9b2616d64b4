import type { Dyadic } from '../numerics/dyadic.ts'
import { add, multiply, ratio, subtract, zero } from '../numerics/dyadic.ts'
import { exactSum } from '../numerics/exact-sum.ts'
import type { Confusion, Measure } from './label-metrics.ts'
import { quotientsOf, totalsOf } from './label-metrics.ts'

/**
 * What a figure gains per share of weight that is added: by a row with label j and decision k it is
 * constant + row[j] + column[k], and diagonal[j] if j = k. Figures do not change if all weights are scaled, so that is the
 * influence of the row. Of several binary outputs a row adds what it has of each: row[k] if it is labelled k, column[k] if it is
 * predicted k, diagonal[k] if it is both.
 */
export interface Gradient {
  readonly constant: number
  readonly row: Float64Array
  readonly column: Float64Array
  readonly diagonal: Float64Array
}

export type AverageName = 'macro' | 'micro' | 'weighted'
export const averageNames = ['macro', 'micro', 'weighted'] as const
export const agreementNames = ['balancedAccuracy', 'matthewsCorrelation', 'cohenKappa'] as const
export type AgreementName = (typeof agreementNames)[number]

interface Slopes {
  readonly value: number
  readonly row: number
  readonly column: number
  readonly diagonal: number
}

const flat: Slopes = { value: 0, row: 0, column: 0, diagonal: 0 }

export function emptyGradient(size: number): Gradient {
  const [row, column, diagonal] = [0, 1, 2].map(() => new Float64Array(size))
  return { constant: 0, row, column, diagonal }
}

/** Of one class: right / size, where a row of the class as label, decision or both adds to both; 0 / 0 is 0 and has no slope. */
export function slopesOf(name: Measure, confusion: Confusion, weight: Dyadic): Slopes {
  const { labelled, predicted, right } = confusion
  const both = add(labelled, predicted)
  const sizes = { precision: predicted, recall: labelled, f1: both, jaccard: subtract(both, right) }
  const size = sizes[name]
  if (size.mantissa === 0n) return flat
  const value = quotientsOf(confusion)[name]
  const [perUnit, down] = [1 / ratio(size, weight), -value / ratio(size, weight)]
  switch (name) {
    case 'precision':
      return { value, row: 0, column: down, diagonal: perUnit }
    case 'recall':
      return { value, row: down, column: 0, diagonal: perUnit }
    case 'f1':
      return { value, row: down, column: down, diagonal: 2 * perUnit }
    case 'jaccard':
      return { value, row: down, column: down, diagonal: perUnit - down }
  }
}

type Averages = Record<AverageName, Gradient>

/** @param classes those that are averaged over; places in the gradients are those of this list */
export function averageGradients(name: Measure, classes: readonly Confusion[], weight: Dyadic): Averages {
  const [labelled, predicted, right] = totalsOf(classes)
  const slopes = classes.map((each) => slopesOf(name, each, weight))
  const ofAll = slopesOf(name, { labelled, predicted, right }, weight)
  return {
    macro: gradientOf(slopes.map((each) => scaled(each, 1 / classes.length))),
    micro: gradientOf(slopes.map(() => ofAll)),
    weighted: weightedGradient(classes, slopes, labelled, weight),
  }
}

function weightedGradient(
  classes: readonly Confusion[],
  slopes: readonly Slopes[],
  labelled: Dyadic,
  weight: Dyadic,
): Gradient {
  if (labelled.mantissa === 0n) return emptyGradient(classes.length)
  const shares = classes.map((each) => ratio(each.labelled, labelled))
  const terms = slopes.map(({ value }, at) => value * shares[at])
  const mean = exactSumOf(terms)
  const size = ratio(labelled, weight)
  return gradientOf(
    slopes.map((each, at) => {
      const { value, row, column, diagonal } = scaled(each, shares[at])
      return { value, row: row + (each.value - mean) / size, column, diagonal }
    }),
  )
}

function exactSumOf(numbers: readonly number[]): number {
  const sum = exactSum(Float64Array.from(numbers), numbers.length)
  return ratio(sum, { mantissa: 1n, exponent: 0 })
}

function scaled({ value, row, column, diagonal }: Slopes, by: number): Slopes {
  return { value, row: row * by, column: column * by, diagonal: diagonal * by }
}

function gradientOf(slopes: readonly Slopes[]): Gradient {
  return {
    constant: 0,
    row: Float64Array.from(slopes, ({ row }) => row),
    column: Float64Array.from(slopes, ({ column }) => column),
    diagonal: Float64Array.from(slopes, ({ diagonal }) => diagonal),
  }
}

/**
 * With shares l of labels, p of decisions and r of both: the correlation is N / sqrt(A B) with N = sum r - sum l p,
 * A = 1 - sum l^2, B = 1 - sum p^2, and kappa is N / E with E = 1 - sum l p. What is 0 by convention has no slope.
 *
 * @param classes those that occur
 */
export function agreementGradients(classes: readonly Confusion[], weight: Dyadic): Record<AgreementName, Gradient> {
  const size = classes.length
  const recalls = classes.map((each) => slopesOf('recall', each, weight))
  const known = classes.filter(({ labelled }) => labelled.mantissa !== 0n).length
  const squared = multiply(weight, weight)
  let [chance, ofLabels, ofDecisions, right] = [zero, zero, zero, zero]
  for (const each of classes) {
    chance = add(chance, multiply(each.labelled, each.predicted))
    ofLabels = add(ofLabels, multiply(each.labelled, each.labelled))
    ofDecisions = add(ofDecisions, multiply(each.predicted, each.predicted))
    right = add(right, each.right)
  }
  const accuracy = ratio(right, weight)
  const beyond = ratio(subtract(multiply(weight, right), chance), squared)
  const [a, b, e] = [ofLabels, ofDecisions, chance].map((sum) => ratio(subtract(squared, sum), squared))
  const [labelled, predicted] = [
    classes.map((each) => ratio(each.labelled, weight)),
    classes.map((each) => ratio(each.predicted, weight)),
  ]
  const root = Math.sqrt(a) * Math.sqrt(b)
  const correlation = beyond / root
  const kappa = beyond / e
  return {
    balancedAccuracy: gradientOf(recalls.map((each) => scaled(each, 1 / known))),
    matthewsCorrelation:
      root === 0
        ? emptyGradient(size)
        : {
            constant: accuracy / root - correlation / a - correlation / b,
            row: Float64Array.from(classes, (_, at) => (correlation * labelled[at]) / a - predicted[at] / root),
            column: Float64Array.from(classes, (_, at) => (correlation * predicted[at]) / b - labelled[at] / root),
            diagonal: new Float64Array(size).fill(1 / root),
          },
    cohenKappa:
      e === 0
        ? emptyGradient(size)
        : {
            constant: (accuracy - 2 * kappa) / e,
            row: Float64Array.from(predicted, (share) => ((kappa - 1) * share) / e),
            column: Float64Array.from(labelled, (share) => ((kappa - 1) * share) / e),
            diagonal: new Float64Array(size).fill(1 / e),
          },
  }
}

/** Of a row with label j and decision k, places in the list of classes. */
export function influenceAt({ constant, row, column, diagonal }: Gradient, j: number, k: number): number {
  const sum = row[j] + column[k] + (j === k ? diagonal[j] : 0)
  return constant + sum
}
