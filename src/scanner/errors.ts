import * as layout from './layout.ts'

export interface ScanLimits {
  /** Open arrays and objects, the document included. At most 64. */
  readonly maxDepth: number
  /** Bytes between the quotation marks of a key. */
  readonly maxKeyLength: number
  /** Keys of the objects that are open at one time, each of which counts as one more. At most 1024. */
  readonly maxKeys: number
  /** Bytes of all members that are no tensor, with a comma each. */
  readonly maxOptionBytes: number
  /** Elements of one tensor. */
  readonly maxElements: number
  /** Elements of a tensor's outer array. */
  readonly maxRows: number
  /** Elements of one row. */
  readonly maxColumns: number
  /** Bytes of one number. At most 65536. */
  readonly maxNumberLength: number
}

export const LIMIT_NAMES = [
  'maxDepth',
  'maxKeyLength',
  'maxKeys',
  'maxOptionBytes',
  'maxElements',
  'maxRows',
  'maxColumns',
  'maxNumberLength',
] as const satisfies readonly (keyof ScanLimits)[]

const EXPECTED: readonly string[] = [
  "'{' was expected",
  "a key or '}' was expected",
  'a key was expected',
  "':' was expected",
  'a value was expected',
  "a value or ']' was expected",
  "',' or '}' was expected",
  "',' or ']' was expected",
  'nothing may follow the document',
  'a character of a string was expected',
  'true, false or null was expected',
  'a digit was expected',
  'an escape letter was expected',
  'a hexadecimal digit was expected',
  'a UTF-8 continuation byte was expected',
]

/** The bytes are no JSON object, or one that gives a key twice or the key `__proto__`. */
export class ScanSyntaxError extends Error {
  override readonly name = 'ScanSyntaxError'
  /** Position of the first byte that no valid document could have there; of a refused key, its quotation mark. */
  readonly offset: number
  readonly #what: string
  readonly #why: string

  constructor(what: string, offset: number, why: string) {
    super(`${what} at byte ${offset}${why}`)
    this.#what = what
    this.#why = why
    this.offset = offset
  }

  /** The message with another place than the byte, such as `in line 1, column 4`. */
  at(place: string): string {
    return `${this.#what} ${place}${this.#why}`
  }
}

/** The document may be valid, but it is larger than allowed. */
export class ScanLimitError extends Error {
  override readonly name = 'ScanLimitError'
  readonly limit: keyof ScanLimits
  readonly allowed: number

  constructor(limit: keyof ScanLimits, allowed: number) {
    super(`The document exceeds ${limit}, which is ${allowed}`)
    this.limit = limit
    this.allowed = allowed
  }
}

function nameOf(byte: number): string {
  if (byte > 0x20 && byte < 0x7f) return `token '${String.fromCharCode(byte)}'`
  return `byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

export function unexpectedByte(byte: number, offset: number, reason: number): ScanSyntaxError {
  return new ScanSyntaxError(`Unexpected ${nameOf(byte)}`, offset, `; ${EXPECTED[reason]}`)
}

export function refusedKey(offset: number, reason: number): ScanSyntaxError {
  const why = reason === layout.KEY_PROTO ? 'is __proto__, which is refused' : 'was given before in the same object'
  return new ScanSyntaxError('The key', offset, ` ${why}`)
}

/** `reason` is left out in the middle of a number, after which much could come. */
export function unexpectedEnd(offset: number, reason: number | undefined): ScanSyntaxError {
  const expected = reason === undefined ? 'the document is not complete' : EXPECTED[reason]
  return new ScanSyntaxError('Unexpected end', offset, `; ${expected}`)
}
