import type { Evaluation } from '../database/store.ts'
import type { Batches } from './block-ranges.ts'
import type { Declared } from './declaration.ts'

/** What an evaluation was declared with, and where its batches are: nothing that ever changes. */
export interface DeclaredEvaluation {
  readonly declared: Declared
  readonly batches: Batches
}

/** An evaluation as it is stored, with its declaration read. */
export interface OpenEvaluation extends DeclaredEvaluation {
  readonly stored: Evaluation
}
