import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { InvalidContent, shortened, ValidationErrors } from '../loss/validation-errors.ts'

type Issue = z.core.$ZodIssue

/** Validates with zod; what does not fit is reported like any other invalid content. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema }) => {
  return (data) => {
    const result = schema.safeParse(data)
    return result.success ? { value: result.data } : { error: new InvalidContent(errorsOf(result.error, data)) }
  }
}

/** @throws InvalidContent */
export function validated<Output>(schema: z.ZodType<Output>, data: unknown): Output {
  const result = schema.safeParse(data)
  if (!result.success) throw new InvalidContent(errorsOf(result.error, data))
  return result.data
}

/** The issues of zod as errors: where, what is wrong, what was received. */
export function errorsOf(error: z.ZodError, data: unknown): ValidationErrors {
  const errors = new ValidationErrors()
  for (const [at, issue] of error.issues.entries()) {
    if (!isSaidAgain(issue, error.issues[at + 1])) addIssue(issue, data, errors)
  }
  return errors
}

/** An integer that is too large is so twice: for an integer, and then for this place. */
function isSaidAgain({ code, path }: Issue, next: Issue | undefined): boolean {
  return code === next?.code && path.length === next.path.length && path.every((step, at) => step === next.path[at])
}

function addIssue(issue: Issue, data: unknown, errors: ValidationErrors): void {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys)
      errors.add([...path, key], `${quoted(key)} ${issue.message}`, valueAt(data, [...path, key]))
    return
  }
  const value = valueAt(data, path)
  const name =
    path.length === 0
      ? 'the body'
      : path.map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`)).join('')
  const found = value === undefined ? 'is missing' : `is not right: ${inWords(value)}`
  errors.add(path, `${name} ${found}; ${issue.message}`, value)
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function quoted(text: string): string {
  return JSON.stringify(shortened(text))
}

function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  let value = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}
