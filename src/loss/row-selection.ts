import type { Batch, Tensors } from './batch.ts'
import { check } from './batch.ts'
import type { Memory } from './memory.ts'
import { freeArrays } from './memory.ts'
import type { UniformInteger } from './sampling.ts'
import { drawRows } from './sampling.ts'
import type { Selection } from './selection.ts'
import { withoutIgnored } from './selection.ts'
import type { Layout } from './shape.ts'
import { counted } from './shape.ts'
import type { Spec } from './spec.ts'
import { refuse } from './validation-errors.ts'

/** A checked batch, and which of its rows are evaluated. Who receives it frees it. */
export interface Chosen {
  readonly batch: Batch
  /** Whether the predictions came as one list. */
  readonly isList: boolean
  readonly selection: Selection
  /** Rows that a mini-batch was drawn from. */
  readonly populationSize: number | undefined
  free(): void
}

/** What choosing rows needs besides the numbers. */
export interface ChoiceContext {
  /** What everything that grows with the rows or the outputs is counted in, before it is taken. */
  readonly memory: Memory
  /** The random source of mini-batches. */
  readonly uniformIntegers: (seed: number) => UniformInteger
}

/**
 * Checks every number of a batch, draws its mini-batch and leaves out what is ignored; step by step, so that the caller may
 * do something else in between.
 *
 * @throws InvalidContent
 */
export function* choose(
  spec: Spec,
  tensors: Tensors,
  layout: Layout,
  { memory, uniformIntegers }: ChoiceContext,
): Generator<void, Chosen> {
  const batch = yield* check(spec, tensors, layout, memory)
  const { classes } = batch
  let drawn: Int32Array | undefined
  let selection: Selection | undefined
  const free = () => freeArrays(memory, classes, drawn, selection?.positions)
  try {
    drawn = yield* drawnRows(spec, layout.samples, { memory, uniformIntegers })
    selection =
      spec.ignoreIndex === undefined || classes === undefined
        ? { rows: drawn, positions: undefined, ignored: 0 }
        : yield* withoutIgnored(classes, drawn, memory)
    const isList = tensors.predictions.shape.length === 1
    return { batch, isList, selection, populationSize: drawn && layout.samples, free }
  } finally {
    if (selection === undefined) free()
  }
}

function* drawnRows(
  { miniBatch }: Spec,
  samples: number,
  { memory, uniformIntegers }: ChoiceContext,
): Generator<void, Int32Array | undefined> {
  if (miniBatch === undefined) return undefined
  const { size, seed, replacement } = miniBatch
  if (!replacement && size > samples) {
    const detail = `miniBatch.size is ${size}; without replacement only ${counted(samples, 'row')} can be drawn`
    refuse(['miniBatch', 'size'], detail, size)
  }
  return yield* drawRows(samples, miniBatch, uniformIntegers(seed), memory)
}
