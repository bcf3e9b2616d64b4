import type { Path } from '../loss/validation-errors.ts'
import { InvalidContent, LimitExceeded } from '../loss/validation-errors.ts'

/** Thrown when a body cannot be read, or not now. */
export abstract class BodyError extends Error {
  constructor(detail: string) {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(detail)
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The body is not what its headers say. */
export class MalformedBody extends BodyError {
  /** Where in the body, in bytes, if that is known. */
  readonly offset: number | undefined
  /** What is there instead, in a stable word, if it looks like something. */
  readonly looksLike: string | undefined

  constructor(detail: string, offset?: number, looksLike?: string) {
    super(detail)
    this.offset = offset
    this.looksLike = looksLike
  }
}

/** The body has a Content-Encoding that is not one of these. */
export class UnsupportedEncoding extends BodyError {
  readonly accepted: readonly string[]

  constructor(accepted: readonly string[]) {
    super(`Content-Encoding must be one of ${accepted.join(', ')}, or absent.`)
    this.accepted = accepted
  }
}

export class IncompleteBody extends BodyError {}

export class BodyTooSlow extends BodyError {}

export class MalformedDigest extends BodyError {}

/** The body does not have the digest that its header says. */
export class DigestMismatch extends BodyError {}

export class Overloaded extends BodyError {
  readonly limit = 'maxInFlightBytes'
}

/** Whether an error says what is wrong with what was sent, not with the service. */
export function isAboutContent(error: unknown): error is Error {
  return (
    error instanceof InvalidContent ||
    error instanceof MalformedBody ||
    (error instanceof LimitExceeded && error.limit !== 'maxComputeMs')
  )
}

/** The part of a body that an error is about. */
export interface BodyLocation {
  readonly line?: number
  /** The path in the body of what the field names say; the same path where this is left out. */
  readonly locate?: (path: Path) => Path
}

export class LocatedError extends Error {
  readonly location: BodyLocation
  override readonly cause: Error

  constructor(location: BodyLocation, cause: Error) {
    super(cause.message)
    this.location = location
    this.cause = cause
  }
}

/** The error with its location, where that says more than the error itself. */
export function locatedError(location: BodyLocation, error: unknown): unknown {
  const says = location.line !== undefined || location.locate !== undefined
  return says && error instanceof Error && !(error instanceof LocatedError) ? new LocatedError(location, error) : error
}

export function withLocation<Result>(location: BodyLocation, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw locatedError(location, error)
  }
}
