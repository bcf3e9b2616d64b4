import type { Head } from '../../database/history.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { Evaluations } from '../../evaluations/service.ts'
import type { EvaluationState } from '../../loss/state.ts'
import type { Task } from '../../runtime/scheduler.ts'
import { timeOf } from './found.ts'
import type { Period } from './period.ts'
import { rangeOf } from './period.ts'

/** What is different in the report of a period. */
export interface OfPeriod {
  readonly from?: string
  readonly to?: string
  readonly batches?: number
}

/** Uses what the batches of a period, or all, add up to. @throws InvalidContent, EvaluationGone, StoreUnavailable */
export async function reportPeriod<Result>(
  evaluations: Evaluations,
  found: OpenEvaluation,
  { from, to }: Period,
  task: Task,
  use: (total: EvaluationState, head: Head, of: OfPeriod) => Promise<Result>,
): Promise<Result> {
  if (from === undefined && to === undefined) return evaluations.report(found, task, (...all) => use(...all, {}))
  const range = rangeOf({ from, to }, found.declared)
  const { state, batches, head } = await evaluations.period(found, range, task)
  const bounds = { ...(from !== undefined && { from: timeOf(from) }), ...(to !== undefined && { to: timeOf(to) }) }
  return use(state, head, { ...bounds, batches })
}
