import type { Memory } from '../loss/memory.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import type { ScanLimits, ScannedDocument } from '../scanner/scanner.ts'
import { DocumentScanner, ScanLimitError, ScanSyntaxError } from '../scanner/scanner.ts'
import { MalformedBody } from './errors.ts'
import { JsonValue } from './json-value.ts'
import { looksLike } from './looks-like.ts'
import { Places } from './places.ts'

const beginsOther: ReadonlySet<number> = new Set(Buffer.from('["-0123456789tfn'))

/** One JSON document of a body, in pieces. What is JSON but not an object is refused once it has been read. */
export class JsonDocument {
  readonly #tensorNames: readonly string[]
  readonly #limits: ScanLimits
  readonly #memory: Memory
  readonly #declaredBytes: number
  readonly #what: 'body' | 'line'
  /** The last piece, where it was written as such. */
  #last: Buffer | undefined
  #scanner: DocumentScanner | JsonValue | undefined
  #blanks: number
  /** Made where there are several pieces, or something is wrong. */
  #places: Places | undefined
  readonly #offset: number

  /** @param place what the document is, for errors: a body, or a line of one, with the bytes of space before it */
  constructor(
    tensorNames: readonly string[],
    limits: ScanLimits,
    memory: Memory,
    declaredBytes = 0,
    { what = 'body', blanks = 0 }: { readonly what?: 'body' | 'line'; readonly blanks?: number } = {},
  ) {
    this.#tensorNames = tensorNames
    this.#limits = limits
    this.#memory = memory
    this.#declaredBytes = declaredBytes
    this.#blanks = blanks
    this.#what = what
    this.#offset = blanks
  }

  /** @param isLast whether no more pieces come, and its bytes stay as they are until the document has ended */
  write(piece: Buffer, isLast = false): void {
    try {
      const begin = this.#scanner === undefined ? indexOfNonSpace(piece) : 0
      if (begin < 0) this.#blanks += piece.length
      else this.#scannerFrom(piece[begin]).write(piece)
    } catch (error) {
      throw this.#asBodyError(error, piece)
    }
    if (isLast) this.#last = piece
    else this.#placesFrom().pass(piece)
  }

  async writeAll(reader: { next(): Promise<Buffer | undefined> }): Promise<void> {
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) this.write(piece)
  }

  *end(): Generator<void, ScannedDocument> {
    try {
      return yield* this.#scannerFrom().end()
    } catch (error) {
      throw this.#asBodyError(error, this.#last)
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

  #placesFrom(): Places {
    this.#places ??= new Places(this.#what, this.#offset)
    return this.#places
  }

  #asBodyError(error: unknown, piece: Buffer | undefined): unknown {
    if (error instanceof ScanSyntaxError) {
      const places = this.#placesFrom()
      const look = looksLike(places.around(error.offset, piece))
      const said = error.at(places.inWords(error.offset, piece))
      const text = `The ${this.#what} is not valid JSON: ${said}.`
      return new MalformedBody(look === undefined ? text : `${text} ${look.sentence}`, error.offset, look?.name)
    }
    if (error instanceof ScanLimitError) {
      const { limit, allowed } = error
      const hint = limit === 'maxOptionBytes' ? ' Long arrays belong in predictions and labels.' : ''
      return new LimitExceeded(limit, allowed, [], `The body exceeds ${limit}, ${allowed}.${hint}`)
    }
    return error
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
