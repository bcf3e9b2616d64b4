import type { Memory } from '../loss/memory.ts'
import { isTensor } from '../loss/tensor.ts'
import type { Path } from '../loss/validation-errors.ts'

/** Fields of a body: a tensor where the name says so, else the value as JSON.parse has it. */
export type Fields = Record<string, unknown>

/** A tensor whose memory is given back in a step of its own. */
const largeBytes = 2 ** 22

/** Gives back the memory of the tensors among the fields. */
export function freeTensors(fields: Fields, memory: Memory): void {
  for (const name in fields) {
    const value = fields[name]
    if (isTensor(value)) memory.free(value.data.buffer)
  }
}

/** Gives back that of large tensors step by step: the system takes some 10 ms to take back 100 MB. */
export function* freeLargeTensors(fields: Fields, memory: Memory): Generator<void, void> {
  for (const value of Object.values(fields)) {
    if (!isTensor(value) || value.data.byteLength < largeBytes) continue
    yield
    memory.free(value.data.buffer)
  }
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
  /** Of many lines that were read as one batch. */
  readonly run?: LineRun | undefined
}

/** Lines that were read together. What is wrong with one of them is found when they come one by one. */
export interface LineRun {
  /** Whether each is one sample whose predictions are a plain list, which is so only where outputs are classes. */
  readonly isOfSingles: boolean
  /** Has these lines, and all further ones, come one by one. */
  takeApart(): void
}

/** What an inference request says of its answer; not validated, as only who answers so looks at it. */
export interface AskedAnswer {
  readonly id?: unknown
  readonly outputs?: unknown
  /** Whether outputs are bytes unless they say otherwise. */
  readonly binaryOutput?: unknown
}

/** What every decoder makes of a body: the options, and one batch, or batches as they come. */
export type ParsedBody = SingleBatch | BatchStream

/** Where the options of a body come from. */
interface OptionSource {
  readonly options: Fields
  /** The options as JSON, where the body has them as one text that says all of them. */
  readonly text?: string | undefined
}

/** A body that is a stream of batches. */
export interface BatchStream extends OptionSource {
  readonly place: BodyPlace
  readonly batches: AsyncIterable<ParsedBatch>
  readonly only?: undefined
}

/** A body of one batch, whose errors are reported with those of the options. */
export class SingleBatch implements OptionSource, ParsedBatch {
  readonly #source: OptionSource
  readonly batches = undefined
  /** The fields of the batch. */
  readonly only: Fields
  readonly place: BodyPlace
  /** Of an inference request. */
  readonly asked: AskedAnswer | undefined

  constructor(source: OptionSource, only: Fields, place: BodyPlace = {}, asked?: AskedAnswer) {
    this.#source = source
    this.only = only
    this.place = place
    this.asked = asked
  }

  /** They are made when they are asked for: who knows their text need not look at them. */
  get options(): Fields {
    return this.#source.options
  }

  get text(): string | undefined {
    return this.#source.text
  }

  get fields(): Fields {
    return this.only
  }
}

/** A body that is a single batch. */
export function singleBatch(options: Fields, batch: Fields, place: BodyPlace = {}, asked?: AskedAnswer): SingleBatch {
  return new SingleBatch({ options }, batch, place, asked)
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
