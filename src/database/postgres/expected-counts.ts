import type { Counts } from '../sql/decide.ts'

/** Of so many evaluations it is remembered what they were left as; then that begins anew. */
const maxRemembered = 1024

interface Remembered {
  readonly left: Counts
  /** Whether nobody else had written to it between the last two times. */
  readonly isAlone: boolean
}

/** What evaluations are likely to be found as: what they were left as, where one process alone writes to them. */
export class ExpectedCounts {
  readonly #remembered = new Map<number, Remembered>()

  /** What these evaluations are expected to be; undefined unless all of them are open and nobody else seems to write to them. */
  of(ids: readonly number[]): readonly Counts[] | undefined {
    const expected: Counts[] = []
    for (const id of ids) {
      const remembered = this.#remembered.get(id)
      if (remembered === undefined || !remembered.isAlone || remembered.left.status !== 'open') return undefined
      expected.push(remembered.left)
    }
    return expected
  }

  /** Evaluations were found so, and those that changed were left so. */
  note(found: readonly Counts[], changed: readonly Counts[]): void {
    if (this.#remembered.size > maxRemembered) this.#remembered.clear()
    const left = new Map(changed.map((counts) => [counts.id, counts]))
    for (const counts of found) {
      const isAlone = this.#remembered.get(counts.id)?.left.batches === counts.batches
      this.#remembered.set(counts.id, { left: left.get(counts.id) ?? counts, isAlone })
    }
  }

  /** These evaluations were not what was expected. */
  forget(ids: readonly number[]): void {
    for (const id of ids) this.#remembered.delete(id)
  }
}
