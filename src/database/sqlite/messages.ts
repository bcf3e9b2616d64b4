import type { Reason } from '../errors.ts'
import type { FoundRow, HalvesResult, HalvesWrite } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import type { Statement } from '../sql/engine.ts'
import type { PutRules } from '../sql/evaluation-engine.ts'
import type { MigrationLog } from '../sql/schema.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { Packed } from './packing.ts'

export interface Setup {
  readonly path: string
  readonly lockMilliseconds: number
  readonly isReader: boolean
}

export interface Methods {
  query(statement: Statement): Packed<object>
  write(statement: Statement): Packed<object>
  transaction(statements: readonly Statement[]): unknown[][]
  putBatches(batches: Packed<NewBatch>, rules: PutRules): PutResult[]
  readHalves(evaluation: EvaluationKey, ids: readonly string[]): Packed<FoundRow>
  putHalves(writes: readonly HalvesWrite[], rules: PutRules): HalvesResult[]
  hasChanged(): boolean
  /** Writes something that changes nothing. */
  tryToWrite(): void
  /** Brings a file up to date that was restored with an older schema. */
  refresh(): void
}

export interface Call {
  readonly id: number
  readonly method: keyof Methods
  readonly args: readonly unknown[]
}

export type Failure = { readonly unusable: string } | { readonly reason: Reason | undefined; readonly error: unknown }

/** A line for the log. */
export interface Told {
  readonly told: Parameters<MigrationLog['info']>
}

/** With the milliseconds that the call took. */
export type Reply = { readonly id: number; readonly milliseconds: number } & (
  | { readonly result: unknown }
  | { readonly failure: Failure }
)
