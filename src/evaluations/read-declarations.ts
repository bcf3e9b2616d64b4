import { LRUCache } from 'lru-cache'
import type { EvaluationKey } from '../database/history.ts'
import type { Evaluation, Store } from '../database/store.ts'
import type { Scheduler } from '../runtime/scheduler.ts'
import { StateCodec } from './codec.ts'
import { readDeclaration } from './declaration.ts'
import type { FoldWatch } from './fold-failures.ts'
import type { DeclaredEvaluation, OpenEvaluation } from './open-evaluation.ts'

/** Bytes of declarations that are remembered: of what belongs to each, and at most for each of its characters. */
const mostDeclared = 2 ** 26
const ownBytes = 1024
const characterBytes = 8
/** Characters that are read at once, whoever else computes. */
const fewCharacters = 2 ** 13

/** Declarations of evaluations as they were read, those that were used last. */
export class ReadDeclarations {
  readonly #store: Store
  readonly #folds: FoldWatch
  readonly #scheduler: Scheduler
  readonly #read = new LRUCache<string, DeclaredEvaluation>({
    maxSize: mostDeclared,
    sizeCalculation: ({ batches }) => batches.declaredBytes,
  })

  constructor(store: Store, folds: FoldWatch, scheduler: Scheduler) {
    this.#store = store
    this.#folds = folds
    this.#scheduler = scheduler
  }

  /** @throws StoreUnavailable for what only a newer release knows */
  open(stored: Evaluation): OpenEvaluation {
    const { id, incarnation, declaration } = stored
    const known = this.find(stored)
    if (known !== undefined) return { stored, ...known }
    const declared = readDeclaration(declaration)
    const codec = new StateCodec(declared.spec, declared.outputs)
    const declaredBytes = ownBytes + characterBytes * declaration.length
    const batches = { store: this.#store, evaluation: { id, incarnation }, codec, folds: this.#folds, declaredBytes }
    const opened = { declared, batches }
    this.#read.set(keyOf(stored), opened)
    return { stored, ...opened }
  }

  /** As `open`, in a slice of the scheduler where there is much to read. */
  async openInTurn(stored: Evaluation): Promise<OpenEvaluation> {
    if (stored.declaration.length <= fewCharacters || this.find(stored) !== undefined) return this.open(stored)
    return this.#scheduler.inSlice(() => this.open(stored))
  }

  find(evaluation: EvaluationKey): DeclaredEvaluation | undefined {
    return this.#read.get(keyOf(evaluation))
  }

  forget(evaluation: EvaluationKey): void {
    this.#read.delete(keyOf(evaluation))
  }
}

function keyOf({ id, incarnation }: EvaluationKey): string {
  return `${id} ${incarnation}`
}
