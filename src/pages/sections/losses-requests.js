/** @import { LossAnswer } from '../types.d.ts' */
import { trueClass } from '../sample.js'

/** @typedef {typeof kinds[number]} Kind */
/** @typedef {<T>(path: string, body: object) => Promise<T>} Ask */

export const kinds = /** @type {const} */ (['squared', 'absolute', 'huber', 'cross-entropy', 'binary'])

const include = ['perSample', 'gradient']

/**
 * The five losses of one output with label t at each prediction, and their slopes there.
 *
 * @param {Ask} ask
 * @param {number[]} ys
 * @param {0 | 1} t
 * @param {number} delta of Huber
 */
export function termsOf(ask, ys, t, delta) {
  const alone = { labelFormat: 'binary', predictions: ys, labels: ys.map(() => t), reduction: 'sum', include }
  /** @type {Record<Kind, object>} */
  const requests = {
    // the book's 1/2 is a weight
    squared: { ...alone, loss: 'sse', sampleWeights: ys.map(() => 0.5) },
    absolute: { ...alone, loss: 'mae' },
    huber: { ...alone, loss: 'huber', delta },
    'cross-entropy': {
      loss: 'cross-entropy',
      labelFormat: 'one-hot',
      logPolicy: 'exact',
      // the output against the rest, whose own term has weight 0; the last row keeps the weights from being all 0
      classWeights: [1, 0],
      predictions: [...ys.map((y) => [y, 1 - y]), [1, 0]],
      labels: [...ys.map(() => [t, 1 - t]), [1, 0]],
      reduction: 'sum',
      include,
    },
    binary: { ...alone, loss: 'binary-cross-entropy', logPolicy: 'exact' },
  }
  return Promise.all(
    kinds.map(async (kind) => {
      /** @type {LossAnswer} */
      const { perSample, gradient } = await ask('/v1/loss', requests[kind])
      const losses = (perSample?.losses ?? []).slice(0, ys.length)
      const slopes = (gradient ?? []).slice(0, ys.length).map((slope) => [slope].flat()[0])
      return /** @type {const} */ ([kind, { losses, slopes }])
    }),
  )
}

/**
 * The five losses of the whole sample, each summed over its outputs, and the squared error as the service has it without a
 * weight.
 *
 * @param {Ask} ask
 * @param {number[]} outputs of which the third is true
 * @param {number} delta of Huber
 */
export async function wholesOf(ask, outputs, delta) {
  const labels = outputs.map((_, at) => (at === trueClass ? 1 : 0))
  const each = { labelFormat: 'binary', predictions: outputs, labels, reduction: 'sum' }
  const classes = { labelFormat: 'one-hot', predictions: outputs, labels }
  const requests = [
    { ...classes, loss: 'sse', sampleWeights: [0.5] },
    { ...each, loss: 'mae' },
    { ...each, loss: 'huber', delta },
    { ...classes, loss: 'cross-entropy', logPolicy: 'exact' },
    { ...each, loss: 'binary-cross-entropy', logPolicy: 'exact' },
    { ...classes, loss: 'sse' },
    { ...classes, loss: 'mse' },
  ]
  const losses = await Promise.all(
    requests.map(async (request) => /** @type {LossAnswer} */ (await ask('/v1/loss', request)).loss),
  )
  const [sse, mse] = losses.slice(kinds.length)
  return { byKind: kinds.map((kind, at) => /** @type {const} */ ([kind, losses[at]])), sse, mse }
}
