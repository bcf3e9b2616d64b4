import type { Memory } from '../loss/memory.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import type { ScanLimits, ScannedDocument } from '../scanner/scanner.ts'
import { DocumentScanner, ScanLimitError, ScanSyntaxError } from '../scanner/scanner.ts'
import { MalformedBody } from './errors.ts'
import { JsonValue } from './json-value.ts'

const beginsOther: ReadonlySet<number> = new Set(Buffer.from('["-0123456789tfn'))

/** One JSON document of a body, in pieces. What is JSON but not an object is refused once it has been read. */
export class JsonDocument {
  readonly #tensorNames: readonly string[]
  readonly #limits: ScanLimits
  readonly #memory: Memory
  readonly #declaredBytes: number
  #scanner: DocumentScanner | JsonValue | undefined
  #blanks: number

  constructor(tensorNames: readonly string[], limits: ScanLimits, memory: Memory, declaredBytes = 0, blanks = 0) {
    this.#tensorNames = tensorNames
    this.#limits = limits
    this.#memory = memory
    this.#declaredBytes = declaredBytes
    this.#blanks = blanks
  }

  write(piece: Buffer): void {
    try {
      const begin = this.#scanner === undefined ? indexOfNonSpace(piece) : 0
      if (begin < 0) this.#blanks += piece.length
      else this.#scannerFrom(piece[begin]).write(piece)
    } catch (error) {
      throw asBodyError(error)
    }
  }

  async writeAll(reader: { next(): Promise<Buffer | undefined> }): Promise<void> {
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) this.write(piece)
  }

  *end(): Generator<void, ScannedDocument> {
    try {
      return yield* this.#scannerFrom().end()
    } catch (error) {
      throw asBodyError(error)
    }
  }

  discard(): void {
    this.#scanner?.discard()
  }

  #scannerFrom(firstByte = 0): DocumentScanner | JsonValue {
    this.#scanner ??= beginsOther.has(firstByte)
      ? new JsonValue(this.#limits, this.#memory, this.#blanks)
      : new DocumentScanner(this.#tensorNames, this.#limits, this.#memory, this.#declaredBytes, this.#blanks)
    return this.#scanner
  }
}

/** The index of the first byte that is not white space of JSON, or -1. */
export function indexOfNonSpace(bytes: Buffer): number {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
  }
  return -1
}

function asBodyError(error: unknown): unknown {
  if (error instanceof ScanSyntaxError) {
    return new MalformedBody(`The body is not valid JSON: ${error.message}.`, error.offset)
  }
  if (error instanceof ScanLimitError) {
    return new LimitExceeded(error.limit, error.allowed, [], `The body exceeds ${error.limit}, ${error.allowed}.`)
  }
  return error
}
