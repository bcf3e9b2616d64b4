import type { ErrorCode } from './error-codes.ts'
import type { Hint, Remedy } from './remedies/remedy.ts'

/** What was found at an invalid location: a scalar as is (shortened), anything else described in words. */
export type Received = number | string | boolean | null

/** Keys and indices that lead to a place, from the root. */
export type Path = readonly (string | number)[]

/** One thing that is wrong: where, what is wrong and what would fit, what was found there, and what mends it. */
export interface ValidationError {
  readonly path: Path
  readonly code: ErrorCode
  readonly detail: string
  readonly received: Received
  /** Changes of the request, each of which makes all of it right; they have been tried. */
  readonly remedies?: readonly Remedy[]
}

/** At most this many errors are written out; the rest is counted. */
export const maxListedErrors = 20

export class ValidationErrors {
  readonly list: ValidationError[] = []
  count = 0

  /** Whether a further error is only counted, so that its text need not be made. */
  get full(): boolean {
    return this.list.length === maxListedErrors
  }

  add(path: Path, detail: string, received: unknown, code: ErrorCode): void {
    this.count++
    if (!this.full) this.list.push({ path, code, detail, received: describe(received) })
  }

  /** Adds a hint to the first error about one of these fields, or else to the first of all. */
  hint({ sentence, remedies, about }: Hint): void {
    if (sentence === '' || this.list.length === 0) return
    const at = Math.max(
      0,
      this.list.findIndex(({ path: [field] }) => about.some((name) => name === field)),
    )
    const error = this.list[at]
    const detail = `${error.detail.replace(/[.?]?$/, (end) => end || '.')} ${sentence}`
    this.list[at] = { ...error, detail, ...(remedies.length > 0 && { remedies }) }
  }

  throwIfAny(): void {
    if (this.count > 0) throw new InvalidContent(this)
  }
}

/** What to throw for an error after which nothing further can be checked. */
export function refusal(path: Path, detail: string, received: unknown, code: ErrorCode): InvalidContent {
  const errors = new ValidationErrors()
  errors.add(path, detail, received, code)
  return new InvalidContent(errors)
}

/** Throws it. @throws InvalidContent */
export function refuse(path: Path, detail: string, received: unknown, code: ErrorCode): never {
  throw refusal(path, detail, received, code)
}

/** Thrown when content can be read but contradicts what was declared. */
export class InvalidContent extends Error {
  readonly errors: ValidationErrors

  constructor(errors: ValidationErrors) {
    super(errors.list[0]?.detail)
    this.errors = errors
  }
}

/** The JSON form of something received: at most 64 characters of a text, never an array or an object. */
export function describe(value: unknown): Received {
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'string') return shortened(value)
  return Array.isArray(value) || value instanceof Float64Array ? `an array of ${value.length}` : 'an object'
}

/** A text of the client as it is shown: at most 64 characters of it. */
export function shortened(text: string): string {
  return text.length > 64 ? `${text.slice(0, 63)}…` : text
}

/** Thrown when content is larger than the service takes or answers. */
export class LimitExceeded extends Error {
  readonly limit: string
  readonly allowed: number
  readonly path: Path

  constructor(limit: string, allowed: number, path: Path, detail: string) {
    super(detail)
    this.limit = limit
    this.allowed = allowed
    this.path = path
  }
}
