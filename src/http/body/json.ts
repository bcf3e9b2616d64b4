import { LimitExceeded, refuse } from '../../loss/fault.ts'
import { DocumentScanner, ScanLimitError, type ScanLimits, ScanSyntaxError } from '../../scanner/scanner.ts'
import { Problem } from '../problem.ts'
import type { BodyReader } from './reader.ts'

/** The fields of a JSON object: tensors where their names say so, anything else as JSON.parse has it. */
export type Content = Record<string, unknown>

const noNames: readonly string[] = []
const wrapped: readonly string[] = ['']
const prefix = Buffer.from('{"":')
const suffix = Buffer.from('}')

/** One JSON document in pieces. What is JSON but no object is read as the only member of one, and then refused. */
export class ContentScanner {
  readonly #tensorNames: readonly string[]
  readonly #limits: ScanLimits
  readonly #expectedBytes: number
  #scanner: DocumentScanner | undefined
  #isWrapped = false

  constructor(tensorNames: readonly string[], limits: ScanLimits, expectedBytes = 0) {
    this.#tensorNames = tensorNames
    this.#limits = limits
    this.#expectedBytes = expectedBytes
  }

  /** @throws Problem, LimitExceeded */
  write(piece: Buffer): void {
    try {
      this.#scanner ??= this.#begin(piece)
      this.#scanner.write(piece)
    } catch (error) {
      throw asAnswer(error)
    }
  }

  /** @throws Problem, LimitExceeded, InvalidContent */
  end(): Content {
    const scanner = this.#scanner ?? new DocumentScanner(noNames, this.#limits)
    try {
      if (this.#isWrapped) scanner.write(suffix)
      const { options, tensors } = scanner.end()
      if (!this.#isWrapped) return Object.assign(options, tensors)
      const { shape, shapeFault } = tensors['']
      const received = shapeFault?.received ?? (shape.length === 0 ? 'a number' : `an array of ${shape[0]}`)
      return refuse([], `the body is ${received}; one JSON object is needed`, received)
    } catch (error) {
      throw asAnswer(error)
    }
  }

  #begin(piece: Buffer): DocumentScanner {
    const first = piece.find((byte) => byte > 0x20)
    this.#isWrapped = first !== undefined && '["-0123456789tfn'.includes(String.fromCharCode(first))
    if (!this.#isWrapped) return new DocumentScanner(this.#tensorNames, this.#limits, this.#expectedBytes)
    const scanner = new DocumentScanner(wrapped, this.#limits, 0, -prefix.length)
    scanner.write(prefix)
    return scanner
  }
}

/** Reads a body of one JSON object. */
export async function readJson(
  reader: BodyReader,
  tensorNames: readonly string[],
  limits: ScanLimits,
): Promise<Content> {
  const scanner = new ContentScanner(tensorNames, limits, reader.declaredBytes)
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) scanner.write(piece)
  return scanner.end()
}

function asAnswer(error: unknown): unknown {
  if (error instanceof ScanSyntaxError) {
    return new Problem('malformed-body', `The body is no JSON: ${error.message}.`, { offset: error.offset })
  }
  if (error instanceof ScanLimitError) {
    return new LimitExceeded(error.limit, error.allowed, [], `The body exceeds ${error.limit}, ${error.allowed}.`)
  }
  return error
}
