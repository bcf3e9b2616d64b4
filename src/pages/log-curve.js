/** @import { LossAnswer } from './types.d.ts' */

/**
 * The curve of -ln y as the service computes it, denser where it is steep.
 *
 * @param {(path: string, body: object) => Promise<LossAnswer>} ask
 * @param {number} points
 * @param {number} least the first y; the last is 1
 * @returns {Promise<{ y: number, loss: number }[]>}
 */
export async function logCurve(ask, points, least) {
  const ys = Array.from({ length: points }, (_, at) => least + (1 - least) * (at / (points - 1)) ** 2)
  const { perSample } = await ask('/v1/loss', {
    loss: 'cross-entropy',
    labelFormat: 'index',
    logPolicy: 'exact',
    predictions: ys.map((y) => [y, 1 - y]),
    labels: ys.map(() => 0),
    include: ['perSample'],
  })
  return ys.map((y, at) => ({ y, loss: perSample?.losses[at] ?? Number.NaN }))
}
