import { GroupColumns } from '../loss/groups/columns.ts'
import type { Memory } from '../loss/memory.ts'
import type { Tensor } from '../loss/tensor.ts'
import { isTensor } from '../loss/tensor.ts'
import { ValueList } from '../loss/value-list.ts'
import type { BodyLocation } from './errors.ts'

/** Fields of a body: a tensor where the name says so, else the value as JSON.parse has it. */
export type Fields = Record<string, unknown>

const largeBytes = 2 ** 22

export function freeTensors(fields: Fields, memory: Memory): void {
  for (const name in fields) {
    const value = fields[name]
    if (isTensor(value)) freeTensor(value, memory)
    else if (value instanceof GroupColumns) value.free(memory)
    else if (value instanceof ValueList) value.free()
  }
}

function freeTensor({ data, names }: Tensor, memory: Memory): void {
  memory.free(data.buffer)
  if (names !== undefined) memory.release(names.reserved)
}

/** Gives back that of large tensors step by step: the system takes some 10 ms to take back 100 MB. */
export function* freeLargeTensors(fields: Fields, memory: Memory): Generator<void, void> {
  for (const value of Object.values(fields)) {
    if (!isTensor(value) || value.data.byteLength < largeBytes) continue
    yield
    memory.free(value.data.buffer)
  }
}

export interface ParsedBatch {
  readonly fields: Fields
  readonly location: BodyLocation
}

/** Lines that were read together, as one batch. */
export interface GroupedBatch extends ParsedBatch {
  /** Whether each is one sample whose predictions are a plain list, which is so only where outputs are classes. */
  readonly isOfSingles: boolean
}

/** What an inference request says of its answer; not validated. */
export interface AskedAnswer {
  readonly id?: unknown
  readonly outputs?: unknown
  readonly binaryOutput?: unknown
}

/** What every decoder makes of a body: the options, and one batch, or batches as they come. */
export type ParsedBody = SingleBatch | BatchStream

interface OptionSource {
  readonly options: Fields
  /** The options as JSON, where the body has them as one text that says all of them. */
  readonly text?: string | undefined
}

/** Adds lines that were read together, all or none. */
export type TryAll = (group: GroupedBatch) => Promise<boolean>

export interface BatchStream extends OptionSource {
  readonly location: BodyLocation
  /** The batches, once, without those that `tryAll` has added. */
  readonly batches: (tryAll?: TryAll) => AsyncIterable<ParsedBatch>
  readonly only?: undefined
  readonly dropped?: undefined
}

/** A body of one batch, whose errors are reported with those of the options. */
export class SingleBatch implements OptionSource, ParsedBatch {
  readonly #source: OptionSource
  readonly batches = undefined
  readonly only: Fields
  readonly location: BodyLocation
  readonly asked: AskedAnswer | undefined
  /** Rows of a table that were left out, if that was asked for. */
  readonly dropped: number | undefined

  constructor(source: OptionSource, only: Fields, location: BodyLocation = {}, asked?: AskedAnswer, dropped?: number) {
    this.#source = source
    this.only = only
    this.location = location
    this.asked = asked
    this.dropped = dropped
  }

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

export function singleBatch(
  options: Fields,
  batch: Fields,
  location: BodyLocation = {},
  asked?: AskedAnswer,
  dropped?: number,
): SingleBatch {
  return new SingleBatch({ options }, batch, location, asked, dropped)
}
