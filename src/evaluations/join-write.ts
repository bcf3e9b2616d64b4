import type { HalvesWrite } from '../database/halves.ts'
import { digestAt } from '../database/halves.ts'
import { waitOf } from './duration.ts'
import type { EvaluatedBatch } from './evaluate.ts'
import { newBatch } from './evaluate.ts'
import type { SomeRows } from './half-rows.ts'
import { gather, someRows } from './half-rows.ts'
import type { JoinPlan } from './join-plan.ts'
import { otherDigest } from './join-plan.ts'
import type { DeclaredEvaluation } from './open-evaluation.ts'

/** What is written of a plan, in steps. */
export function* writeOf(
  { declared, batches: { evaluation } }: DeclaredEvaluation,
  rows: SomeRows,
  { added, joined, partners, expired }: JoinPlan,
  batches: readonly EvaluatedBatch[],
  now: number,
  maxWaiting: number,
): Generator<void, HalvesWrite> {
  const { half, keys } = rows
  const { keys: ids, digests, payloads, ends, times } = yield* someRows(rows, added)
  yield
  const ofJoined = gather(joined.map((at) => digestAt(rows.digests, at)))
  const others = gather(partners.map((row) => otherDigest(half, row)))
  yield
  return {
    evaluation,
    half,
    now,
    expiresAt: now + (declared.join === undefined ? 0 : waitOf(declared.join)),
    expired,
    added: {
      ids,
      digests,
      payloads,
      ends,
      times: ids.map((_, at) => (half === 'labels' ? null : (times?.[at] ?? now))),
    },
    joined: { ids: joined.map((at) => keys[at]), digests: ofJoined, others },
    batches: batches.map((batch) => newBatch(evaluation, batch)),
    maxWaiting,
  }
}
