/** @import { LearningCurve, Run, RunReport } from '../types.d.ts' */
import { answerOf, get, LossmeterError, newest, OutOfReach, service } from '../api.js'
import { windowsOf } from './windows.js'

/** How long to wait before asking again, where no events report changes. */
const patience = 5000
/** Between two looks at a run of which there is always something new. */
const breath = 300

/**
 * Loads a run and keeps it as it is at the service, until the signal.
 *
 * @param {Run} run
 * @param {{ points: () => number, hasWindows: () => boolean, isStreamed: boolean, onChange: () => void, signal: AbortSignal }} how `points`: how many
 *   the curve may have; `hasWindows`: whether its windows are to be shown; `isStreamed`: whether to hear of changes as they come, for which a browser has few connections
 * @returns {Promise<void>} when there is nothing more to come
 */
export async function watch(run, { points, hasWindows, isStreamed, onChange, signal }) {
  const path = `/v1/evaluations/${run.name}`

  const askCurve = () => get(`${path}/curve?points=${points()}`, signal)

  const load = async () => {
    // at first both are needed, whatever the report says
    const [answer, first] = await Promise.all([get(path, signal), run.report === undefined ? askCurve() : undefined])
    const report = /** @type {RunReport} */ (answerOf(answer))
    const hasChanged = report.batches !== run.report?.batches || report.createdAt !== run.report.createdAt
    if (hasChanged) {
      const exchange = first ?? (await askCurve())
      run.points = /** @type {LearningCurve} */ (answerOf(exchange)).points
      run.exchange = exchange
    }
    if (report.window !== undefined && hasWindows() && (hasChanged || run.windows === undefined))
      run.windows = await windowsOf(path, signal)
    run.report = report
    run.trouble = undefined
    onChange()
  }

  /** @param {unknown} error */
  const fail = (error) => {
    if (signal.aborted) return
    run.trouble = error
    onChange()
  }

  const refresh = newest(async () => {
    const start = performance.now()
    await load().catch(fail)
    await pause(Math.max(breath, 2 * (performance.now() - start)), signal)
  })

  const listen = async () => {
    const after = run.report?.batches ?? 0
    for await (const event of service().evaluation(run.name).events({ after, signal })) {
      run.isLive = true
      if (event.status === 'deleted') return
      const { report } = run
      if (event.type === 'batch' || event.status !== report?.status || event.batches !== report?.batches) refresh(0)
      else onChange()
      if (event.status === 'sealed') return refresh(0)
    }
  }

  while (!signal.aborted) {
    try {
      await load()
      if (run.report?.status === 'sealed') return
      if (isStreamed) await listen()
    } catch (error) {
      // of a stream that ended, the next look shows why
      if (!(error instanceof OutOfReach)) fail(error)
      if (error instanceof LossmeterError && error.status === 404) return
    } finally {
      run.isLive = false
    }
    // a stream that ended may have reported the end
    await pause(run.trouble === undefined && isStreamed ? breath : patience, signal)
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
}
