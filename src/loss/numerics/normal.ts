import { exponential } from './elementary/elementary.ts'

/** P(|Z| >= z) of a standard normal Z for z >= 0, within 4e-13 of its value while that is a normal double. */
export function twoSidedTail(z: number): number {
  const x = z / Math.SQRT2
  return x < 2 ? 1 - errorFunction(x) : complementaryErrorFunction(x)
}

/** 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (1 3 ... (2n+1)), whose terms are all positive. */
function errorFunction(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; term > sum * 2 ** -54; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * exponential(-x * x) * sum
}

/** e^(-x^2)/sqrt(pi) over the continued fraction x + (1/2)/(x + 1/(x + (3/2)/(x + ...))), for x >= 2. */
function complementaryErrorFunction(x: number): number {
  let fraction = x
  for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction
  return exponential(-x * x) / Math.sqrt(Math.PI) / fraction
}
