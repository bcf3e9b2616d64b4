import type { PutResult } from '../database/store.ts'
import type { EvaluatedBatch } from './evaluate.ts'
import type { OpenEvaluation } from './open-evaluation.ts'
import type { Evaluations } from './service.ts'

const mostWaiting = 512
const mostBytes = 2 ** 20

interface Waiting<Tag> {
  readonly tag: Tag
  readonly batch: EvaluatedBatch
}

/** Commits the batches of a stream: those that come while one commit is under way share the next. */
export class CommitQueue<Tag> {
  readonly #evaluations: Evaluations
  readonly #evaluation: OpenEvaluation
  readonly #done: (tag: Tag, batch: EvaluatedBatch, result: PutResult) => void
  #waiting: Waiting<Tag>[] = []
  #bytes = 0
  #commit: Promise<void> | undefined
  #failure: unknown

  /** @param done is told what became of each batch, in order */
  constructor(
    evaluations: Evaluations,
    evaluation: OpenEvaluation,
    done: (tag: Tag, batch: EvaluatedBatch, result: PutResult) => void,
  ) {
    this.#evaluations = evaluations
    this.#evaluation = evaluation
    this.#done = done
  }

  get isFull(): boolean {
    return this.#waiting.length >= mostWaiting || this.#bytes >= mostBytes
  }

  add(tag: Tag, batch: EvaluatedBatch): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#waiting.push({ tag, batch })
    this.#bytes += batch.state.length
    this.#commit ??= this.#commitAll()
  }

  /** @throws StoreUnavailable */
  async flush(): Promise<void> {
    await this.#commit
    if (this.#failure !== undefined) throw this.#failure
  }

  async #commitAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const group = this.#waiting
        this.#waiting = []
        this.#bytes = 0
        const results = await this.#evaluations.put(
          this.#evaluation,
          group.map(({ batch }) => batch),
        )
        for (const [at, { tag, batch }] of group.entries()) this.#done(tag, batch, results[at])
      }
    } catch (error) {
      this.#failure = error
    } finally {
      this.#commit = undefined
    }
  }
}
