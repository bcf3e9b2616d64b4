import type { Memory } from '../loss/memory.ts'
import type { Tensor } from '../loss/tensor.ts'
import { refuse } from '../loss/validation-errors.ts'
import { ScanSyntaxError, unexpectedByte, unexpectedEnd } from '../scanner/errors.ts'
import { FINISHED } from '../scanner/layout.ts'
import type { ScanLimits, ScannedDocument } from '../scanner/scanner.ts'
import { DocumentScanner } from '../scanner/scanner.ts'

const suffix = Buffer.from('}')

const [quote, comma, openArray, backslash, closeArray, openObject, closeObject] = Buffer.from('",[\\]{}')

/** A JSON document that is not an object of ours. It is read as the only member of one, which costs no more than that would. */
export class JsonValue {
  readonly #name: string
  readonly #scanner: DocumentScanner
  #position: number
  #depth = 0
  #isString = false
  #isEscaped = false

  /** @param member how it is read as the member of an object */
  constructor(limits: ScanLimits, memory: Memory, origin: number, name = '', member = name) {
    const prefix = Buffer.from(`{"${name}":`)
    this.#name = name
    this.#scanner = new DocumentScanner([member], limits, memory, 0, origin - prefix.length)
    this.#scanner.write(prefix)
    this.#position = origin
  }

  write(piece: Buffer): void {
    const end = this.#findEnd(piece)
    this.#scanner.write(end < 0 ? piece : piece.subarray(0, end))
    if (end >= 0) throw unexpectedByte(piece[end], this.#position + end, FINISHED)
    this.#position += piece.length
  }

  /** The numbers, or what keeps it from being numbers. @throws ScanSyntaxError if it is not a whole document */
  *tensor(): Generator<void, Tensor> {
    return (yield* this.document()).tensors[this.#name]
  }

  /** It as the only member of an object. @throws ScanSyntaxError if it is not a whole document */
  *document(): Generator<void, ScannedDocument> {
    try {
      this.#scanner.write(suffix)
      return yield* this.#scanner.end()
    } catch (error) {
      const isOwn = error instanceof ScanSyntaxError && error.offset >= this.#position
      throw isOwn ? unexpectedEnd(this.#position, undefined) : error
    }
  }

  *end(): Generator<void, never> {
    const { shape, shapeError } = yield* this.tensor()
    const whole = shape.length === 0 ? 'a number' : `an array of ${shape[0]}`
    const received = shapeError === undefined ? whole : shapeError.path.length > 0 ? 'an array' : shapeError.received
    return refuse([], `the body is ${received}; it must be one JSON object`, received, 'wrong-type')
  }

  discard(): void {
    this.#scanner.discard()
  }

  #findEnd(piece: Buffer): number {
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]
      if (this.#isEscaped) this.#isEscaped = false
      else if (byte === quote) this.#isString = !this.#isString
      else if (this.#isString) this.#isEscaped = byte === backslash
      else if (byte === openArray || byte === openObject) this.#depth++
      else if (this.#depth === 0 && (byte === comma || byte === closeObject)) return at
      else if (byte === closeArray || byte === closeObject) this.#depth--
    }
    return -1
  }
}
