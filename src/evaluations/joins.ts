import { StoreUnavailable } from '../database/errors.ts'
import type { Half, HalvesResult, WaitingHalf } from '../database/halves.ts'
import type { PutResult, Store } from '../database/store.ts'
import { ScopedMemory } from '../loss/memory.ts'
import type { EvaluationState } from '../loss/state.ts'
import { elementOfKey, keyOf } from '../loss/value-list.ts'
import type { Task } from '../runtime/scheduler.ts'
import { waitOf } from './duration.ts'
import type { BatchContext, EvaluatedBatch } from './evaluate.ts'
import type { HalfRows, SomeRows } from './half-rows.ts'
import { sliceOf, someRows } from './half-rows.ts'
import type { JoinPlan } from './join-plan.ts'
import { planOf } from './join-plan.ts'
import { writeOf } from './join-write.ts'
import { foldsOf, windowsOf } from './joined-windows.ts'
import type { DeclaredEvaluation, OpenEvaluation } from './open-evaluation.ts'
import type { RowId } from './row-ids.ts'

/** So often the rows of a body are looked at again because others wrote to the same ones meanwhile. */
const mostTries = 16
/** Rows whose halves are read and written at once: what they take, and how long others wait for the store, does not grow with a body. */
const rowsAtOnce = 4096
/** What a row takes meanwhile, besides its payload. */
const foundBytes = 1024
/** Windows whose rows are written in one transaction. */
const mostWindows = 512

const nothingNew: JoinPlan = {
  added: [],
  joined: [],
  partners: [],
  replayed: 0,
  conflicts: [],
  expired: { ids: [], waitingPredictions: 0, waitingLabels: 0 },
}

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

/** What is counted while rows are taken. */
type Counts = { -readonly [Name in keyof Taken]: Name extends 'conflicts' ? number[] : number }

export type TakeOutcome = ({ readonly outcome: 'taken' } & Taken) | { readonly outcome: Refusal }
type Refusal = Exclude<HalvesResult['outcome'], 'committed' | 'changed'>
type CheckGroups = (state: EvaluationState) => Promise<void>

/** Rows of a body, and their places in it. */
interface Rest {
  readonly rows: SomeRows
  readonly places: readonly number[]
}

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
   * folded before anything is locked; it is written only if the store is still as it was read. Many rows are written in several
   * transactions, and so are rows of many windows.
   *
   * @param checkGroups refuses rows with too many groups
   * @throws LimitExceeded, StoreUnavailable
   */
  async take(
    evaluation: DeclaredEvaluation,
    rows: HalfRows,
    context: JoinContext,
    checkGroups: CheckGroups,
  ): Promise<TakeOutcome> {
    const taken = { accepted: 0, replayed: 0, conflicts: [] as number[], joined: 0 }
    for (let from = 0; from < rows.keys.length; from += rowsAtOnce) {
      const slice = sliceOf(rows, from, from + rowsAtOnce)
      const outcome = await this.#takeSome(
        evaluation,
        { rows: slice, places: slice.keys.map((_, at) => from + at) },
        context,
        checkGroups,
        taken,
      )
      if (outcome !== 'taken') return { outcome }
    }
    return { outcome: 'taken', ...taken }
  }

  async #takeSome(
    evaluation: DeclaredEvaluation,
    some: Rest,
    context: JoinContext,
    checkGroups: CheckGroups,
    taken: Counts,
  ): Promise<'taken' | Refusal> {
    let rest = some
    for (let tries = 0; tries < mostTries; tries++) {
      const result = await this.#try(evaluation, rest, context, checkGroups, taken)
      if (typeof result === 'string') return result
      rest = result
    }
    throw new StoreUnavailable('busy')
  }

  /** @returns the rows that are still to be taken, because the store is not as it was read */
  async #try(
    evaluation: DeclaredEvaluation,
    rest: Rest,
    context: JoinContext,
    checkGroups: CheckGroups,
    taken: Counts,
  ): Promise<'taken' | Refusal | Rest> {
    const { rows, places } = rest
    const { task } = context
    using memory = new ScopedMemory(context.memory)
    memory.reserve(rows.keys.length * (foundBytes + rows.payloads.length / rows.keys.length))
    task.stop()
    const found = await this.#store.readHalves(evaluation.batches.evaluation, rows.keys)
    task.start()
    const now = this.#now()
    const plan = await task.run(planOf(rows, found, now))
    const windows = await task.run(windowsOf(evaluation.declared.window, rows, plan, now))
    let written = 0
    do {
      const isFirst = written === 0
      using ofPart = new ScopedMemory(context.memory)
      const part = windows.slice(written, written + mostWindows)
      const folds = await task.run(foldsOf(evaluation, rows, part, { ...context, memory: ofPart }))
      for (const { state } of folds) if (state.groups.length > 0) await checkGroups(state)
      const joins = part.slice(0, folds.length)
      const batches = folds.map(({ batch }) => batch)
      const some = {
        ...(isFirst ? plan : nothingNew),
        joined: joins.flatMap(({ joined }) => joined),
        partners: joins.flatMap(({ partners }) => partners),
      }
      if (some.added.length + some.joined.length > 0) {
        const write = await task.run(writeOf(evaluation, rows, some, batches, now, context.maxWaitingRows))
        task.stop()
        const result = await this.#store.putHalves(write)
        task.start()
        if (result.outcome === 'changed') {
          if (isFirst) return rest
          const left = windows.slice(written).flatMap(({ joined }) => joined)
          return { rows: await task.run(someRows(rows, left)), places: left.map((at) => places[at]) }
        }
        if (result.outcome !== 'committed') return result.outcome
        this.#events.put(evaluation, batches, result.batches)
        this.#events.joined(some.joined.length)
      }
      taken.accepted += some.added.length + some.joined.length
      taken.joined += some.joined.length
      taken.replayed += some.replayed
      for (const at of some.conflicts) taken.conflicts.push(places[at])
      written += folds.length
    } while (written < windows.length)
    return 'taken'
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
    return entries.map(({ id, expiresAt }: WaitingHalf) => ({
      id: elementOfKey(id),
      since: expiresAt - wait,
      expiresAt,
    }))
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
