import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { Evaluations } from '../../evaluations/service.ts'
import { Problem } from '../../http/problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { Statistics } from '../../loss/report/statistics.ts'
import { statisticsOf } from '../../loss/report/statistics.ts'
import type { Tally } from '../../loss/tally.ts'
import { emptyTally } from '../../loss/tally.ts'
import { shortened } from '../../loss/validation-errors.ts'
import { quoted } from '../../loss/words.ts'

export interface EvaluationRouteOptions {
  readonly evaluations: Evaluations
  /** Days after the last write until an evaluation is deleted; 0 is never. */
  readonly retentionDays: number
  /** Aborted when the service shuts down, to end event streams. */
  readonly ending: AbortSignal
}

export function noEvaluation(name: string): Problem {
  return new Problem('not-found', `There is no evaluation ${quoted(name)}.`)
}

/** For a batch, which needs a declaration before it. */
export function notDeclared(name: string): Problem {
  const detail = `There is no evaluation ${quoted(name)}. Declare it first with PUT /v1/evaluations/${shortened(name)}.`
  return new Problem('not-found', detail)
}

/** @throws Problem `not-found` */
export async function foundEvaluation(
  evaluations: Evaluations,
  owner: string,
  name: string,
  absent = noEvaluation,
): Promise<OpenEvaluation> {
  const found = await evaluations.find(owner, name)
  if (found === undefined) throw absent(name)
  return found
}

/** The fields of a report that are not computed from batches. */
export function stateOf({ stored, declared }: OpenEvaluation, retentionDays: number): Record<string, unknown> {
  const { name, status, createdAt, updatedAt } = stored
  const { expectedBatches, expectedSamples, metadata } = declared
  return {
    evaluation: name,
    status,
    batches: stored.batches,
    expectedBatches,
    expectedSamples,
    metadata,
    createdAt: timeOf(createdAt),
    updatedAt: timeOf(updatedAt),
    expiresAt: retentionDays === 0 ? null : timeOf(updatedAt + retentionDays * 86_400_000),
  }
}

export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** The tally of an evaluation, which knows its K before the first batch. */
export function tallyOf(tally: Tally, outputs: number): Tally {
  return tally.samples === 0 ? { ...emptyTally, outputs } : tally
}

type Figures = Pick<Statistics, 'samples' | 'outputs' | 'loss' | 'lossStatus' | 'accuracy'>

export function figuresOf(evaluations: Evaluations, found: OpenEvaluation, { task }: RequestContext): Promise<Figures> {
  const { spec, outputs } = found.declared
  return evaluations.report(found, task, async ({ tally }) => {
    const { samples, loss, lossStatus, accuracy } = statisticsOf(tallyOf(tally, outputs), spec)
    return { samples, outputs, loss, lossStatus, accuracy }
  })
}
