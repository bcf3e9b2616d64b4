import type { Tensors } from '../batch.ts'
import { BatchCheck, comparisonTensors, layoutOfAll, rowsPerStep } from '../batch.ts'
import type { Memory } from '../memory.ts'
import { doublesIn, ScopedMemory } from '../memory.ts'
import { resolve } from '../resolve.ts'
import type { Layout } from '../shape.ts'
import type { Options, Spec } from '../spec.ts'
import { frameOf } from '../spec.ts'
import type { Tensor } from '../tensor.ts'
import { InvalidContent, LimitExceeded } from '../validation-errors.ts'
import type { Remedy } from './remedy.ts'

/** Refuses what an evaluation would refuse of right numbers. */
export type AnswerCheck = (spec: Spec, layout: Layout) => void

/**
 * Whether a batch passes all checks once a remedy is followed, step by step. No more than the rows of a step are copied at any
 * time, and the first row that is wrong ends it.
 */
export function* isRightWith(
  remedy: Remedy,
  spec: Spec,
  tensors: Tensors,
  checkAnswer: AnswerCheck,
  memory: Memory,
): Generator<void, boolean> {
  const changed = unlessRefused(() => specWith(spec, remedy.set ?? {}))
  if (changed === undefined) return false
  const shaped = shapedBy(remedy, tensors)
  const layout = unlessRefused(() => {
    const laidOut = layoutOfAll(changed, shaped)
    checkAnswer(changed, laidOut)
    return laidOut
  })
  if (layout === undefined) return false
  const { samples, outputs } = layout
  const step = rowsPerStep(outputs)
  for (let from = 0; from < samples; from += step) {
    using scope = new ScopedMemory(memory)
    const to = Math.min(from + step, samples)
    const rows = mapTensors(shaped, (tensor, name) => rowsOf(tensor, name, remedy, samples, from, to, scope))
    const checking = new BatchCheck(changed, rows, { samples: to - from, outputs }, scope)
    checking.rows(0, to - from)
    if (!checking.isRight) return false
    yield
  }
  return true
}

/** The options with some changed; those that hold their default are taken as not given. @throws InvalidContent */
export function specWith(spec: Spec, set: Readonly<Record<string, unknown>>): Spec {
  const { applied, defaults } = frameOf(spec)
  const given = [...applied].filter((name) => spec[name] !== defaults[name]).map((name) => [name, spec[name]])
  const { loss, labelFormat } = spec
  // remedies set options to values of their types
  return resolve({ loss, labelFormat, ...Object.fromEntries(given), ...set } as Options)
}

function unlessRefused<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof InvalidContent || error instanceof LimitExceeded) return undefined
    throw error
  }
}

/** The tensors in the shapes that a remedy gives them, with their numbers where they were. */
function shapedBy({ transpose = [], flatten = [] }: Remedy, tensors: Tensors): Tensors {
  return mapTensors(tensors, (tensor, name) => {
    if (transpose.includes(name)) return { ...tensor, shape: tensor.shape.toReversed() }
    return flatten.includes(name) ? { ...tensor, shape: [tensor.data.length] } : tensor
  })
}

/** Rows of a tensor as a remedy sends them. */
function rowsOf(
  tensor: Tensor,
  name: string,
  remedy: Remedy,
  samples: number,
  from: number,
  to: number,
  memory: Memory,
): Tensor {
  const { data, shape } = tensor
  const width = data.length / samples
  const isOneSample = shape.length === 0 || (shape.length === 1 && width > 1)
  const sent = isOneSample ? shape : [to - from, ...shape.slice(1)]
  const change = changeOf(remedy, name)
  const isTransposed = remedy.transpose?.includes(name) === true
  if (change === undefined && !isTransposed) {
    return { ...tensor, data: data.subarray(from * width, to * width), shape: sent }
  }
  const rows = doublesIn(memory, (to - from) * width)
  const [ofRow, ofColumn] = isTransposed ? [1, samples] : [width, 1]
  for (let row = from, at = 0; row < to; row++) {
    for (let column = 0; column < width; column++, at++) rows[at] = data[row * ofRow + column * ofColumn]
  }
  if (change !== undefined) for (let at = 0; at < rows.length; at++) rows[at] = change(rows[at])
  return { ...tensor, data: rows, shape: sent }
}

/** What a remedy makes of a number of a tensor, if anything. */
function changeOf({ scale, add, replace, clip }: Remedy, name: string): ((value: number) => number) | undefined {
  const [factor, term, values, range] = [scale?.[name], add?.[name], replace?.[name], clip?.[name]]
  if (factor !== undefined) return (value) => value * factor
  if (term !== undefined) return (value) => value + term
  // names have been replaced before
  if (values !== undefined) return (value) => Number(values[value] ?? value)
  if (range !== undefined) return (value) => Math.min(Math.max(value, range[0]), range[1])
  return undefined
}

function mapTensors(tensors: Tensors, change: (tensor: Tensor, name: string) => Tensor): Tensors {
  const entries = comparisonTensors.flatMap((name) => {
    const tensor = tensors[name]
    return tensor === undefined ? [] : [[name, change(tensor, name)]]
  })
  // the names are those of tensors, and the required ones among them are there
  return { ...(Object.fromEntries(entries) as Tensors), groups: tensors.groups }
}
