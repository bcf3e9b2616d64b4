import { createHash } from 'node:crypto'
import type { EvaluationKey } from '../database/history.ts'
import type { NewBatch } from '../database/store.ts'
import type { Tensors } from '../loss/batch.ts'
import type { EvaluationContext } from '../loss/evaluation.ts'
import { Evaluation } from '../loss/evaluation.ts'
import { statisticsOf } from '../loss/report/statistics.ts'
import { layoutOf } from '../loss/shape.ts'
import type { Spec } from '../loss/spec.ts'
import type { EvaluationState } from '../loss/state.ts'
import type { Tally } from '../loss/tally.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import { digestsOf } from './digests.ts'
import type { DeclaredEvaluation } from './open-evaluation.ts'
import type { WindowName } from './window.ts'
import { startOf, timeNeeds, timeOf } from './window.ts'

export interface EvaluatedBatch extends Omit<NewBatch, 'evaluation'> {
  /** Of its rows, if its state says nothing else. */
  readonly tally: Tally | undefined
}

export interface BatchContext extends EvaluationContext {
  readonly maxStateBytes: number
}

/** @param sent the `at` of the batch @throws InvalidContent, LimitExceeded */
export function* evaluateBatch(
  { declared: { spec, outputs, window: declaredWindow }, batches: { codec } }: DeclaredEvaluation,
  name: string,
  tensors: Tensors,
  context: BatchContext,
  sent?: string | number,
): Generator<void, { readonly batch: EvaluatedBatch; readonly state: EvaluationState }> {
  const at = sent === undefined ? undefined : checkedTime(sent, declaredWindow)
  const window = declaredWindow === undefined ? null : startOf(declaredWindow, at ?? Date.now())
  const { predictions } = tensors
  if (predictions.shapeError === undefined) checkOutputs(layoutOf(spec, predictions).outputs, outputs)
  const state = yield* stateOf(spec, tensors, context)
  const bytes = yield* codec.write(state)
  if (bytes.length > context.maxStateBytes) throw tooLarge(bytes.length, context.maxStateBytes)
  const { samples, loss, lossStatus, accuracy } = statisticsOf(state.tally, spec)
  const { fingerprint: content, labelsDigest } = yield* digestsOf(tensors, spec.labelFormat)
  // a time that is sent is part of the content, and a time of arrival is not
  const fingerprint = at === undefined ? content : createHash('sha256').update(content).update(`at ${at}`).digest()
  const tally = state.sections.size === 0 && state.groups.length === 0 ? state.tally : undefined
  const batch = { name, window, fingerprint, labelsDigest, state: bytes, samples, loss, lossStatus, accuracy, tally }
  return { batch, state }
}

/** A batch as the store takes it. */
export function newBatch(
  evaluation: EvaluationKey,
  { name, window, fingerprint, labelsDigest, state, samples, loss, lossStatus, accuracy }: EvaluatedBatch,
): NewBatch {
  return { evaluation, name, window, fingerprint, labelsDigest, state, samples, loss, lossStatus, accuracy }
}

function* stateOf(spec: Spec, tensors: Tensors, context: EvaluationContext): Generator<void, EvaluationState> {
  const evaluation = new Evaluation(spec, context)
  try {
    yield* evaluation.add(tensors)
    return evaluation.total
  } finally {
    evaluation.close()
  }
}

/** @throws InvalidContent */
export function checkOutputs(found: number, declared: number): void {
  if (found === declared) return
  const detail = `predictions has ${found} numbers per row; the evaluation was declared with outputs ${declared}`
  refuse(['predictions'], detail, found, 'shape')
}

function tooLarge(bytes: number, allowed: number): LimitExceeded {
  const detail = `The stored sums of this batch would take ${bytes} bytes; maxStateBytes is ${allowed}. Remove parts from include.`
  return new LimitExceeded('maxStateBytes', allowed, [], detail)
}

function checkedTime(sent: string | number, window: WindowName | undefined): number {
  if (window === undefined) {
    const detail =
      'at has no effect: the evaluation was declared without window. Leave at out, or declare another evaluation with window hour, day or week'
    return refuse(['at'], detail, sent, 'no-effect')
  }
  const time = timeOf(sent)
  return time ?? refuse(['at'], `at ${timeNeeds}`, sent, 'out-of-range')
}
