import { randomBytes } from 'node:crypto'
import { StoreUnavailable } from '../database/errors.ts'
import type { Half, HalvesResult, HalvesWrite, WaitingHalf } from '../database/halves.ts'
import { digestAt, payloadAt } from '../database/halves.ts'
import type { PutResult, Store } from '../database/store.ts'
import { ScopedMemory } from '../loss/memory.ts'
import type { EvaluationState } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import { waitOf } from './duration.ts'
import type { BatchContext, EvaluatedBatch } from './evaluate.ts'
import { evaluateBatch, newBatch } from './evaluate.ts'
import type { HalfRows } from './half-rows.ts'
import { gather } from './half-rows.ts'
import type { JoinPlan } from './join-plan.ts'
import { otherDigest, planOf } from './join-plan.ts'
import { joinedTensors } from './joined-tensors.ts'
import type { DeclaredEvaluation, OpenEvaluation } from './open-evaluation.ts'
import type { RowId } from './row-ids.ts'
import { idOf, keyOf } from './row-ids.ts'

/** So often the rows of a body are looked at again because others wrote to the same ones meanwhile. */
const mostTries = 16
/** What the store answers of a row, besides its payload. */
const foundBytes = 512

export interface JoinContext extends BatchContext {
  readonly maxWaitingRows: number
  readonly task: Task
}

export interface Taken {
  readonly accepted: number
  readonly replayed: number
  /** The places of rows whose id is known with other content. */
  readonly conflicts: readonly number[]
  readonly joined: number
}

export type TakeOutcome = ({ readonly outcome: 'taken' } & Taken) | { readonly outcome: Refusal }
type Refusal = Exclude<HalvesResult['outcome'], 'committed' | 'changed'>

export interface WaitingEntry {
  readonly id: RowId
  /** In milliseconds since 1970. */
  readonly since: number
  readonly expiresAt: number
}

export interface JoinEvents {
  /** Is told of the batches of joined rows, as of others that were put. */
  readonly put: (
    evaluation: DeclaredEvaluation,
    evaluated: readonly EvaluatedBatch[],
    results: readonly PutResult[],
  ) => void
  readonly joined: (rows: number) => void
}

/** Predictions and labels of the same rows that come apart, and count once both are there. */
export class Joins {
  readonly #store: Store
  readonly #events: JoinEvents
  readonly #now: () => number

  constructor(store: Store, events: JoinEvents, now: () => number) {
    this.#store = store
    this.#events = events
    this.#now = now
  }

  /**
   * Takes the halves of a body, each once, and counts the rows that are whole now. What the store has is read and the rows are
   * folded before anything is locked; it is written only if the store is still as it was read.
   *
   * @param checkGroups refuses rows with too many groups
   * @throws LimitExceeded, StoreUnavailable
   */
  async take(
    evaluation: DeclaredEvaluation,
    rows: HalfRows,
    context: JoinContext,
    checkGroups: (state: EvaluationState) => Promise<void>,
  ): Promise<TakeOutcome> {
    for (let tries = 0; tries < mostTries; tries++) {
      const taken = await this.#try(evaluation, rows, context, checkGroups)
      if (taken.outcome !== 'changed') return taken
    }
    throw new StoreUnavailable('busy')
  }

  async #try(
    evaluation: DeclaredEvaluation,
    rows: HalfRows,
    context: JoinContext,
    checkGroups: (state: EvaluationState) => Promise<void>,
  ): Promise<TakeOutcome | { readonly outcome: 'changed' }> {
    const { task } = context
    using memory = new ScopedMemory(context.memory)
    memory.reserve(rows.keys.length * (foundBytes + rows.payloads.length / rows.keys.length))
    task.stop()
    const found = await this.#store.readHalves(evaluation.batches.evaluation, rows.keys)
    task.start()
    const now = this.#now()
    const plan = await task.run(planOf(rows, found, now))
    const { added, joined, replayed, conflicts } = plan
    const counted = {
      outcome: 'taken',
      accepted: added.length + joined.length,
      replayed,
      conflicts,
      joined: joined.length,
    } as const
    if (added.length + joined.length === 0) return counted
    const evaluated =
      joined.length === 0 ? undefined : await task.run(this.#fold(evaluation, rows, plan, { ...context, memory }))
    if (evaluated !== undefined && evaluated.state.groups.length > 0) await checkGroups(evaluated.state)
    const batches = evaluated === undefined ? [] : [evaluated.batch]
    const write = await task.run(writeOf(evaluation, rows, plan, batches, now, context.maxWaitingRows))
    task.stop()
    const result = await this.#store.putHalves(write)
    task.start()
    if (result.outcome !== 'committed') return { outcome: result.outcome }
    this.#events.put(evaluation, batches, result.batches)
    this.#events.joined(joined.length)
    return counted
  }

  *#fold(
    evaluation: DeclaredEvaluation,
    rows: HalfRows,
    { joined, partners }: JoinPlan,
    context: JoinContext,
  ): Generator<void, { readonly batch: EvaluatedBatch; readonly state: EvaluationState }> {
    const tensors = yield* joinedTensors(evaluation.declared, rows, joined, partners, context.memory)
    return yield* evaluateBatch(evaluation, `joined.${randomBytes(12).toString('hex')}`, tensors, context)
  }

  /** Halves that wait for the other, the oldest first. @param after the last one of the page before */
  async waiting(
    { stored, declared }: OpenEvaluation,
    half: Half,
    after: WaitingEntry | undefined,
    limit: number,
  ): Promise<WaitingEntry[]> {
    const wait = declared.join === undefined ? 0 : waitOf(declared.join)
    const last = after && { id: keyOf(after.id), expiresAt: after.expiresAt }
    const page = { half, after: last, limit, now: this.#now() }
    const entries = await this.#store.listWaiting(stored, page)
    return entries.map(({ id, expiresAt }: WaitingHalf) => ({ id: idOf(id), since: expiresAt - wait, expiresAt }))
  }

  /** Since when the half waits that has waited longest, in milliseconds since 1970. */
  async oldestWaiting(evaluation: OpenEvaluation): Promise<number | undefined> {
    const { waitingPredictions, waitingLabels } = evaluation.stored
    const halves = [waitingPredictions > 0 && 'predictions', waitingLabels > 0 && 'labels'] as const
    const oldest = await Promise.all(
      halves.filter((half) => half !== false).map((half) => this.waiting(evaluation, half, undefined, 1)),
    )
    const times = oldest.flat().map(({ since }) => since)
    return times.length === 0 ? undefined : Math.min(...times)
  }
}

/** What is written of a plan, in steps. */
function* writeOf(
  { declared, batches: { evaluation } }: DeclaredEvaluation,
  rows: HalfRows,
  { added, joined, partners, expired }: JoinPlan,
  batches: readonly EvaluatedBatch[],
  now: number,
  maxWaiting: number,
): Generator<void, HalvesWrite> {
  const { half, keys, times } = rows
  const isWhole = added.length === keys.length
  const digests = isWhole ? rows.digests : gather(added.map((at) => digestAt(rows.digests, at)))
  yield
  const parts = isWhole ? [] : added.map((at) => payloadAt(rows, at))
  const payloads = isWhole ? rows.payloads : gather(parts)
  yield
  let end = 0
  const ends = isWhole
    ? rows.ends
    : parts.map(({ length }) => {
        end += length
        return end
      })
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
      ids: added.map((at) => keys[at]),
      digests,
      payloads,
      ends,
      times: added.map((at) => (half === 'labels' ? null : (times?.[at] ?? now))),
    },
    joined: { ids: joined.map((at) => keys[at]), digests: ofJoined, others },
    batches: batches.map((batch) => newBatch(evaluation, batch)),
    maxWaiting,
  }
}
