import type { Memory } from '../../loss/memory.ts'
import { isTensor } from '../../loss/tensor.ts'
import type { Path } from '../../loss/validation-errors.ts'

/** Fields of a body: a tensor where the name says so, else the value as JSON.parse has it. */
export type Fields = Record<string, unknown>

/** Gives back the memory of the tensors among the fields. */
export function freeTensors(fields: Fields, memory: Memory): void {
  for (const value of Object.values(fields)) if (isTensor(value)) memory.free(value.data.buffer)
}

/** Where a part of a body stands, for errors. */
export interface BodyPlace {
  /** Of an NDJSON body the line, from 1. */
  readonly line?: number
  /** The path in the body of what the field names say; the same path where this is left out. */
  readonly locate?: (path: Path) => Path
}

/** The numbers of one batch, not yet validated. */
export interface ParsedBatch {
  readonly fields: Fields
  readonly place: BodyPlace
}

/** What an inference request says of its answer; not validated, as only who answers so looks at it. */
export interface AskedAnswer {
  readonly id?: unknown
  readonly outputs?: unknown
  /** Whether outputs are bytes unless they say otherwise. */
  readonly binaryOutput?: unknown
}

/** What every decoder makes of a body: the options, and the batches as they come. */
export interface ParsedBody {
  readonly options: Fields
  readonly place: BodyPlace
  readonly batches: AsyncIterable<ParsedBatch>
  /** The fields of the only batch of a body that is not a stream, so that its errors are reported with those of the options. */
  readonly only: Fields | undefined
  /** Of an inference request. */
  readonly asked?: AskedAnswer
}

/** A body that is not a stream. */
export interface SingleBody extends ParsedBody {
  readonly only: Fields
}

/** A body that is a stream of one batch. */
export function singleBatch(options: Fields, batch: Fields, place: BodyPlace = {}): SingleBody {
  return { options, place, batches: once({ fields: batch, place }), only: batch }
}

async function* once(batch: ParsedBatch): AsyncGenerator<ParsedBatch, void> {
  yield batch
}

/** An error in a part of a body. */
export class PlacedError extends Error {
  readonly place: BodyPlace
  override readonly cause: Error

  constructor(place: BodyPlace, cause: Error) {
    super(cause.message)
    this.place = place
    this.cause = cause
  }
}

/** The error with the place it belongs to, where that says more than the error itself. */
export function placedError(place: BodyPlace, error: unknown): unknown {
  const says = place.line !== undefined || place.locate !== undefined
  return says && error instanceof Error && !(error instanceof PlacedError) ? new PlacedError(place, error) : error
}

/**
 * Does work on a part of a body; an error names the part.
 *
 * @throws PlacedError
 */
export function placed<Result>(place: BodyPlace, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw placedError(place, error)
  }
}
