import { Problem } from '../http/problem.ts'
import type { RequestContext } from '../http/request-context.ts'
import { batchTensors } from '../loss/batch.ts'
import type { Memory } from '../loss/memory.ts'
import { weightOptions } from '../loss/options.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import type { ScannedDocument } from '../scanner/scanner.ts'
import { DocumentScanner, ScanLimitError, type ScanLimits, ScanSyntaxError } from '../scanner/scanner.ts'
import { BareValue } from './bare-value.ts'
import type { Fields, ParsedBody } from './parsed-body.ts'
import { SingleBatch, singleBatch } from './parsed-body.ts'
import type { BodyReader } from './reader.ts'

/** The members that are read as tensors. */
const jsonTensors: readonly string[] = [...batchTensors, ...weightOptions]

const beginsOther: ReadonlySet<number> = new Set(Buffer.from('["-0123456789tfn'))

/** One JSON document in pieces. What is JSON but not an object is refused once it has been read. */
export class JsonScanner {
  readonly #tensorNames: readonly string[]
  readonly #limits: ScanLimits
  readonly #memory: Memory
  readonly #declaredBytes: number
  #scanner: DocumentScanner | BareValue | undefined
  /** Bytes of space before the document. */
  #blanks: number

  /**
   * @param memory where the numbers are kept
   * @param declaredBytes what the document will take, as its sender says; 0 when it is not said
   * @param blanks bytes of space before the document that are not written
   */
  constructor(tensorNames: readonly string[], limits: ScanLimits, memory: Memory, declaredBytes = 0, blanks = 0) {
    this.#tensorNames = tensorNames
    this.#limits = limits
    this.#memory = memory
    this.#declaredBytes = declaredBytes
    this.#blanks = blanks
  }

  /** @throws Problem, LimitExceeded */
  write(piece: Buffer): void {
    try {
      const begin = this.#scanner === undefined ? indexOfNonSpace(piece) : 0
      if (begin < 0) this.#blanks += piece.length
      else this.#scannerFrom(piece[begin]).write(piece)
    } catch (error) {
      throw asAnswer(error)
    }
  }

  /** @throws Problem, LimitExceeded, InvalidContent */
  *end(): Generator<void, ScannedDocument> {
    try {
      return yield* this.#scannerFrom().end()
    } catch (error) {
      throw asAnswer(error)
    }
  }

  /**
   * The same at once, where that takes no steps; else undefined.
   *
   * @throws Problem, LimitExceeded
   */
  endAtOnce(): ScannedDocument | undefined {
    try {
      return this.#scanner instanceof DocumentScanner ? this.#scanner.endAtOnce() : undefined
    } catch (error) {
      throw asAnswer(error)
    }
  }

  /** Gives back the memory of a document that is of no use any more. */
  discard(): void {
    this.#scanner?.discard()
  }

  #scannerFrom(firstByte = 0): DocumentScanner | BareValue {
    this.#scanner ??= beginsOther.has(firstByte)
      ? new BareValue(this.#limits, this.#memory, this.#blanks)
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

/** Reads `application/json`: one object with the options and the tensors of one batch. */
export async function readJson(reader: BodyReader, work: RequestContext, limits: ScanLimits): Promise<ParsedBody> {
  return jsonBody(await scanJson(reader, work, limits, jsonTensors))
}

/** The only document of a body. */
export async function scanJson(
  reader: BodyReader,
  { task, memory }: RequestContext,
  limits: ScanLimits,
  tensorNames: readonly string[],
): Promise<ScannedDocument> {
  const scanner = new JsonScanner(tensorNames, limits, memory, reader.declaredBytes)
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) scanner.write(piece)
  return task.run(scanner.end())
}

/** The same of a body that has come as a whole, step by step. */
export function* readWholeJson(body: Buffer, memory: Memory, limits: ScanLimits): Generator<void, ParsedBody> {
  const scanner = scannedWhole(body, memory, limits, jsonTensors)
  return jsonBody(scanner.endAtOnce() ?? (yield* scanner.end()))
}

/** Reads a whole document; each generator that it went through would cost a small one as much as its numbers. */
export function scannedWhole(
  body: Buffer,
  memory: Memory,
  limits: ScanLimits,
  tensorNames: readonly string[],
): JsonScanner {
  memory.reserve(body.length)
  const scanner = new JsonScanner(tensorNames, limits, memory, body.length)
  scanner.write(body)
  memory.release(body.length)
  return scanner
}

/** A document with the options and the tensors of one batch as a body. */
export function jsonBody(document: ScannedDocument): SingleBatch {
  const { tensors } = document
  const weights = weightOptions.filter((name) => name in tensors)
  if (weights.length === 0) return new SingleBatch(document, tensors)
  const options: Fields = { ...document.options }
  for (const name of weights) {
    options[name] = tensors[name]
    delete tensors[name]
  }
  return singleBatch(options, tensors)
}

function asAnswer(error: unknown): unknown {
  if (error instanceof ScanSyntaxError) {
    return new Problem('malformed-body', `The body is not valid JSON: ${error.message}.`, { offset: error.offset })
  }
  if (error instanceof ScanLimitError) {
    return new LimitExceeded(error.limit, error.allowed, [], `The body exceeds ${error.limit}, ${error.allowed}.`)
  }
  return error
}
