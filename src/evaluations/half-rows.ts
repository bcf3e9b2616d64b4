import { hash } from 'node:crypto'
import type { Half } from '../database/halves.ts'
import { digestAt, halfDigestBytes, payloadAt } from '../database/halves.ts'
import type { Tensors } from '../loss/batch.ts'
import { rowsPerStep } from '../loss/batch.ts'
import type { EvaluationContext } from '../loss/evaluation.ts'
import { Evaluation } from '../loss/evaluation.ts'
import type { GroupColumn, GroupColumns, GroupValue } from '../loss/groups/columns.ts'
import { columnsOf } from '../loss/groups/columns.ts'
import { doublesIn, ScopedMemory } from '../loss/memory.ts'
import { checkIsNumbers, layoutOf } from '../loss/shape.ts'
import type { Spec } from '../loss/spec.ts'
import type { EvaluationState } from '../loss/state.ts'
import type { Tensor } from '../loss/tensor.ts'
import { refuse, ValidationErrors } from '../loss/validation-errors.ts'
import type { ValueList } from '../loss/value-list.ts'
import type { Declared } from './declaration.ts'
import { checkOutputs } from './evaluate.ts'
import { keysOf, timesOf } from './row-ids.ts'

/** The predictions of rows, or their labels, as a body brings them. */
export interface HalfContent extends Partial<Omit<Tensors, 'baseline'>> {
  readonly ids: ValueList
  readonly at?: ValueList | undefined
}

/** What the store knows rows by; an array of texts is one, too. */
export interface Keys {
  readonly length: number
  at(index: number): string | undefined
  slice(from: number, to: number): readonly string[]
}

/** Halves of rows that were checked by themselves. */
export interface HalfRows {
  readonly half: Half
  readonly keys: Keys
  /** 16 bytes each: what is sent again is known by them. */
  readonly digests: Uint8Array
  /** As they are kept until the other half comes: the numbers of the row, its weight and its groups. */
  readonly payloads: Uint8Array
  readonly ends: readonly number[]
  /** The times of the rows, as far as they were sent. */
  readonly times: readonly (number | undefined)[] | undefined
  /** What the rows are in groups, if there are any. */
  readonly state: EvaluationState | undefined
  /** What they hold, which is given back when they are taken. */
  readonly memory?: Disposable | undefined
}

/** So few that their keys are at hand. */
export interface SomeRows extends HalfRows {
  readonly keys: readonly string[]
}

/** Rows whose digests are computed in one step. */
const mostHashed = 512

export interface HalfContext extends EvaluationContext {
  readonly maxJoinRows: number
}

/**
 * Checks halves as a batch is checked, with valid other halves, and packs them, in steps. The memory that they take is that of
 * the context.
 *
 * @throws InvalidContent, LimitExceeded
 */
export function* readHalf(
  declared: Declared,
  half: Half,
  content: HalfContent,
  context: HalfContext,
): Generator<void, HalfRows> {
  using held = new DisposableStack()
  const rows = yield* packed(declared, half, content, context, held.use(new ScopedMemory(context.memory)))
  return { ...rows, memory: held.move() }
}

function* packed(
  { spec, outputs }: Declared,
  half: Half,
  content: HalfContent,
  context: HalfContext,
  memory: ScopedMemory,
): Generator<void, HalfRows> {
  const keys = yield* keysOf(content.ids, context.maxJoinRows, memory)
  const times = content.at && (yield* timesOf(content.at, keys.length))
  const state = yield* checked(spec, outputs, half, content, keys.length, context)
  yield
  const columns = half === 'predictions' ? columnsIn(spec, content.groups) : []
  // they were checked
  const numbers = (half === 'predictions' ? content.predictions : content.labels) as Tensor
  const weights = half === 'predictions' ? content.sampleWeights?.data : undefined
  const width = numbers.data.length / keys.length
  const texts = columns.length === 0 ? undefined : yield* groupTexts(columns, keys.length)
  const own = 8 * (width + Number(half === 'predictions'))
  const size = own * keys.length + (texts?.reduce((sum, text) => sum + text.length, 0) ?? 0)
  memory.reserve(size + keys.length * (halfDigestBytes + 16))
  const payloads = new Uint8Array(size)
  const digests = new Uint8Array(halfDigestBytes * keys.length)
  const ends: number[] = []
  const row = new Float64Array(width + Number(half === 'predictions'))
  const bytes = new Uint8Array(row.buffer)
  const step = Math.min(mostHashed, rowsPerStep(outputs))
  for (let at = 0, end = 0; at < keys.length; at++) {
    row.set(numbers.data.subarray(at * width, (at + 1) * width))
    if (half === 'predictions') row[width] = weights === undefined ? 1 : weights[at]
    payloads.set(bytes, end)
    const begin = end
    end += own
    if (texts !== undefined) {
      payloads.set(texts[at], end)
      end += texts[at].length
    }
    ends.push(end)
    digests.set(digestOf(payloads.subarray(begin, end), times?.[at]), at * halfDigestBytes)
    if (at % step === step - 1) yield
  }
  return { half, keys, digests, payloads, ends, times, state }
}

/** A time that was sent is part of the content, one that was not is none. */
function digestOf(payload: Uint8Array, time: number | undefined): Uint8Array {
  if (time === undefined) return hash('sha256', payload, 'buffer').subarray(0, halfDigestBytes)
  const timed = Buffer.allocUnsafe(payload.length + 9)
  timed.set(payload)
  timed.writeDoubleLE(time, payload.length)
  timed[payload.length + 8] = 1
  return hash('sha256', timed, 'buffer').subarray(0, halfDigestBytes)
}

function columnsIn(spec: Spec, groups: GroupColumns | undefined): GroupColumn[] {
  // they were checked
  return columnsOf(spec).map((name) => groups?.columns.get(name) as GroupColumn)
}

/** The values of each row in the columns of `groupBy`, as JSON. */
function* groupTexts(columns: readonly GroupColumn[], rows: number): Generator<void, Buffer[]> {
  const known = new Map<string, Buffer>()
  const texts: Buffer[] = []
  for (let at = 0; at < rows; at++) {
    const codes = columns.map(({ codes }) => codes[at]).join()
    let text = known.get(codes)
    if (text === undefined) {
      const values: GroupValue[] = columns.map(({ codes, values }) => values[codes[at]])
      text = Buffer.from(JSON.stringify(values))
      known.set(codes, text)
    }
    texts.push(text)
    if (at % 4096 === 4095) yield
  }
  return texts
}

function* checked(
  spec: Spec,
  outputs: number,
  half: Half,
  content: HalfContent,
  rows: number,
  context: HalfContext,
): Generator<void, EvaluationState | undefined> {
  using memory = new ScopedMemory(context.memory)
  const tensor = (half === 'predictions' ? content.predictions : content.labels) as Tensor
  checkIsRight(half, tensor, spec, outputs, rows)
  const other =
    half === 'predictions'
      ? someLabels(spec, tensor, rows, outputs, memory)
      : somePredictions(spec, tensor, rows, outputs, memory)
  const isGrouped = half === 'predictions' && spec.groupBy !== undefined
  const plain: Spec = {
    ...spec,
    include: [],
    thresholds: undefined,
    groupBy: half === 'predictions' ? spec.groupBy : undefined,
  }
  const tensors: Tensors =
    half === 'predictions'
      ? { predictions: tensor, labels: other, sampleWeights: content.sampleWeights, groups: content.groups }
      : { predictions: other, labels: tensor }
  const evaluation = new Evaluation(plain, context)
  try {
    yield* evaluation.add(tensors)
    return isGrouped ? evaluation.total : undefined
  } finally {
    evaluation.close()
  }
}

/** @throws InvalidContent unless there is one row for each id, and of predictions as many numbers as were declared */
function checkIsRight(half: Half, tensor: Tensor, spec: Spec, outputs: number, ids: number): void {
  if (tensor.shapeError !== undefined) checkIsNumbers(half, tensor, new ValidationErrors())
  const { shape } = tensor
  if (half === 'predictions') {
    const layout = layoutOf(spec, tensor)
    checkOutputs(layout.outputs, outputs)
    checkCount(half, layout.samples, ids)
    return
  }
  const isList = shape.length === 1 && (spec.labelFormat === 'index' || isOfOneOutput(spec, outputs))
  const rows = shape.length === 2 || isList ? shape[0] : 1
  // labels of another rank are refused as those of a batch are
  if (shape.length !== 1 || isList) checkCount(half, rows, ids)
}

function checkCount(half: Half, rows: number, ids: number): void {
  if (rows === ids) return
  const [found, wanted] = [rows, ids].map((count) => (count === 1 ? '1 row' : `${count} rows`))
  refuse([half], `${half} has ${found}; ids has ${wanted.replace('row', 'id')}, and each row needs one`, found, 'shape')
}

function isOfOneOutput(spec: Spec, outputs: number): boolean {
  return spec.decision !== 'class' && outputs === 1
}

/** Labels that fit any predictions, in the shape of these. */
export function someLabels(spec: Spec, { shape }: Tensor, rows: number, outputs: number, memory: ScopedMemory): Tensor {
  const { labelFormat } = spec
  if (labelFormat === 'index') return tensorOf(doublesIn(memory, rows), shape.length === 1 ? [] : [rows])
  const data = doublesIn(memory, rows * outputs)
  if (labelFormat === 'values') data.fill(1)
  else if (labelFormat !== 'binary') for (let at = 0; at < data.length; at += outputs) data[at] = 1
  return tensorOf(data, shape)
}

/** `Math.exp` of it is 0. */
const hardlyLikely = -800

/** Predictions that fit any labels, in the shape that these need. */
export function somePredictions(
  spec: Spec,
  { shape }: Tensor,
  rows: number,
  outputs: number,
  memory: ScopedMemory,
): Tensor {
  const { predictionFormat } = spec
  const data = doublesIn(memory, rows * outputs)
  const isCertain = predictionFormat === 'probabilities' || predictionFormat === 'log-probabilities'
  if (predictionFormat === 'log-probabilities') data.fill(hardlyLikely)
  if (!isCertain) data.fill(1)
  else for (let at = 0; at < data.length; at += outputs) data[at] = predictionFormat === 'probabilities' ? 1 : 0
  const isOneSample = spec.decision === 'class' && rows === 1 && shape.length === (spec.labelFormat === 'index' ? 0 : 1)
  if (isOneSample) return tensorOf(data, [outputs])
  return tensorOf(data, isOfOneOutput(spec, outputs) && shape.length === 1 ? [rows] : [rows, outputs])
}

function tensorOf(data: Float64Array, shape: readonly number[]): Tensor {
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}

/** The rows from a place up to another one. */
export function sliceOf(rows: HalfRows, from: number, to: number): SomeRows {
  const keys = rows.keys.slice(from, to)
  if (keys.length === rows.keys.length) return { ...rows, keys }
  const begin = from === 0 ? 0 : rows.ends[from - 1]
  const ends = rows.ends.slice(from, to).map((end) => end - begin)
  return {
    ...rows,
    keys,
    digests: rows.digests.slice(from * halfDigestBytes, to * halfDigestBytes),
    payloads: rows.payloads.slice(begin, begin + (ends.at(-1) ?? 0)),
    ends,
    times: rows.times?.slice(from, to),
  }
}

/** The rows of some places, in steps. */
export function* someRows(rows: SomeRows, places: readonly number[]): Generator<void, SomeRows> {
  if (places.length === rows.keys.length) return rows
  const digests = gather(places.map((at) => digestAt(rows.digests, at)))
  yield
  const parts = places.map((at) => payloadAt(rows, at))
  const payloads = gather(parts)
  yield
  let end = 0
  const ends = parts.map(({ length }) => {
    end += length
    return end
  })
  const keys = places.map((at) => rows.keys[at])
  return { ...rows, keys, digests, payloads, ends, times: places.map((at) => rows.times?.[at]) }
}

/** In memory of its own, which is all that is passed to another thread. */
export function gather(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
