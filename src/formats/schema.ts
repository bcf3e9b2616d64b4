import type { z } from 'zod'
import type { ErrorCode } from '../loss/error-codes.ts'
import { alternatives } from '../loss/option-types.ts'
import { asReceived } from '../loss/shape.ts'
import { isTensor } from '../loss/tensor.ts'
import type { Path } from '../loss/validation-errors.ts'
import { LimitExceeded, ValidationErrors } from '../loss/validation-errors.ts'
import { inWords, quoted } from '../loss/words.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Fields } from './parsed-body.ts'

type Issue = z.core.$ZodIssue
type RawIssue = Parameters<z.core.$ZodErrorMap>[0]

/** Refuses fields with so many values that to validate them, and to say what is wrong with each, would take long. */
export function checkValueCount(fields: Fields, maxOptionValues: number): void {
  let left = maxOptionValues
  const rest: unknown[] = [fields]
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    for (const inner of valuesOf(value)) {
      if (left-- === 0) {
        const detail = `The options contain more than maxOptionValues, ${maxOptionValues}, values.`
        throw new LimitExceeded('maxOptionValues', maxOptionValues, [], detail)
      }
      if (typeof inner === 'object' && inner !== null && !isTensor(inner)) rest.push(inner)
    }
  }
}

function valuesOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : Object.values(value as object)
}

export function validated<Output>(schema: z.ZodType<Output>, data: unknown): Output {
  const errors = new ValidationErrors()
  const value = parsed(schema, data, errors)
  errors.throwIfAny()
  return value as Output
}

/** The data as the schema has them; `undefined` when that reported errors: where, what is wrong, what was received. */
export function parsed<Output>(schema: z.ZodType<Output>, data: unknown, errors: ValidationErrors): Output | undefined {
  const result = schema.safeParse(data, { error: requirementOf })
  if (result.success) return result.data
  const { issues } = result.error
  for (const [at, issue] of issues.entries()) if (!isSaidAgain(issue, issues[at + 1])) addIssue(issue, data, errors)
  return undefined
}

function isSaidAgain({ code, message, path }: Issue, next: Issue | undefined): boolean {
  if (next === undefined || (code !== next.code && message !== next.message)) return false
  return path.length === next.path.length && path.every((step, at) => step === next.path[at])
}

function addIssue(issue: Issue, data: unknown, errors: ValidationErrors): void {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const value = valueAt(data, [...path, key])
      const received = isTensor(value) ? asReceived(value) : value
      errors.add([...path, key], `${quoted(key)} ${issue.message}`, received, 'unknown-field')
    }
    return
  }
  const value = valueAt(data, path)
  const hint = errors.full ? '' : didYouMean(fieldOf(path), value, wordsOf(issue))
  errors.add(path, detailOf(nameOf(path), value, issue.message) + hint, value, codeOf(issue, value))
}

/** The field of a value, or that of the list it stands in. */
function fieldOf(path: Path): string {
  return String(path.findLast((step) => typeof step === 'string') ?? '')
}

function codeOf(issue: Issue, value: unknown): ErrorCode {
  const { code } = issue
  if (value === undefined) return 'missing'
  if ('origin' in issue && issue.origin === 'array' && !Array.isArray(value)) return 'wrong-type'
  if (code === 'too_small' || code === 'too_big') return 'out-of-range'
  if (code === 'invalid_format') return 'malformed'
  return code !== 'invalid_type' && typeof value === 'string' ? 'unknown-value' : 'wrong-type'
}

function wordsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
}

function detailOf(name: string, value: unknown, message: string): string {
  const isRule = message.startsWith('must ')
  if (value === undefined) return `${name} is missing; ${isRule ? `it ${message}` : message}`
  return isRule ? `${name} ${message}; received ${inWords(value)}` : `${name} is ${inWords(value)}; ${message}`
}

function nameOf(path: readonly (string | number)[]): string {
  if (path.length === 0) return 'the body'
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`)).join('')
}

function requirementOf(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${alternatives(issue.values.map(String))}`
    case 'invalid_union':
      return Array.isArray(issue.options) ? `must be ${alternatives(issue.options.map(String))}` : fallback
    case 'too_small':
      return boundOf(issue, issue.minimum, issue.inclusive === false ? 'greater than' : 'at least')
    case 'too_big':
      return boundOf(issue, issue.maximum, issue.inclusive === false ? 'less than' : 'at most')
    case 'unrecognized_keys':
      return 'is not a recognised field'
    default:
      return fallback
  }
}

const fallback = 'must fit the schema in /openapi.json'

const kinds: Record<string, string> = {
  int: 'an integer',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  array: 'an array',
  object: 'a JSON object',
  record: 'a JSON object',
}

function boundOf({ origin }: { readonly origin: string }, bound: number | bigint, relation: string): string {
  if (origin !== 'array') return `must be ${relation} ${bound}`
  return `must have ${relation} ${bound} ${bound === 1 ? 'element' : 'elements'}`
}

function valueAt(data: unknown, path: readonly (string | number)[]): unknown {
  let value = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}
