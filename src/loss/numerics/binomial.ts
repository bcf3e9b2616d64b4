import { toDouble } from './dyadic.ts'
import { exponential } from './elementary/elementary.ts'

const mostExact = 1200

/**
 * The exact two-sided p-value of McNemar's test (McNemar 1947): min(1, 2 P(X <= min(b, c))), X binomial of b + c trials of
 * probability 1/2. Up to 1200 trials rounded once; beyond, within 1e-12 for p-values above 1e-300 and up to 2^26 trials.
 * @param b, c pairs that differ in one way and in the other, integers >= 0
 */
export function mcnemarPValue(b: number, c: number): number {
  if (Math.abs(b - c) <= 1) return 1
  const trials = b + c
  const fewer = Math.min(b, c)
  return Math.min(1, 2 * (trials <= mostExact ? exactTail(fewer, trials) : tail(fewer, trials)))
}

function exactTail(m: number, n: number): number {
  let coefficient = 1n
  let sum = 1n
  for (let k = 1; k <= m; k++) {
    coefficient = (coefficient * BigInt(n - k + 1)) / BigInt(k)
    sum += coefficient
  }
  return toDouble({ mantissa: sum, exponent: -n })
}

/** P(X = m) (1 + m/(n-m+1) (1 + (m-1)/(n-m+2) (1 + ...))), with P(X = m) by Loader (2000), who computes it without cancellation. */
function tail(m: number, n: number): number {
  if (m === 0) return 0
  const rest = n - m
  const from = Math.max(1, m - Math.ceil(5 * Math.sqrt(n)) - 40)
  let terms = 1
  for (let k = from; k <= m; k++) terms = 1 + terms * (k / (n - k + 1))
  const corrections = stirlingError(n) - stirlingError(m) - stirlingError(rest)
  return terms * exponential(corrections - devianceOf(m, n)) * Math.sqrt(n / (2 * Math.PI * m * rest))
}

/**
 * m ln(2m/n) + (n-m) ln(2(n-m)/n), which with e = (n-2m)/n is n e^2 / 2 times the sum of e^(2j-2) / (j (2j-1)). For e near
 * 1 the series is cut where P(X = m) is 0.
 */
function devianceOf(m: number, n: number): number {
  const apart = (n - 2 * m) / n
  const squared = apart * apart
  let sum = 0
  let power = 1
  for (let j = 1; power > 1e-17 && j <= 1000; j++, power *= squared) sum += power / (j * (2 * j - 1))
  return (((n - 2 * m) * (n - 2 * m)) / (2 * n)) * sum
}

/** ln n! less Stirling's formula, ln sqrt(2 pi n) + n ln n - n, to all digits for n >= 16. */
function stirlingError(n: number): number {
  const squared = n * n
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / squared) / squared) / squared) / squared) / n
}
