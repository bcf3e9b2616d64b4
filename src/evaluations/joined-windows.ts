import { randomBytes } from 'node:crypto'
import type { FoundRow } from '../database/halves.ts'
import type { EvaluationState } from '../loss/state.ts'
import type { BatchContext, EvaluatedBatch } from './evaluate.ts'
import { evaluateBatch } from './evaluate.ts'
import type { SomeRows } from './half-rows.ts'
import type { JoinPlan } from './join-plan.ts'
import { joinedTensors } from './joined-tensors.ts'
import type { DeclaredEvaluation } from './open-evaluation.ts'
import type { WindowName } from './window.ts'
import { startOf } from './window.ts'

const rowsPerStep = 4096
/** Bytes of states that are held at once. */
const mostStateBytes = 2 ** 22

/** Rows that join and belong to one window. */
export interface JoinedWindow {
  /** Of one of the rows, where windows are declared. */
  readonly time: number | undefined
  readonly joined: number[]
  readonly partners: FoundRow[]
}

/** The rows that join by their windows, in the order of time, in steps; all of them as one where none are declared. */
export function* windowsOf(
  window: WindowName | undefined,
  { half, times }: SomeRows,
  { joined, partners }: JoinPlan,
  now: number,
): Generator<void, readonly JoinedWindow[]> {
  if (joined.length === 0) return []
  if (window === undefined) return [{ time: undefined, joined: [...joined], partners: [...partners] }]
  const windows = new Map<number, JoinedWindow>()
  for (const [i, at] of joined.entries()) {
    const time = (half === 'predictions' ? times?.[at] : partners[i].at) ?? now
    const start = startOf(window, time)
    const known = windows.get(start)
    if (known === undefined) windows.set(start, { time, joined: [at], partners: [partners[i]] })
    else {
      known.joined.push(at)
      known.partners.push(partners[i])
    }
    if (i % rowsPerStep === rowsPerStep - 1) yield
  }
  return Array.from(windows)
    .sort(([a], [b]) => a - b)
    .map(([, rows]) => rows)
}

export interface JoinedFold {
  readonly batch: EvaluatedBatch
  readonly state: EvaluationState
}

/** What the rows of the first windows add up to: of as many as may be held at once, but at least of one. */
export function* foldsOf(
  evaluation: DeclaredEvaluation,
  rows: SomeRows,
  windows: readonly JoinedWindow[],
  context: BatchContext,
): Generator<void, readonly JoinedFold[]> {
  const folds: JoinedFold[] = []
  let bytes = 0
  for (const { time, joined, partners } of windows) {
    if (bytes >= mostStateBytes) break
    const tensors = yield* joinedTensors(evaluation.declared, rows, joined, partners, context.memory)
    const name = `joined.${randomBytes(12).toString('hex')}`
    const fold = yield* evaluateBatch(evaluation, name, tensors, context, time)
    bytes += fold.batch.state.length
    context.memory.reserve(fold.batch.state.length)
    folds.push(fold)
  }
  return folds
}
