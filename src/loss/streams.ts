import type { Spec } from './spec.ts'
import { ValidationErrors } from './validation-errors.ts'

/**
 * Refuses what is available for a single batch only, because it would hold on to single rows.
 *
 * @throws InvalidContent
 */
export function checkStreamable({ include, reduction, miniBatch }: Spec): void {
  const errors = new ValidationErrors()
  const refuse = (path: readonly (string | number)[], what: string, received: unknown) =>
    errors.add(path, `${what} is available for a single batch only`, received)
  for (const [at, name] of include.entries()) {
    if (name === 'perSample' || name === 'gradient') refuse(['include', at], name, name)
  }
  if (reduction === 'none') refuse(['reduction'], 'reduction "none"', reduction)
  if (miniBatch !== undefined) refuse(['miniBatch'], 'miniBatch', miniBatch)
  errors.throwIfAny()
}
