import type { Evaluation } from '../database/store.ts'
import type { Batches } from './block-ranges.ts'
import type { Declared } from './declaration.ts'

/** What never changes. */
export interface DeclaredEvaluation {
  readonly declared: Declared
  readonly batches: Batches
}

export interface OpenEvaluation extends DeclaredEvaluation {
  readonly stored: Evaluation
}
