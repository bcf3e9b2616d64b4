import type { EvaluationEngine, PutRules } from '../sql/evaluation-engine.ts'
import type { NewBatch, PutResult } from '../store.ts'
import { PostgresEngine } from './engine.ts'
import { ExpectedCounts } from './expected-counts.ts'
import { ChangeListener } from './listener.ts'
import { put, putAsExpected } from './put-batches.ts'

export class PostgresEvaluationEngine extends PostgresEngine implements EvaluationEngine {
  readonly announcesOwn = true
  readonly #url: string
  readonly #expected = new ExpectedCounts()
  #listener: ChangeListener | undefined

  constructor(url: string) {
    super(url)
    this.#url = url
  }

  putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]> {
    return this.run(async (client) => {
      const results = await putAsExpected(client, batches, rules, this.#expected)
      return results ?? put(client, batches, rules, this.#expected)
    })
  }

  listen(listener: (evaluation?: number) => void): void {
    this.#listener = new ChangeListener(this.#url, listener)
  }

  override async close(): Promise<void> {
    await Promise.all([this.#listener?.close(), super.close()])
  }
}
