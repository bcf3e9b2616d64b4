import type { TurnLoad } from '../../runtime/turns.ts'
import { StoreUnavailable } from '../errors.ts'
import type { FoundRow, HalvesResult, HalvesWrite } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { Statement } from './engine.ts'
import type { EvaluationEngine, PutRules } from './evaluation-engine.ts'

/** What an error without a reason counts as. */
export const otherFailure = 'other'

export interface StoreObserver {
  ran(system: string, operation: string, seconds: number, failure?: string): void
  committed(batches: number): void
  /** How long an operation has waited for its turn. */
  waited(seconds: number): void
  /** Changes of other replicas are not heard of. */
  listenFailed(): void
}

export class ObservedEngine implements EvaluationEngine {
  readonly #engine: EvaluationEngine
  readonly #system: string
  readonly #observer: StoreObserver

  constructor(engine: EvaluationEngine, system: string, observer: StoreObserver) {
    this.#engine = engine
    this.#system = system
    this.#observer = observer
  }

  ready(): Promise<void> {
    return this.#engine.ready()
  }

  ping(): Promise<void> {
    return this.#measure('ping', this.#engine.ping())
  }

  query<Row>(statement: Statement): Promise<Row[]> {
    return this.#measure('query', this.#engine.query<Row>(statement))
  }

  write<Row>(statement: Statement): Promise<Row[]> {
    return this.#measure('write', this.#engine.write<Row>(statement))
  }

  get binaryName(): string {
    return this.#engine.binaryName
  }

  get position(): string {
    return this.#engine.position
  }

  isAmongHalves(found: string): string {
    return this.#engine.isAmongHalves(found)
  }

  get load(): TurnLoad {
    return this.#engine.load
  }

  transaction<Row>(statements: readonly Statement[], lock?: string): Promise<Row[][]> {
    return this.#measure('transaction', this.#engine.transaction<Row>(statements, lock))
  }

  async putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]> {
    const results = await this.#measure('commit', this.#engine.putBatches(batches, rules))
    this.#observer.committed(batches.length)
    return results
  }

  readHalves(evaluation: EvaluationKey, ids: readonly string[]): Promise<FoundRow[]> {
    return this.#measure('query', this.#engine.readHalves(evaluation, ids))
  }

  putHalves(writes: readonly HalvesWrite[], rules: PutRules): Promise<HalvesResult[]> {
    return this.#measure('commit', this.#engine.putHalves(writes, rules))
  }

  listen(listener: (evaluation?: number) => void): void {
    this.#engine.listen(listener)
  }

  announce(evaluation: number): void {
    this.#engine.announce(evaluation)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  #measure<Result>(operation: string, result: Promise<Result>): Promise<Result> {
    const since = performance.now()
    const tell = (failure?: string) => {
      this.#observer.ran(this.#system, operation, (performance.now() - since) / 1000, failure)
    }
    result.then(
      () => tell(),
      (error) => {
        const reason = error instanceof StoreUnavailable ? error.reason : otherFailure
        // what no client waits for was not run
        if (reason !== 'left') tell(reason)
      },
    )
    return result
  }
}
