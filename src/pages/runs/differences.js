/** @import { BatchList, Run } from '../types.d.ts' */
/** @import { Stretch } from './stretch.js' */
import { answerOf, get } from '../api.js'
import { stretchOf } from './stretch.js'

/** The last batches of each run that are looked at, and how many come at a time. */
const [most, pageSize] = [5000, 1000]
/** The most stretches of consecutive batches, and the fewest batches in one. */
const [stretches, fewest] = [60, 5]

/**
 * The differences between two runs along their batches: the loss of each batch of one run minus that of the batch with the same
 * name in the other.
 *
 * @param {Run} one
 * @param {Run} other
 * @returns {Promise<Stretch[]>}
 */
export async function differencesOf(one, other) {
  const [own, others] = await Promise.all([lastBatches(one), lastBatches(other)])
  const losses = new Map(others.map(({ batch, loss }) => [batch, loss]))
  const pairs = own.flatMap(({ batch, sequence, samples, loss }) => {
    const base = losses.get(batch) ?? null
    return loss === null || base === null ? [] : [{ at: sequence, weight: samples, difference: loss - base }]
  })
  const isSum = one.report?.spec.reduction === 'sum'
  const length = Math.max(fewest, Math.ceil(pairs.length / stretches))
  const count = Math.ceil(pairs.length / length)
  return Array.from({ length: count }, (_, part) =>
    stretchOf(pairs.slice(part * length, (part + 1) * length).map((pair) => (isSum ? { ...pair, weight: 1 } : pair))),
  )
}

/** @param {Run} run */
async function lastBatches({ name, report }) {
  /** @type {BatchList['batches']} */
  const all = []
  let after = Math.max(0, (report?.batches ?? 0) - most)
  for (;;) {
    /** @type {BatchList} */
    const { batches, next } = answerOf(await get(`/v1/evaluations/${name}/batches?limit=${pageSize}&after=${after}`))
    all.push(...batches)
    if (next === undefined || all.length >= most) return all
    after = next
  }
}
