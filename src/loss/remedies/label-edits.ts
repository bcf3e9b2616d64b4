import type { LabelFormat } from '../formats.ts'
import { losses } from '../kernels/index.ts'
import type { Loss } from '../kernels/loss.ts'
import type { Layout } from '../shape.ts'
import type { Spec } from '../spec.ts'
import { checksLabelRows } from '../spec.ts'
import type { Tensor } from '../tensor.ts'
import { fewRows, holds, lookAt, lookAtClasses, roundingOf } from './looks.ts'
import type { Edits } from './prediction-edits.ts'
import { noEdits, scaledSum, tolerance } from './prediction-edits.ts'
import type { Remedy } from './remedy.ts'
import { both } from './remedy.ts'

/** Labels that mark rows to leave out in PyTorch, TensorFlow and segmentation. */
const markers: readonly number[] = [-100, -1, 255]

/** What may be meant by labels that contradict `labelFormat`; step by step. */
export function* labelEdits(spec: Spec, labels: Tensor, layout: Layout): Generator<void, Edits> {
  const { samples, outputs } = layout
  const takes = new Set<LabelFormat>((losses[spec.loss] as Loss).labelFormats)
  if (spec.decision === 'none') takes.delete(spec.labelFormat)
  const isList = labels.shape.length < 2 && labels.data.length === samples && outputs > 1
  if (isList && takes.has('index')) return yield* classEdits(spec, labels, outputs)
  if (labels.data.length !== samples * outputs) return noEdits
  return yield* denseEdits(spec, labels, outputs, takes)
}

/** For one label for each sample. */
function* classEdits(spec: Spec, labels: Tensor, outputs: number): Generator<void, Edits> {
  const { areIntegers, least, most, other } = yield* lookAtClasses(labels, outputs)
  if (!areIntegers) return noEdits
  const { ignoreIndex } = spec
  const index: Remedy = spec.labelFormat === 'index' ? {} : { set: { labelFormat: 'index' } }
  const isShifted = most === outputs && (least >= 1 || (least === ignoreIndex && least === 0))
  if (isShifted) {
    const shifted = both(index, { add: { labels: -1 } })
    return {
      alternatives: [ignoreIndex === undefined ? shifted : both(shifted, { set: { ignoreIndex: ignoreIndex - 1 } })],
    }
  }
  const ignored: Remedy[] =
    ignoreIndex === undefined && markers.includes(other) && least < most
      ? [both(index, { set: { ignoreIndex: other } })]
      : []
  if (outputs === 2 && least === -1 && most === 1 && !(yield* holds(labels, 0))) {
    const coded = both(index, { replace: { labels: { '-1': 0 } } })
    return { alternatives: [coded, ...ignored], isDoubtful: labels.data.length < fewRows }
  }
  if (ignored.length > 0) return { alternatives: ignored }
  return { alternatives: spec.labelFormat === 'index' ? [] : [index] }
}

/** For labels of the shape of predictions. */
function* denseEdits(
  spec: Spec,
  labels: Tensor,
  outputs: number,
  takes: ReadonlySet<LabelFormat>,
): Generator<void, Edits> {
  const { labelFormat: declared } = spec
  const look = yield* lookAt(labels, outputs)
  if (!look.isFinite) return noEdits
  const { least, most } = look
  const to = (...formats: LabelFormat[]): Remedy[] =>
    formats
      .filter((format) => takes.has(format) && format !== declared)
      .map((format) => ({ set: { labelFormat: format } }))
  const rows = labels.data.length / outputs
  const sum = least >= 0 && outputs > 1 ? scaledSum(look, rows) : undefined
  if (declared === 'probabilities' && checksLabelRows(spec)) {
    if (sum !== undefined && most > 1) return { alternatives: [{ scale: { labels: 1 / sum } }, ...to('values')] }
    if (least >= 0 && most <= 1) {
      const rounded = outputs * (yield* roundingOf(labels, outputs))
      return { alternatives: tolerance({ ...look, rounded }, spec) }
    }
  }
  const areCoded = declared === 'binary' || declared === 'one-hot'
  if (areCoded && least === -1 && most === 1 && !(yield* holds(labels, 0))) {
    return { alternatives: [{ replace: { labels: { '-1': 0 } } }, ...to('values')], isDoubtful: takes.has('values') }
  }
  if (areCoded && least === 1 && most === 2) {
    return { alternatives: [{ add: { labels: -1 } }, ...to('values')], isDoubtful: takes.has('values') }
  }
  if (least >= 0 && most <= 1) return { alternatives: to('one-hot', 'binary', 'probabilities', 'values') }
  return { alternatives: to('values') }
}
