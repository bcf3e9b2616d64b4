import type { Dyadic } from './dyadic.ts'
import { add, multiply, zero } from './dyadic.ts'

const termsPerStep = 1024

/**
 * sum c_f c_g m_fg over all f and g, exactly, in steps: of the numbers x_i = sum c_f u_if of rows it is the sum of their squares, if
 * m_fg = sum u_if u_ig. @param moment m_fg for f <= g
 */
export function* quadraticForm(
  coefficients: readonly Dyadic[],
  moment: (f: number, g: number) => Dyadic,
): Generator<void, Dyadic> {
  let sum = zero
  let left = termsPerStep
  for (const [f, coefficient] of coefficients.entries()) {
    if (coefficient.mantissa === 0n) continue
    let inner = zero
    for (let g = f + 1; g < coefficients.length; g++) inner = add(inner, multiply(coefficients[g], moment(f, g)))
    inner = add(add(inner, inner), multiply(coefficient, moment(f, f)))
    sum = add(sum, multiply(coefficient, inner))
    left -= coefficients.length - f
    if (left > 0) continue
    left = termsPerStep
    yield
  }
  return sum
}
