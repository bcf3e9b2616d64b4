import type { ClientBase } from 'pg'
import type { WaitWatch } from '../../runtime/turns.ts'
import { onBehalfOf } from '../caller.ts'
import type { FoundRow, HalvesResult, HalvesWrite } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import type { EvaluationEngine, PutRules } from '../sql/evaluation-engine.ts'
import type { MigrationLog } from '../sql/schema.ts'
import type { NewBatch, PutResult } from '../store.ts'
import { PostgresEngine } from './engine.ts'
import { ExpectedCounts } from './expected-counts.ts'
import type { ListenerWatch } from './listener.ts'
import { ChangeListener } from './listener.ts'
import { put, putAsExpected } from './put-batches.ts'
import { putHalves, readHalves } from './put-halves.ts'

export class PostgresEvaluationEngine extends PostgresEngine implements EvaluationEngine {
  readonly binaryName = 'name COLLATE "C"'
  readonly position = 'strpos'
  readonly #url: string
  readonly #expected = new ExpectedCounts()
  readonly #watch: ListenerWatch | undefined
  #changes: ChangeListener | undefined
  #listener: (evaluation?: number) => void = () => undefined

  constructor(url: string, watch?: ListenerWatch, log?: MigrationLog, waited?: WaitWatch) {
    super(url, log, waited)
    this.#url = url
    this.#watch = watch
  }

  /** By their places: to look each one up by its key takes twenty times as long. */
  isAmongHalves(found: string): string {
    return `ctid = ANY (ARRAY(SELECT ctid ${found}))`
  }

  async ping(): Promise<void> {
    await this.write({ text: 'UPDATE lossmeter_schema SET version = version', values: [] })
  }

  putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]> {
    const write = async (client: ClientBase) => {
      const results = await putAsExpected(client, batches, rules, this.#expected)
      return results ?? put(client, batches, rules, this.#expected)
    }
    // of several callers
    return onBehalfOf(undefined, () => this.run(write))
  }

  readHalves(evaluation: EvaluationKey, ids: readonly string[]): Promise<FoundRow[]> {
    return this.inTurn((client) => readHalves(client, evaluation, ids))
  }

  putHalves(writes: readonly HalvesWrite[], rules: PutRules): Promise<HalvesResult[]> {
    return onBehalfOf(undefined, () => this.run((client) => putHalves(client, writes, rules)))
  }

  listen(listener: (evaluation?: number) => void): void {
    this.#listener = listener
    this.#listen()
  }

  announce(evaluation: number): void {
    this.#listen().announce(evaluation)
  }

  #listen(): ChangeListener {
    this.#changes ??= new ChangeListener(this.#url, (evaluation) => this.#listener(evaluation), this.#watch)
    return this.#changes
  }

  override async close(): Promise<void> {
    await Promise.all([this.#changes?.close(), super.close()])
  }
}
