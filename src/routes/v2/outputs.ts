import { z } from 'zod'
import type { AskedAnswer } from '../../formats/parsed-body.ts'
import { checkValueCount, validated } from '../../formats/schema.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { TensorNumbers } from '../../http/send-tensors.ts'
import { bytesSentOf } from '../../http/send-tensors.ts'
import type { Evaluation } from '../../loss/evaluation.ts'
import type { Meanings } from '../../loss/meanings.ts'
import { explained } from '../../loss/meanings.ts'
import type { Statistics } from '../../loss/report/statistics.ts'
import type { Spec } from '../../loss/spec.ts'
import { LimitExceeded, refuse } from '../../loss/validation-errors.ts'

export const figureOutputs = ['loss', 'accuracy', 'standardError', 'lossSum', 'weightSum', 'samples'] as const
export const rowOutputs = ['losses', 'correct', 'gradient'] as const
export const outputNames = [...figureOutputs, ...rowOutputs] as const

type FigureName = (typeof figureOutputs)[number]
export type OutputName = (typeof outputNames)[number]

const meanings: Meanings<OutputName> = {
  loss: 'the loss',
  accuracy: 'the share of correct decisions',
  standardError: 'the standard error of the mean loss',
  lossSum: 'sum s_i l_i',
  weightSum: 'sum w_i',
  samples: 'the number of rows',
  losses: 's_i l_i of each row',
  correct: 'the number of correct decisions in each row, -1 for an ignored row',
  gradient: 'd loss / d predictions',
}

export const outputName = z
  .enum(outputNames)
  .meta({ description: `Name of the output. ${explained(outputNames, meanings)}` })

export const askedOutput = z.strictObject({
  name: outputName,
  parameters: z
    .strictObject({ binary_data: z.boolean().optional().meta({ description: 'Whether the output is sent as bytes.' }) })
    .optional(),
})

const asked = z.object({
  id: z.string().optional(),
  parameters: z.object({ binary_data_output: z.boolean().optional() }),
  outputs: z.array(askedOutput).optional(),
})

export interface Asked {
  readonly id: string | undefined
  readonly outputs: readonly { readonly name: OutputName; readonly isBinary: boolean }[]
}

/** Reads what a request asks for; where it names no outputs, all figures. @throws InvalidContent, LimitExceeded */
export function askedOf({ id, outputs, binaryOutput }: AskedAnswer): Asked {
  const parts = { id, parameters: { binary_data_output: binaryOutput }, outputs }
  checkValueCount(parts, fixedLimits.maxOptionValues)
  const { parameters, outputs: given = [], ...rest } = validated(asked, parts)
  const { binary_data_output: isBinary = false } = parameters
  for (const [at, { name }] of given.entries()) {
    const isTwice = given.findIndex((other) => other.name === name) < at
    if (isTwice) refuse(['outputs', at, 'name'], `outputs has "${name}" twice`, name, 'given-twice')
  }
  const named = given.length > 0 ? given : figureOutputs.map((name) => ({ name, parameters: undefined }))
  const wanted = named.map(({ name, parameters: own }) => ({ name, isBinary: own?.binary_data ?? isBinary }))
  return { id: rest.id, outputs: wanted }
}

/** The parts of an evaluation that outputs need. */
export function partsFor({ outputs }: Asked): string[] {
  const has = (...names: OutputName[]) => outputs.some(({ name }) => names.includes(name))
  return [...(has('losses', 'correct') ? ['perSample'] : []), ...(has('gradient') ? ['gradient'] : [])]
}

/** Refuses an output that these labels do not have, before anything is computed. @throws InvalidContent */
export function checkOutputs({ outputs }: Asked, { decision }: Pick<Spec, 'decision'>): void {
  const at = outputs.findIndex(({ name }) => name === 'correct')
  if (decision !== 'none' || at < 0) return
  refuse(['outputs', at, 'name'], 'labels that are values are neither right nor wrong', 'correct', 'not-available')
}

interface Written {
  readonly described: Record<string, unknown>
  readonly bytes: readonly TensorNumbers[]
}

/** The outputs of an evaluation that was made for them, step by step. @throws LimitExceeded */
export function* outputsOf(
  evaluation: Evaluation,
  { outputs }: Asked,
  shape: readonly number[],
  { memory }: Pick<RequestContext, 'memory'>,
): Generator<void, Written[]> {
  const figures = evaluation.figures()
  const written: Written[] = []
  for (const [at, { name, isBinary }] of outputs.entries()) {
    const numbers = isFigure(name) ? figureOf(figures, name) : ((yield* evaluation.rowNumbers(name)) as TensorNumbers)
    const described = {
      name,
      datatype: numbers instanceof Int32Array ? 'INT64' : 'FP64',
      shape: name === 'gradient' ? shape : [numbers.length],
    }
    if (isBinary) {
      const parameters = { binary_data_size: bytesSentOf(numbers) }
      written.push({ described: { ...described, parameters }, bytes: [numbers] })
    } else {
      checkSize(numbers, at)
      memory.reserve(bytesPerNumber * numbers.length)
      written.push({ described: { ...described, data: Array.from<number>(numbers) }, bytes: [] })
    }
    yield
  }
  return written
}

const bytesPerNumber = 64

function checkSize({ length }: TensorNumbers, at: number): void {
  const { maxAnswerNumbers } = fixedLimits
  if (length <= maxAnswerNumbers) return
  const detail = `this output would hold ${length} numbers in JSON; the limit maxAnswerNumbers is ${maxAnswerNumbers}, which does not apply with binary_data`
  throw new LimitExceeded('maxAnswerNumbers', maxAnswerNumbers, ['outputs', at], detail)
}

function isFigure(name: OutputName): name is FigureName {
  return figureOutputs.some((figure) => figure === name)
}

function figureOf(figures: Statistics, name: FigureName): TensorNumbers {
  if (name === 'samples') return Int32Array.of(figures.samples)
  const isInfinite = figures.lossStatus === 'infinite' && (name === 'loss' || name === 'lossSum')
  return Float64Array.of(figures[name] ?? (isInfinite ? Number.POSITIVE_INFINITY : Number.NaN))
}
