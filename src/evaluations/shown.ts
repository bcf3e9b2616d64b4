import type { Evaluation, Store, WindowRange } from '../database/store.ts'
import type { Statistics } from '../loss/report/statistics.ts'
import { statisticsOf } from '../loss/report/statistics.ts'
import { regularly } from '../runtime/regularly.ts'
import type { Scheduler, Task } from '../runtime/scheduler.ts'
import type { OpenEvaluation } from './open-evaluation.ts'
import type { Window } from './window-totals.ts'

const everyMilliseconds = 10_000
/** Of all owners together. */
const mostShown = 1000

/** What the metrics show of an evaluation: of its last window that has begun, or of all its rows. */
export interface ShownFigures extends Figures {
  readonly owner: string
  readonly evaluation: string
}

type Figures = Pick<Statistics, 'loss' | 'lossStatus' | 'accuracy'>

interface Reports {
  open(stored: Evaluation): OpenEvaluation
  figures(found: OpenEvaluation, task: Task): Promise<Figures>
  windows(found: OpenEvaluation, range: WindowRange, task: Task): AsyncGenerator<Window, void>
}

export async function shownFigures(
  evaluations: Reports,
  store: Store,
  most: number,
  now: number,
  task: Task,
): Promise<ShownFigures[]> {
  const shown: ShownFigures[] = []
  for (const stored of await store.listShown(most)) {
    const figures = await figuresOf(evaluations, store, stored, now, task).catch(() => undefined)
    if (figures === undefined) continue
    const { loss, lossStatus, accuracy } = figures
    shown.push({ owner: stored.owner, evaluation: stored.name, loss, lossStatus, accuracy })
  }
  return shown
}

async function figuresOf(
  evaluations: Reports,
  store: Store,
  stored: Evaluation,
  now: number,
  task: Task,
): Promise<Figures | undefined> {
  const found = evaluations.open(stored)
  if (found.declared.window === undefined) return evaluations.figures(found, task)
  const start = await store.lastWindow(stored, now)
  if (start === undefined) return undefined
  for await (const { state } of evaluations.windows(found, { from: start, to: start + 1, most: 1 }, task)) {
    return statisticsOf(state.tally, found.declared.spec)
  }
  return undefined
}

/** @param show is told every ten seconds @returns ends it */
export function showRegularly(
  evaluations: { shown(most: number, now: number, task: Task): Promise<readonly ShownFigures[]> },
  scheduler: Scheduler,
  show: (figures: readonly ShownFigures[]) => void,
): () => void {
  return regularly(everyMilliseconds, async (isEnded) => {
    const task = scheduler.task(Number.POSITIVE_INFINITY, Error)
    task.start()
    // while the store is out of reach, what was seen last is shown no longer
    const figures = await evaluations.shown(mostShown, Date.now(), task).catch(() => [])
    task.stop()
    if (!isEnded()) show(figures)
  })
}
