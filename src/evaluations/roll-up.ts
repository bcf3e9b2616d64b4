import { createHash } from 'node:crypto'
import { EvaluationGone } from '../database/errors.ts'
import type { Head } from '../database/history.ts'
import type { EvaluationState } from '../loss/state.ts'
import { RunningTotal } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Declared, Difference } from './declaration.ts'
import { differencesOf, ofOneEvaluation } from './declaration.ts'
import type { OpenEvaluation } from './open-evaluation.ts'
import type { Selection } from './selection.ts'
import { selected } from './selection.ts'
import type { Evaluations } from './service.ts'

/** What the evaluations that fit add up to. */
export interface RollUp {
  readonly declared: Declared
  readonly state: EvaluationState
  readonly evaluations: number
  readonly batches: number
  /** Equal if the same evaluations have the same batches. */
  readonly digest: string
}

/** Thrown where evaluations were not declared alike. */
export class NotMergeable extends Error {
  readonly first: OpenEvaluation
  readonly other: OpenEvaluation
  readonly differences: readonly Difference[]

  constructor(first: OpenEvaluation, other: OpenEvaluation, differences: readonly Difference[]) {
    super('the evaluations were declared differently')
    this.first = first
    this.other = other
    this.differences = differences
  }
}

/** Uses what batches of one evaluation add up to, and how many they are if not all. It does not change meanwhile. */
export type Report = (
  found: OpenEvaluation,
  use: (total: EvaluationState, head: Head, of: { readonly batches?: number }) => Promise<void>,
) => Promise<void>

/**
 * Merges evaluations of an owner, the newest first. Their totals are those that reports remember, so that most cost no more than
 * to add them.
 *
 * @param grown is called before anything is merged, and after each evaluation that brought groups: reserves the memory
 * @returns undefined if none fits
 * @throws NotMergeable, StoreUnavailable
 */
export async function rollUp(
  evaluations: Evaluations,
  owner: string,
  selection: Selection,
  task: Task,
  grown: (declared: Declared, groups: readonly number[]) => void,
  report: Report,
): Promise<RollUp | undefined> {
  let first: OpenEvaluation | undefined
  let state: RunningTotal | undefined
  let [count, batches] = [0, 0]
  const digest = createHash('sha256')
  task.stop()
  for await (const page of selected(evaluations, owner, selection, task)) {
    task.start()
    for (const each of page) {
      const found = each.open()
      first ??= found
      const differences = differencesInSpec(first.declared, found.declared)
      if (differences.length > 0) throw new NotMergeable(first, found, differences)
      if (state === undefined) grown(found.declared, [])
      state ??= new RunningTotal(found.declared.spec)
      const into = state
      try {
        await report(found, async (total, head, of) => {
          await task.run(into.absorb(total))
          count++
          batches += of.batches ?? head.batches
          digest.update(`${found.stored.incarnation} ${head.batches} ${head.digest}\n`)
        })
      } catch (error) {
        if (error instanceof EvaluationGone) continue
        throw error
      }
      if (into.groups.length > 0)
        grown(
          found.declared,
          into.groups.map(({ size }) => size),
        )
      if (task.isDue) await task.pause()
    }
    task.stop()
  }
  task.start()
  if (first === undefined || state === undefined || count === 0) return undefined
  return { declared: first.declared, state, evaluations: count, batches, digest: digest.digest('hex') }
}

function differencesInSpec(first: Declared, other: Declared): Difference[] {
  if (first === other) return []
  return differencesOf(first, other).filter(({ path: [name] }) => !ofOneEvaluation.some((field) => field === name))
}
