import type { Batch, Tensors } from './batch.ts'
import { check } from './batch.ts'
import type { GroupColumns } from './groups/columns.ts'
import type { Memory } from './memory.ts'
import type { UniformInteger } from './sampling.ts'
import { drawRows } from './sampling.ts'
import type { Selection } from './selection.ts'
import { withoutIgnored } from './selection.ts'
import type { Layout } from './shape.ts'
import { counted } from './shape.ts'
import type { MiniBatch, Spec } from './spec.ts'
import { refuse } from './validation-errors.ts'

/** A checked batch, and which of its rows are evaluated. */
export interface RowSelection {
  readonly batch: Batch
  readonly isList: boolean
  readonly selection: Selection
  readonly populationSize: number | undefined
  readonly groups: GroupColumns | undefined
}

export type RandomSource = (seed: number) => UniformInteger

/**
 * Checks every number of a batch, draws its mini-batch and leaves out ignored rows, in steps. What it holds belongs to `memory`.
 * @throws InvalidContent
 */
export function* selectRows(
  spec: Spec,
  tensors: Tensors,
  layout: Layout,
  memory: Memory,
  uniformIntegers: RandomSource,
): Generator<void, RowSelection> {
  const batch = yield* check(spec, tensors, layout, memory)
  const { classes } = batch
  const drawn = spec.miniBatch && (yield* drawnRows(spec.miniBatch, layout.samples, memory, uniformIntegers))
  const selection =
    spec.ignoreIndex === undefined || classes === undefined
      ? { rows: drawn, positions: undefined, ignored: 0 }
      : yield* withoutIgnored(classes, drawn, memory, spec.groupBy !== undefined)
  const isList = tensors.predictions.shape.length === 1
  return { batch, isList, selection, populationSize: drawn && layout.samples, groups: tensors.groups }
}

function* drawnRows(
  miniBatch: MiniBatch,
  samples: number,
  memory: Memory,
  uniformIntegers: RandomSource,
): Generator<void, Int32Array> {
  const { size, seed, replacement } = miniBatch
  if (!replacement && size > samples) {
    const detail = `miniBatch.size is ${size}; without replacement, at most ${counted(samples, 'row')} can be drawn`
    refuse(['miniBatch', 'size'], detail, size, 'out-of-range')
  }
  return yield* drawRows(samples, miniBatch, uniformIntegers(seed), memory)
}
