import { hash } from 'node:crypto'
import type { Head } from '../../database/history.ts'
import type { Difference } from '../../evaluations/declaration.ts'
import { metadataOf } from '../../evaluations/metadata.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { Evaluations } from '../../evaluations/service.ts'
import { fixedLimits } from '../../http/limits.ts'
import { Problem, pointerOf } from '../../http/problem.ts'
import type { Tally } from '../../loss/tally.ts'
import { emptyTally } from '../../loss/tally.ts'
import { describe, LimitExceeded, shortened } from '../../loss/validation-errors.ts'
import { inWords, quoted } from '../../loss/words.ts'

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

/** For a batch that an evaluation has no place for. */
export function noMoreBatches(): LimitExceeded {
  const { maxBatches } = fixedLimits
  const detail = `The limit of maxBatches, ${maxBatches}, batches in this evaluation is reached.`
  return new LimitExceeded('maxBatches', maxBatches, [], detail)
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
  const { expectedBatches, expectedSamples, join, window, badge } = declared
  return {
    evaluation: name,
    status,
    batches: stored.batches,
    expectedBatches,
    expectedSamples,
    join,
    window,
    badge,
    metadata: metadataOf({ stored, declared }),
    createdAt: timeOf(createdAt),
    updatedAt: timeOf(updatedAt),
    expiresAt: retentionDays === 0 ? null : timeOf(updatedAt + retentionDays * 86_400_000),
  }
}

/** The ETag of its report. */
export function tagOf({ stored, declared: { join } }: OpenEvaluation, { batches, digest }: Head): string {
  const { incarnation, status, metadata, waitingPredictions, waitingLabels, expired } = stored
  const changed = metadata === null ? '' : `-${hash('sha256', metadata).slice(0, 16)}`
  const halves = join === undefined ? '' : `-${waitingPredictions}-${waitingLabels}-${expired}`
  return `W/"${(digest ?? incarnation).slice(0, 32)}-${batches}-${status}${changed}${halves}"`
}

export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** The tally of an evaluation, which knows its K before the first batch. */
export function tallyOf(tally: Tally, outputs: number): Tally {
  return tally.samples === 0 ? { ...emptyTally, outputs } : tally
}

interface Differing extends Difference {
  readonly detail: string
}

/** The fields of a problem that lists differences of declarations. */
export function listed(differences: readonly Differing[]): Record<string, unknown> {
  const errors = differences.slice(0, fixedLimits.maxListedErrors).map(({ path, detail, received }) => ({
    pointer: pointerOf(path),
    code: 'differs' as const,
    detail,
    received: describe(received),
  }))
  return { errors, errorCount: differences.length }
}

export function said(value: unknown): string {
  return value === undefined ? 'not given' : inWords(value)
}

/** How many halves of rows an evaluation has that was declared with `join`. @param joined rows that have both */
export async function joinedOf(evaluations: Evaluations, found: OpenEvaluation, joined: number) {
  if (found.declared.join === undefined) return undefined
  const { waitingPredictions, waitingLabels, expired } = found.stored
  const oldest = await evaluations.joins.oldestWaiting(found)
  return {
    predictions: joined + waitingPredictions,
    labels: joined + waitingLabels,
    joined,
    waitingPredictions,
    waitingLabels,
    expired,
    oldestWaiting: oldest === undefined ? null : timeOf(oldest),
  }
}
