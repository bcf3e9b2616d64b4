import type { Batch, Tensors } from './batch.ts'
import { check, layOut, selectRows } from './batch.ts'
import { tallyBatch } from './fold.ts'
import { Calibration } from './report/calibration.ts'
import { Confusion } from './report/confusion.ts'
import { Gradient } from './report/gradient.ts'
import { PerClass } from './report/per-class.ts'
import type { PerSampleReport } from './report/per-sample.ts'
import { PerSample } from './report/per-sample.ts'
import type { ReportSection, RowOrigins } from './report/section.ts'
import type { Statistics } from './report/statistics.ts'
import { statisticsOf } from './report/statistics.ts'
import type { UniformInteger } from './sampling.ts'
import { drawRows } from './sampling.ts'
import type { Layout } from './shape.ts'
import type { Spec } from './spec.ts'
import { describeSpec } from './spec.ts'
import type { Tally } from './tally.ts'
import { emptyTally, merge } from './tally.ts'
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

/** One evaluation: batches go in, one at a time, in any number; the answer is that of all their rows. */
export class Evaluation {
  readonly #spec: Spec
  readonly #context: EvaluationContext
  readonly #sections = new Map<string, ReportSection<unknown>>()
  #tally: Tally = emptyTally
  #populationSize: number | undefined

  constructor(spec: Spec, context: EvaluationContext) {
    this.#spec = spec
    this.#context = context
  }

  get tally(): Tally {
    return this.#tally
  }

  /**
   * Checks a batch and adds it, step by step, so that the caller may do something else in between.
   *
   * @throws InvalidContent, LimitExceeded
   */
  *add(tensors: Tensors): Generator<void, void> {
    const spec = this.#spec
    const layout = layOut(spec, tensors)
    this.#begin(layout, tensors.predictions.shape.length === 1)
    const received = yield* check(spec, tensors, layout)
    const { batch, origins, ignored } = this.#rowsOf(received)
    const observe = this.#sections.size === 0 ? undefined : this.#observer(origins)
    this.#tally = merge(this.#tally, yield* tallyBatch(spec, batch, observe))
    this.#tally = merge(this.#tally, { ...emptyTally, outputs: batch.outputs, samples: ignored, ignored })
  }

  report(): Answer {
    const { miniBatch, reduction, include } = this.#spec
    const population = this.#populationSize
    const corrected = miniBatch?.replacement === false ? population : undefined
    const answer: Record<string, unknown> = { ...statisticsOf(this.#tally, this.#spec, corrected) }
    if (population !== undefined) answer.populationSize = population
    const perSample = this.#sections.get('perSample') as PerSample | undefined
    if (reduction === 'none') answer.losses = perSample?.report().losses
    for (const name of include) answer[name] = this.#sections.get(name)?.report(this.#tally)
    answer.spec = describeSpec(this.#spec)
    return answer as unknown as Answer
  }

  /** At the first batch makes the sections, refusing what the answer could not hold before anything is computed. */
  #begin({ samples, outputs }: Layout, isList: boolean): void {
    if (this.#tally.outputs !== 0) {
      this.#checkFollows(outputs)
      return
    }
    const { include, miniBatch, reduction, decision } = this.#spec
    const evaluated = miniBatch?.size ?? samples
    const classes = decision === 'binary' ? 2 : outputs
    if (reduction === 'none') this.#checkSize(2 * evaluated, ['reduction'])
    for (const [at, name] of include.entries()) {
      const path = ['include', at]
      if (name !== 'perSample' && name !== 'gradient' && decision === 'binary' && outputs > 1) {
        refuse(path, `${name} needs one decision per sample; these samples have ${outputs} binary outputs`, name)
      }
      if (name === 'perSample') this.#checkSize(2 * evaluated, path)
      if (name === 'gradient') this.#checkSize(samples * outputs, path)
      if (name === 'confusion') this.#checkSize(classes * classes, path)
      if (name === 'perClass') this.#checkSize(6 * classes, path)
    }
    const sections = this.#sections
    if (reduction === 'none' || include.includes('perSample'))
      sections.set('perSample', new PerSample(this.#spec, evaluated))
    if (include.includes('perClass')) sections.set('perClass', new PerClass(classes))
    if (include.includes('confusion')) sections.set('confusion', new Confusion(classes))
    if (include.includes('calibration')) sections.set('calibration', new Calibration(this.#spec))
    if (include.includes('gradient')) sections.set('gradient', new Gradient(this.#spec, samples, outputs, isList))
  }

  /** A further batch must have as many outputs, and nothing may be asked for that holds on to single rows. */
  #checkFollows(outputs: number): void {
    const { include, miniBatch, reduction } = this.#spec
    const { outputs: known } = this.#tally
    if (known !== outputs) {
      refuse(['predictions'], `predictions has ${outputs} numbers per row; the batches before have ${known}`, outputs)
    }
    const rowPart = include.findIndex((name) => name === 'perSample' || name === 'gradient')
    if (rowPart >= 0)
      refuse(['include', rowPart], `${include[rowPart]} is of one batch, not of several`, include[rowPart])
    if (reduction === 'none') refuse(['reduction'], 'reduction "none" is of one batch, not of several', reduction)
    if (miniBatch !== undefined) refuse(['miniBatch'], 'miniBatch draws from one batch, not from several', miniBatch)
  }

  #checkSize(numbers: number, path: readonly (string | number)[]): void {
    const { maxAnswerNumbers } = this.#context
    if (numbers <= maxAnswerNumbers) return
    const detail = `this part of the answer would hold ${numbers} numbers; the limit maxAnswerNumbers is ${maxAnswerNumbers}`
    throw new LimitExceeded('maxAnswerNumbers', maxAnswerNumbers, path, detail)
  }

  /** The rows that count, of the mini-batch if there is one, and where they come from. */
  #rowsOf(received: Batch): { batch: Batch; origins: RowOrigins; ignored: number } {
    const drawn = this.#draw(received.samples)
    const sampled = drawn === undefined ? received : selectRows(received, drawn)
    const { classes, samples } = sampled
    if (this.#spec.ignoreIndex === undefined || classes === undefined || !classes.includes(-1)) {
      return { batch: sampled, origins: { positions: undefined, origins: drawn }, ignored: 0 }
    }
    const kept = Int32Array.from({ length: samples }, (_, row) => row).filter((row) => classes[row] >= 0)
    const origins = drawn === undefined ? kept : kept.map((row) => drawn[row])
    return { batch: selectRows(sampled, kept), origins: { positions: kept, origins }, ignored: samples - kept.length }
  }

  #draw(samples: number): Int32Array | undefined {
    const { miniBatch } = this.#spec
    if (miniBatch === undefined) return undefined
    if (!miniBatch.replacement && miniBatch.size > samples) {
      const detail = `miniBatch.size is ${miniBatch.size}, and without replacement at most the ${samples} rows can be drawn`
      refuse(['miniBatch', 'size'], detail, miniBatch.size)
    }
    this.#populationSize = samples
    return drawRows(samples, miniBatch, this.#context.uniformIntegers(miniBatch.seed))
  }

  #observer(origins: RowOrigins): (slice: Parameters<ReportSection<unknown>['add']>[0]) => void {
    return (slice) => {
      for (const part of this.#sections.values()) part.add(slice, origins)
    }
  }
}
