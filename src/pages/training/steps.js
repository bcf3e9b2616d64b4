/** @import { LossAnswer, Pixels, TrainingOptions, TrainingRun } from '../types.d.ts' */
import { LossmeterError } from '../api.js'
import { descended, logitsOf, untrained } from './model.js'
import { nameOf, seedOf } from './run.js'

/** @typedef {ReturnType<typeof import('./service.js').patientService>} Ask */

const spec = { loss: 'cross-entropy', labelFormat: 'index', predictionFormat: 'logits' }

/** @param {TrainingOptions} options @param {boolean} [isPlay] @returns {TrainingRun} */
export function begun(options, isPlay = false) {
  const none = { losses: [], accuracies: [], whole: [], right: [] }
  return { options, weights: untrained(64), ...none, isPlay, isDeclared: false }
}

/**
 * One step of a training. A step that is aborted or fails has not been taken, and the next one is the same again.
 *
 * @param {Ask} ask
 * @param {TrainingRun} run
 * @param {Pixels} pixels
 * @param {AbortSignal} signal
 */
export async function advance(ask, run, { images, labels }, signal) {
  const { options, weights, losses } = run
  const step = losses.length
  /** @type {{ indices: number[] }} */
  const { indices } = await ask(
    'POST',
    '/v1/mini-batches',
    { populationSize: images.length, size: options.size, seed: seedOf(options, step), replacement: false },
    signal,
  )
  const rows = indices.map((index) => images[index])
  const batch = { predictions: logitsOf(weights, rows), labels: indices.map((index) => labels[index]) }
  /** @type {LossAnswer} */
  const answer = await ask('POST', '/v1/loss', { ...spec, include: ['gradient'], ...batch }, signal)
  await keep(ask, run, step, batch, signal)
  signal.throwIfAborted()
  const gradient = /** @type {number[][]} */ (answer.gradient ?? [])
  run.weights = descended(weights, rows, gradient, options.rate)
  run.losses.push(answer.loss ?? Number.NaN)
  run.accuracies.push(answer.accuracy ?? Number.NaN)
}

/**
 * Evaluates all digits as the model reads them now: at every step, since the accuracy between two steps is not known.
 *
 * @param {Ask} ask
 * @param {TrainingRun} run
 * @param {Pixels} pixels
 * @param {AbortSignal} signal
 */
export async function evaluateWhole(ask, run, { images, labels }, signal) {
  const { weights, losses, whole } = run
  const step = losses.length
  if (whole.at(-1)?.step === step) return
  /** @type {LossAnswer} */
  const { loss, accuracy, perSample } = await ask(
    'POST',
    '/v1/loss',
    { ...spec, include: ['perSample'], predictions: logitsOf(weights, images), labels },
    signal,
  )
  signal.throwIfAborted()
  run.right = (perSample?.correct ?? []).map(Boolean)
  whole.push({ step, loss: loss ?? Number.NaN, accuracy: accuracy ?? Number.NaN })
}

/**
 * Adds a step to the evaluation of the run, under its own name, so that it counts once however often it is sent. A run
 * that the service cannot keep, or may not, goes on without.
 *
 * @param {Ask} ask
 * @param {TrainingRun} run
 * @param {number} step
 * @param {object} batch
 * @param {AbortSignal} signal
 */
async function keep(ask, run, step, batch, signal) {
  if (run.isPlay || run.unkept !== undefined) return
  const address = `/v1/evaluations/${nameOf(run.options)}`
  try {
    if (!run.isDeclared) await ask('PUT', address, declarationOf(run.options), signal)
    run.isDeclared = true
    await ask('PUT', `${address}/batches/step-${step + 1}`, batch, signal)
  } catch (error) {
    if (!(error instanceof LossmeterError)) throw error
    run.unkept = error.problem.detail
  }
}

/** @param {TrainingOptions} options */
function declarationOf({ size, rate, seed }) {
  return {
    ...spec,
    outputs: 10,
    include: ['perClass', 'confusion', 'calibration'],
    metadata: {
      model: 'softmax regression of /explore',
      batchSize: String(size),
      learningRate: String(rate),
      seed: String(seed),
    },
  }
}
