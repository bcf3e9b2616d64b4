/** @import { LossAnswer, Pixels } from '../types.d.ts' */

/**
 * A model with two weights that tells 5 from 3 by two pixels: the logit of 5 is w1 x1 + w2 x2 - 1, where x1 is the ink at the
 * upper left, and x2 that to the right of the middle, a row lower. Its losses and their gradients come from the service.
 *
 * @typedef {readonly [w1: number, w2: number]} Weights
 * @typedef {{ inputs: [number, number][], labels: number[] }} Rows
 * @typedef {{ weights: Weights, loss: number, accuracy: number }} Point
 * @typedef {Point & { slopes: [number, number][] }} Here with the slopes of the loss of each row, by the two weights
 */

const [three, five] = [3, 5]
const pixelsOfModel = /** @type {const} */ ([10, 20])
const bias = -1
const count = 40

/** The weights go from -reach to reach. */
export const reach = 10

/** How many there are of each weight. */
export const side = 2 * reach + 1

export const spec = /** @type {const} */ ({
  loss: 'binary-cross-entropy',
  labelFormat: 'binary',
  predictionFormat: 'logits',
})

/** The first forty of the digits that are 3 or 5. @param {Pixels} pixels @returns {Rows} */
export function rowsOf({ images, labels }) {
  const chosen = images
    .map((image, at) => ({ image, label: labels[at] }))
    .filter(({ label }) => label === three || label === five)
    .slice(0, count)
  return {
    inputs: chosen.map(({ image }) => [image[pixelsOfModel[0]], image[pixelsOfModel[1]]]),
    labels: chosen.map(({ label }) => (label === five ? 1 : 0)),
  }
}

/** @param {Rows} rows @param {Weights} weights */
export function logitsOf({ inputs }, [w1, w2]) {
  return inputs.map(([x1, x2]) => w1 * x1 + w2 * x2 + bias)
}

/** The weights of each point of the landscape: w2 goes up within w1. @returns {Weights[]} */
export function gridOfWeights() {
  return Array.from({ length: side * side }, (_, at) => [Math.floor(at / side) - reach, (at % side) - reach])
}

/** All of the landscape in one request: the rows once for each point, which is their group. @param {Rows} rows */
export function landscapeRequest(rows) {
  const grid = gridOfWeights()
  return {
    ...spec,
    groupBy: ['point'],
    predictions: grid.flatMap((weights) => logitsOf(rows, weights)),
    labels: grid.flatMap(() => rows.labels),
    groups: { point: grid.flatMap((_, at) => rows.labels.map(() => at)) },
  }
}

/** @param {LossAnswer} answer to a request for the landscape @returns {Point[]} in the order of the grid */
export function pointsOf({ groups }) {
  const all = groups?.[0].groups ?? []
  return gridOfWeights().map((weights, at) => ({
    weights,
    loss: all[at].loss ?? Number.NaN,
    accuracy: all[at].accuracy ?? Number.NaN,
  }))
}

/** One point and which way is down there. @param {Rows} rows @param {Weights} weights */
export function pointRequest(rows, weights) {
  return { ...spec, include: ['gradient'], predictions: logitsOf(rows, weights), labels: rows.labels }
}

/**
 * @param {Rows} rows
 * @param {Weights} weights
 * @param {LossAnswer} answer to the request for this point
 * @returns {Here}
 */
export function hereOf({ inputs }, weights, { loss, accuracy, gradient }) {
  // the gradient is of the mean; that of one row's own loss is as many times as large as there are rows
  const slopes = /** @type {number[]} */ (gradient ?? []).map((slope) => slope * inputs.length)
  return {
    weights,
    loss: loss ?? Number.NaN,
    accuracy: accuracy ?? Number.NaN,
    slopes: inputs.map(([x1, x2], row) => [x1 * slopes[row], x2 * slopes[row]]),
  }
}

/**
 * The gradient of the mean loss of some rows, by the two weights.
 *
 * @param {Here} here
 * @param {number[]} rows
 * @returns {[number, number]}
 */
export function gradientOf({ slopes }, rows) {
  const mean = (/** @type {0 | 1} */ weight) => rows.reduce((sum, row) => sum + slopes[row][weight], 0) / rows.length
  return [mean(0), mean(1)]
}

/** Where a step against a gradient leads, at most to the edge. @param {Weights} from @param {[number, number]} gradient @param {number} rate @returns {Weights} */
export function stepped(from, gradient, rate) {
  const end = (/** @type {0 | 1} */ weight) => Math.min(reach, Math.max(-reach, from[weight] - rate * gradient[weight]))
  return [end(0), end(1)]
}
