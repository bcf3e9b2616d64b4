/** @import { CurvePoint, WindowList } from '../types.d.ts' */
import { answerOf, get } from '../api.js'

/** The most windows that are asked for, and how many at a time. */
const [mostWindows, pageSize] = [2000, 100]

const unknown = {
  samples: 0,
  loss: null,
  lossStatus: /** @type {const} */ ('undefined'),
  accuracy: null,
  standardError: null,
}

/**
 * The windows of a run as points of a curve, each at its beginning; what they add up to is not asked for.
 *
 * @param {string} path of the run
 * @param {AbortSignal} signal
 */
export async function windowsOf(path, signal) {
  /** @type {CurvePoint[]} */
  const points = []
  let after = ''
  do {
    /** @type {WindowList} */
    const { windows, next } = answerOf(await get(`${path}/windows?limit=${pageSize}${after}`, signal))
    for (const { from, batches, samples, loss, lossStatus, accuracy, standardError } of windows) {
      const fromSequence = (points.at(-1)?.toSequence ?? 0) + 1
      const toSequence = fromSequence + batches - 1
      const own = { samples, loss, lossStatus, accuracy, standardError }
      points.push({ fromSequence, toSequence, createdAt: from, ...own, cumulative: unknown })
    }
    after = next === undefined ? '' : `&after=${encodeURIComponent(next)}`
  } while (after !== '' && points.length < mostWindows)
  return points
}
