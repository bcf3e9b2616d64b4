import { createHash } from 'node:crypto'
import type { BatchOfDoubles, Tensors } from '../../src/loss/batch.ts'
import { check, isOfDoubles, layoutOfAll } from '../../src/loss/batch.ts'
import { ByteWriter } from '../../src/loss/bytes.ts'
import type { Answer, EvaluationContext, Findings } from '../../src/loss/evaluation.ts'
import { Evaluation } from '../../src/loss/evaluation.ts'
import type { SliceOfBatch } from '../../src/loss/fold.ts'
import { computeRows, rowsOfBatch } from '../../src/loss/fold.ts'
import { ColumnBuilder } from '../../src/loss/groups/column-builder.ts'
import { GroupColumns } from '../../src/loss/groups/columns.ts'
import type { Memory } from '../../src/loss/memory.ts'
import { pack } from '../../src/loss/pack.ts'
import { NumberRows } from '../../src/loss/report/number-rows.ts'
import { resolve } from '../../src/loss/resolve.ts'
import type { Options, Spec } from '../../src/loss/spec.ts'
import type { EvaluationState } from '../../src/loss/state.ts'
import { stateSpecText } from '../../src/loss/state.ts'
import { readState, writeState } from '../../src/loss/state-codec.ts'
import type { Tally } from '../../src/loss/tally.ts'
import { writeTally } from '../../src/loss/tally.ts'
import type { ValidationError } from '../../src/loss/validation-errors.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { readWeights } from '../../src/loss/weights.ts'
import { unaccounted } from '../unaccounted.ts'

/** A request as a client writes it: the options, and the numbers as JSON. */
export interface Request extends Omit<Options, 'classWeights'> {
  readonly classWeights?: readonly number[] | undefined
  readonly predictions: unknown
  readonly labels: unknown
  readonly sampleWeights?: readonly number[] | undefined
  readonly groups?: { readonly [column: string]: readonly unknown[] } | undefined
}

/** No limit, and a random source that may not be asked. */
export const unlimited: EvaluationContext = {
  maxAnswerNumbers: Number.POSITIVE_INFINITY,
  maxMiniBatchNumbers: Number.POSITIVE_INFINITY,
  maxGroups: 1000,
  memory: unaccounted,
  uniformIntegers: () => () => {
    throw new Error('no random number is needed here')
  },
}

/** Memory that keeps account of what is held, and refuses one request. */
export class Ledger implements Memory {
  /** Bytes held now, and the most that were. */
  held = 0
  peak = 0
  /** Requests so far. */
  asked = 0
  readonly #refused: number
  readonly #buffers = new Map<ArrayBufferLike, number>()

  /** @param refused the request that is refused, from 0 */
  constructor(refused = Number.POSITIVE_INFINITY) {
    this.#refused = refused
  }

  reserve(bytes: number): void {
    if (this.asked++ === this.#refused) throw new Error('no room')
    this.held += bytes
    this.peak = Math.max(this.peak, this.held)
  }

  release(bytes: number): void {
    this.held -= bytes
  }

  canReserveAddressSpace(_bytes: number): boolean {
    return true
  }

  allocate(bytes: number, committed = bytes): ArrayBuffer {
    this.reserve(committed)
    const buffer = new ArrayBuffer(bytes)
    this.#buffers.set(buffer, committed)
    return buffer
  }

  commit(buffer: ArrayBuffer, bytes: number): void {
    const committed = (this.#buffers.get(buffer) ?? Number.NaN) + bytes
    if (!(committed <= buffer.byteLength)) throw new Error(`${committed} bytes of ${buffer.byteLength} are counted`)
    this.reserve(bytes)
    this.#buffers.set(buffer, committed)
  }

  /** What is used after it was freed has no bytes any more. */
  free(buffer: ArrayBufferLike): void {
    const committed = this.#buffers.get(buffer)
    if (committed === undefined) return
    this.release(committed)
    this.#buffers.delete(buffer)
    if (buffer instanceof ArrayBuffer) buffer.transfer(0)
  }
}

/** The steps that a computation takes. */
export function countSteps(steps: Generator<void, unknown>): number {
  let count = 0
  while (!steps.next().done) count++
  return count
}

/**
 * The bytes still held after a computation was given up, for each step that it can be given up at, in both ways there
 * are, and for each request for memory that can be refused.
 */
export function heldAfterEnds(begin: (memory: Memory) => Generator<void, unknown>): number[] {
  const given = new Error('given up')
  const ends: number[] = []
  const ended = (memory: Ledger, end: () => void) => {
    try {
      end()
    } catch (error) {
      if (error !== given && !(error instanceof Error && error.message === 'no room')) throw error
    }
    ends.push(memory.held)
  }
  const complete = new Ledger()
  const count = countSteps(begin(complete))
  for (let step = 0; step <= count; step++) {
    for (const how of ['throw', 'return'] as const) {
      const memory = new Ledger()
      const steps = begin(memory)
      for (let taken = 0; taken < step; taken++) steps.next()
      ended(memory, () => (how === 'throw' ? steps.throw(given) : steps.return(undefined)))
    }
  }
  for (let refused = 0; refused < complete.asked; refused++) {
    const memory = new Ledger(refused)
    ended(memory, () => finish(begin(memory)))
  }
  return ends
}

export function specOf({ predictions, labels, sampleWeights, classWeights, groups, ...options }: Request): Spec {
  return resolve({
    ...options,
    classWeights: classWeights && readWeights('classWeights', pack('classWeights', classWeights)),
  })
}

export function tensorsOf({ predictions, labels, sampleWeights, groups }: Request): Tensors {
  return {
    predictions: pack('predictions', predictions),
    labels: pack('labels', labels),
    sampleWeights: sampleWeights && pack('sampleWeights', sampleWeights),
    groups: groups && groupColumnsOf(groups),
  }
}

/** Columns of plain values. */
export function groupColumnsOf(groups: { readonly [column: string]: readonly unknown[] }): GroupColumns {
  const columns = Object.entries(groups).map(([name, values]) => {
    const builder = new ColumnBuilder(unaccounted)
    for (const value of values) {
      const code = builder.codeOf(value)
      if (code === undefined) builder.addWrong(value)
      else builder.add(code)
    }
    return [name, builder.column()] as const
  })
  return new GroupColumns(new Map(columns))
}

/** What is thrown for bytes that are no state. */
export const invalidState = { name: 'InvalidState' }

/** The digest that the bytes of a state begin with. */
export function digestOf(spec: Spec): Uint8Array {
  return createHash('sha256').update(stateSpecText(spec)).digest()
}

export function bytesOf(state: EvaluationState): Uint8Array {
  return finish(writeState(state, digestOf(state.spec)))
}

/** Reads the bytes of a state of a spec, whose K is not known. */
export function readBytes(bytes: Uint8Array, spec: Spec): EvaluationState {
  return finish(readState(bytes, spec, digestOf(spec)))
}

/** The state of the batches, one after the other, under the options of the first. */
export function stateOf(request: Request, ...further: readonly Request[]): EvaluationState {
  const evaluation = new Evaluation(specOf(request), unlimited)
  for (const batch of [request, ...further]) finish(evaluation.add(tensorsOf(batch)))
  return evaluation.state
}

/** The canonical bytes of a tally alone. */
export function tallyBytes(tally: Tally): string {
  const writer = new ByteWriter()
  writeTally(tally, writer)
  return Array.from(writer.bytes()).join()
}

/** Runs a generator to its end. */
export function finish<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** The answer to requests that are batches of one evaluation, which has the options of the first. */
export function evaluate(request: Request, context = unlimited, ...further: readonly Request[]): SentAnswer {
  const evaluation = new Evaluation(specOf(request), context)
  for (const batch of [request, ...further]) finish(evaluation.add(tensorsOf(batch)))
  return asSent(finish(evaluation.report()))
}

/** Findings with arrays for rows of numbers. */
type Sent<Answered> = Answered & {
  readonly losses?: (number | null)[]
  readonly perSample?: { readonly losses: (number | null)[]; readonly correct: (boolean | number | null)[] | null }
  readonly gradient?: (number | null)[] | (number | null)[][] | null
}

export type SentAnswer = Sent<Answer>

/** An answer with its rows of numbers as JSON has them. */
export function asSent<Answered extends Findings>(answer: Answered): Sent<Answered> {
  const { perSample } = answer
  return listed(perSample === undefined ? answer : { ...answer, perSample: listed(perSample) }) as Sent<Answered>
}

function listed(fields: object): object {
  const lists = Object.entries(fields).map(([name, field]) => [
    name,
    field instanceof NumberRows ? field.toJSON() : field,
  ])
  return Object.fromEntries(lists)
}

/** The request checked, as one batch. */
export function batchOf(request: Request): BatchOfDoubles {
  const spec = specOf(request)
  const tensors = tensorsOf(request)
  const batch = finish(check(spec, tensors, layoutOfAll(spec, tensors), unaccounted))
  if (isOfDoubles(batch)) return batch
  throw new Error('packed numbers are doubles')
}

/** The request as a part of an answer sees it: all of its rows in one slice. */
export function sliceOf(request: Request): SliceOfBatch {
  const batch = batchOf(request)
  return computeRows(specOf(request), rowsOfBatch(batch, unaccounted), 0, batch.samples)
}

/** The errors that a piece of work is refused for. */
export function errorsOf(work: () => unknown): readonly Omit<ValidationError, 'code'>[] {
  try {
    work()
  } catch (error) {
    // test/routes/mistakes.test.ts has the codes
    if (error instanceof InvalidContent) return error.errors.list.map(({ code: _, ...rest }) => rest)
    throw error
  }
  return []
}

/**
 * Where two values differ: numbers by more than 1e-14 of the wanted one (or `tolerance`, if that is more), everything
 * else at all. Empty when nothing does, so that a test can say `t.same(misses(got, want), [])`.
 */
export function misses(got: unknown, want: unknown, tolerance = 0, where = ''): string[] {
  if (Array.isArray(want)) {
    if (!Array.isArray(got) || got.length !== want.length) return [`${where}: ${show(got)}, not ${show(want)}`]
    return want.flatMap((value, at) => misses(got[at], value, tolerance, `${where}/${at}`))
  }
  if (typeof want === 'object' && want !== null) {
    if (typeof got !== 'object' || got === null) return [`${where}: ${show(got)}, not ${show(want)}`]
    const keys = new Set([...Object.keys(want), ...Object.keys(got)])
    return Array.from(keys).flatMap((key) =>
      misses(Reflect.get(got, key), Reflect.get(want, key), tolerance, `${where}/${key}`),
    )
  }
  if (typeof want === 'number' && typeof got === 'number') {
    if (got === want || Math.abs(got - want) <= Math.max(1e-14 * Math.abs(want), tolerance)) return []
  } else if (got === want) return []
  return [`${where}: ${show(got)}, not ${show(want)}`]
}

function show(value: unknown): string {
  return typeof value === 'number' || value === undefined ? String(value) : JSON.stringify(value)
}
