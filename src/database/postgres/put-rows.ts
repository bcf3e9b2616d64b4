import { bytesOf } from '../history.ts'
import type { BatchRows, Insert, StoredBatch } from '../sql/decide.ts'

/** The stored batches of the names that are put, and those that are to be inserted. */
export class PutRows implements BatchRows {
  readonly #stored: ReadonlyMap<string, StoredBatch>
  readonly #inserts = new Map<string, Insert>()
  readonly #now: number

  constructor(stored: readonly StoredBatch[], now: number) {
    this.#stored = new Map(stored.map((row) => [keyOf(row.evaluation, row.name), row]))
    this.#now = now
  }

  get inserts(): Insert[] {
    return [...this.#inserts.values()]
  }

  insert(insert: Insert): boolean {
    const { evaluation, name } = insert.batch
    const key = keyOf(evaluation.id, name)
    if (this.#stored.has(key) || this.#inserts.has(key)) return false
    this.#inserts.set(key, insert)
    return true
  }

  find(evaluation: number, name: string): StoredBatch | undefined {
    const key = keyOf(evaluation, name)
    const insert = this.#inserts.get(key)
    return insert === undefined ? this.#stored.get(key) : rowOf(insert, this.#now)
  }
}

function rowOf({ batch, sequence, digest }: Insert, createdAt: number): StoredBatch {
  const { evaluation, name, fingerprint, samples, loss, lossStatus, accuracy, window } = batch
  const figures = { name, samples, loss, lossStatus, accuracy, window }
  return { evaluation: evaluation.id, fingerprint, sequence, ...figures, createdAt, digest: bytesOf(digest) }
}

function keyOf(evaluation: number, name: string): string {
  return `${evaluation} ${name}`
}
