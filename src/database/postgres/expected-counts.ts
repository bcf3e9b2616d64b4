import type { Counts } from '../sql/rows.ts'

const maxRemembered = 1024

interface Remembered {
  readonly left: Counts
  /** Whether only this process wrote to it between the last two puts. */
  readonly isAlone: boolean
}

/** The counts that evaluations probably have: those that this process left. */
export class ExpectedCounts {
  readonly #remembered = new Map<number, Remembered>()

  /** undefined unless all are open and no other process seems to write to them */
  of(ids: readonly number[]): readonly Counts[] | undefined {
    const expected: Counts[] = []
    for (const id of ids) {
      const remembered = this.#remembered.get(id)
      if (remembered === undefined || !remembered.isAlone || remembered.left.status !== 'open') return undefined
      expected.push(remembered.left)
    }
    return expected
  }

  note(found: readonly Counts[], changed: readonly Counts[]): void {
    if (this.#remembered.size > maxRemembered) this.#remembered.clear()
    const left = new Map(changed.map((counts) => [counts.id, counts]))
    for (const counts of found) {
      const isAlone = this.#remembered.get(counts.id)?.left.batches === counts.batches
      this.#remembered.set(counts.id, { left: left.get(counts.id) ?? counts, isAlone })
    }
  }

  forget(ids: readonly number[]): void {
    for (const id of ids) this.#remembered.delete(id)
  }
}
