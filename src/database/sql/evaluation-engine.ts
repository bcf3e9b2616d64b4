import type { TurnLoad } from '../../runtime/turns.ts'
import type { FoundRow, HalvesResult, HalvesWrite } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { SqlEngine } from './engine.ts'

export interface EvaluationEngine extends SqlEngine {
  /** The names of evaluations in the order of their characters, as an index has them. */
  readonly binaryName: string
  /** The function that finds a text in a text: 0 where it is not. */
  readonly position: string
  /** The condition that a row of halves of the evaluation $1 is one of those that `FROM halves ...` finds. */
  isAmongHalves(found: string): string
  readonly load: TurnLoad
  /** Fulfilled when the schema is up to date, however long that takes. */
  ready(): Promise<void>
  /** Fulfilled when the database can be written to. */
  ping(): Promise<void>
  putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]>
  readHalves(evaluation: EvaluationKey, ids: readonly string[]): Promise<FoundRow[]>
  /** Answers each in its place: each is written as a whole, or nothing of it. */
  putHalves(writes: readonly HalvesWrite[], rules: PutRules): Promise<HalvesResult[]>
  /** @param listener called with the id of an evaluation that changed, or without one if any may have */
  listen(listener: (evaluation?: number) => void): void
  /** Has other processes hear soon of a change that is committed. */
  announce(evaluation: number): void
}

export interface PutRules {
  readonly maxBatches: number
  readonly now: number
}
