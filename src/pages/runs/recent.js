/** @import { LearningCurve, RunEntry } from '../types.d.ts' */
import { answerOf, get, pool } from '../api.js'

/** Groups of consecutive batches that a run is looked at in. */
const points = 50
/** As many runs are looked at. */
const most = 50

/** @typedef {{ latest: number | null, best: number | null }} Recent the loss of the last group, and the least of all groups */

/** What the list of the service does not have: how runs do lately. It is asked for again only where batches have come. */
export function recents() {
  /** @type {Map<string, Recent & { version: string }>} */
  const known = new Map()
  return {
    /** @param {string} name @returns {Recent | undefined} */
    of: (name) => known.get(name),
    /**
     * @param {readonly RunEntry[]} entries
     * @param {() => void} onChange
     */
    async load(entries, onChange) {
      const tasks = entries.slice(0, most).flatMap(({ evaluation, createdAt, batches }) => {
        const version = `${createdAt} ${batches}`
        if (batches === 0 || known.get(evaluation)?.version === version) return []
        return async () => {
          /** @type {LearningCurve} */
          const curve = answerOf(await get(`/v1/evaluations/${evaluation}/curve?points=${points}`))
          const losses = curve.points.flatMap(({ loss }) => loss ?? [])
          known.set(evaluation, {
            version,
            latest: curve.points.at(-1)?.loss ?? null,
            best: losses.length === 0 ? null : Math.min(...losses),
          })
          onChange()
        }
      })
      await pool(2, tasks)
    },
  }
}
