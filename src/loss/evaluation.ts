import type { Batch, Tensors } from './batch.ts'
import { check, layOut, selectRows } from './batch.ts'
import type { Slice } from './fold.ts'
import { Gradient } from './report/gradient.ts'
import type { PerSampleReport } from './report/per-sample.ts'
import { PerSample } from './report/per-sample.ts'
import type { RowOrigins } from './report/section.ts'
import { classesOf } from './report/section.ts'
import { isMergeable, sectionOf } from './report/sections.ts'
import type { Statistics } from './report/statistics.ts'
import { statisticsOf } from './report/statistics.ts'
import type { UniformInteger } from './sampling.ts'
import { drawRows } from './sampling.ts'
import type { Layout } from './shape.ts'
import { counted } from './shape.ts'
import type { Spec } from './spec.ts'
import { describeSpec } from './spec.ts'
import type { EvaluationState } from './state.ts'
import { emptyState, foldBatch, merge, RunningTotal, reportSection } from './state.ts'
import type { Tally } from './tally.ts'
import { LimitExceeded, refuse } from './validation-errors.ts'

/** What an evaluation needs besides the numbers. */
export interface EvaluationContext {
  /** The largest count of numbers that one part of an answer may hold. */
  readonly maxAnswerNumbers: number
  /** The random source of mini-batches. */
  readonly uniformIntegers: (seed: number) => UniformInteger
}

/** The answer to an evaluation; sections are there when asked for. */
export interface Answer extends Statistics {
  readonly spec: Record<string, unknown>
  /** Rows that a mini-batch was drawn from. */
  readonly populationSize?: number
  /** s_i l_i in order, for reduction `none`. */
  readonly losses?: (number | null)[]
  readonly perSample?: PerSampleReport
  readonly [part: string]: unknown
}

/** Parts of the answer about the rows of a single batch. */
interface RowSections {
  readonly perSample?: PerSample
  readonly gradient?: Gradient
}

/**
 * What a state says, as an answer.
 *
 * @param populationSize rows that a mini-batch was drawn from
 */
export function answerOf(state: EvaluationState, rows: RowSections = {}, populationSize?: number): Answer {
  const { spec, tally } = state
  const corrected = spec.miniBatch?.replacement === false ? populationSize : undefined
  const answer: Record<string, unknown> = { ...statisticsOf(tally, spec, corrected) }
  if (populationSize !== undefined) answer.populationSize = populationSize
  if (spec.reduction === 'none') answer.losses = rows.perSample?.report().losses
  for (const name of spec.include) {
    if (name === 'perSample') answer.perSample = rows.perSample?.report()
    else if (name === 'gradient') answer.gradient = rows.gradient?.report(tally)
    else answer[name] = reportSection(state, name)
  }
  answer.spec = describeSpec(spec)
  // the fields are named by strings of the same lists as the type
  return answer as unknown as Answer
}

/** The rows of a batch that count, and where they come from. */
interface ChosenRows {
  readonly batch: Batch
  readonly origins: RowOrigins
  readonly ignored: number
  /** Rows that a mini-batch was drawn from. */
  readonly populationSize: number | undefined
}

/** One evaluation: batches go in, one at a time, in any number; the answer is that of all their rows. */
export class Evaluation {
  readonly #spec: Spec
  readonly #context: EvaluationContext
  readonly #total: RunningTotal
  #rowSections: RowSections = {}
  #populationSize: number | undefined

  constructor(spec: Spec, context: EvaluationContext) {
    this.#spec = spec
    this.#context = context
    this.#total = new RunningTotal(spec)
  }

  get tally(): Tally {
    return this.#total.tally
  }

  /** What is kept of the rows so far; later batches leave it as it is. */
  get state(): EvaluationState {
    return merge(this.#total, emptyState(this.#spec))
  }

  /**
   * Checks a batch and adds it, step by step, so that the caller may do something else in between. It is added in the
   * last step, wholly; one that is refused or given up before leaves everything as it was.
   *
   * @throws InvalidContent, LimitExceeded
   */
  *add(tensors: Tensors): Generator<void, void> {
    const spec = this.#spec
    const layout = layOut(spec, tensors)
    if (this.#total.tally.outputs === 0) this.#checkAnswer(layout)
    else this.#checkFollows(layout.outputs)
    const { batch, origins, ignored, populationSize } = this.#rowsOf(yield* check(spec, tensors, layout))
    const rowSections = this.#rowSectionsOf(layout, tensors.predictions.shape.length === 1)
    const state = yield* foldBatch(spec, batch, ignored, observer(rowSections, origins))
    this.#total.add(state)
    this.#rowSections = rowSections
    this.#populationSize = populationSize
  }

  report(): Answer {
    return answerOf(this.#total, this.#rowSections, this.#populationSize)
  }

  /** Refuses what the answer could not hold before anything is computed. */
  #checkAnswer({ samples, outputs }: Layout): void {
    const { include, miniBatch, reduction, decision } = this.#spec
    const evaluated = miniBatch?.size ?? samples
    if (reduction === 'none') this.#checkSize(2 * evaluated, ['reduction'])
    for (const [at, name] of include.entries()) {
      const path = ['include', at]
      if (isMergeable(name)) {
        if (decision === 'binary' && outputs > 1) {
          refuse(path, `${name} needs one decision per sample; these samples have ${outputs} binary outputs`, name)
        }
        this.#checkSize(sectionOf(name).answerNumbers(classesOf(this.#spec, outputs)), path)
      }
      if (name === 'perSample') this.#checkSize(2 * evaluated, path)
      if (name === 'gradient') this.#checkSize(samples * outputs, path)
    }
  }

  #rowSectionsOf({ samples, outputs }: Layout, isList: boolean): RowSections {
    const { include, miniBatch, reduction } = this.#spec
    const sections: { -readonly [Name in keyof RowSections]: RowSections[Name] } = {}
    if (reduction === 'none' || include.includes('perSample')) {
      sections.perSample = new PerSample(this.#spec, miniBatch?.size ?? samples)
    }
    if (include.includes('gradient')) sections.gradient = new Gradient(this.#spec, samples, outputs, isList)
    return sections
  }

  /** A further batch must have as many outputs, and nothing may be asked for that holds on to single rows. */
  #checkFollows(outputs: number): void {
    const { include, miniBatch, reduction } = this.#spec
    const { outputs: known } = this.tally
    if (known !== outputs) {
      refuse(['predictions'], `predictions has ${outputs} numbers per row; the batches before have ${known}`, outputs)
    }
    const rowPart = include.findIndex((name) => name === 'perSample' || name === 'gradient')
    if (rowPart >= 0)
      refuse(['include', rowPart], `${include[rowPart]} is available for a single batch only`, include[rowPart])
    if (reduction === 'none') refuse(['reduction'], 'reduction "none" is available for a single batch only', reduction)
    if (miniBatch !== undefined) refuse(['miniBatch'], 'miniBatch is available for a single batch only', miniBatch)
  }

  #checkSize(numbers: number, path: readonly (string | number)[]): void {
    const { maxAnswerNumbers } = this.#context
    if (numbers <= maxAnswerNumbers) return
    const detail = `this part of the answer would hold ${numbers} numbers; the limit maxAnswerNumbers is ${maxAnswerNumbers}`
    throw new LimitExceeded('maxAnswerNumbers', maxAnswerNumbers, path, detail)
  }

  /** The rows of the mini-batch if there is one, without those that `ignoreIndex` leaves out. */
  #rowsOf(received: Batch): ChosenRows {
    const drawn = this.#draw(received.samples)
    const populationSize = drawn === undefined ? undefined : received.samples
    const sampled = drawn === undefined ? received : selectRows(received, drawn)
    const { classes, samples } = sampled
    if (this.#spec.ignoreIndex === undefined || classes === undefined || !classes.includes(-1)) {
      return { batch: sampled, origins: { positions: undefined, origins: drawn }, ignored: 0, populationSize }
    }
    const kept = Int32Array.from({ length: samples }, (_, row) => row).filter((row) => classes[row] >= 0)
    const origins = drawn === undefined ? kept : kept.map((row) => drawn[row])
    const batch = selectRows(sampled, kept)
    return { batch, origins: { positions: kept, origins }, ignored: samples - kept.length, populationSize }
  }

  #draw(samples: number): Int32Array | undefined {
    const { miniBatch } = this.#spec
    if (miniBatch === undefined) return undefined
    if (!miniBatch.replacement && miniBatch.size > samples) {
      const detail = `miniBatch.size is ${miniBatch.size}; without replacement only ${counted(samples, 'row')} can be drawn`
      refuse(['miniBatch', 'size'], detail, miniBatch.size)
    }
    return drawRows(samples, miniBatch, this.#context.uniformIntegers(miniBatch.seed))
  }
}

/** Shows each slice to the sections about its rows. */
function observer({ perSample, gradient }: RowSections, origins: RowOrigins): ((slice: Slice) => void) | undefined {
  if (perSample === undefined && gradient === undefined) return undefined
  return (slice) => {
    perSample?.add(slice, origins)
    gradient?.add(slice, origins)
  }
}
