import { LRUCache } from 'lru-cache'
import type { EvaluationKey } from '../database/history.ts'
import { columnsIn } from '../loss/groups/columns.ts'
import { checkGroupCount } from '../loss/groups/partition.ts'
import type { EvaluationState } from '../loss/state.ts'

/** Bytes of keys that are remembered, and what an evaluation and a key take besides their characters. */
const mostBytes = 2 ** 25
const ownBytes = 512
const keyBytes = 64

/** The texts of the keys of each grouping. */
type Known = readonly ReadonlySet<string>[]

/** Which groups evaluations have, as far as this process has seen them: so most batches need no look at the others. */
export class KnownGroups {
  readonly #known = new LRUCache<string, Known>({ maxSize: mostBytes, sizeCalculation: bytesOf })

  /**
   * Refuses a batch with which an evaluation would have too many groups.
   *
   * @param totalOf finds what the acknowledged batches add up to
   * @throws LimitExceeded
   */
  async check(
    { incarnation }: EvaluationKey,
    batch: EvaluationState,
    maxGroups: number,
    totalOf: () => Promise<EvaluationState['groups']>,
  ): Promise<void> {
    const before = this.#known.get(incarnation)
    const all = before && unionOf(before, batch.groups)
    if (all !== undefined && countOf(all) <= maxGroups) {
      if (all !== before) this.#known.set(incarnation, all)
      return
    }
    const total = await totalOf()
    const groups = unionOf(
      batch.groups.map((_, at) => new Set(total[at]?.keys())),
      batch.groups,
    )
    const groupings = (batch.spec.groupBy ?? []).map((grouping) => ({ by: columnsIn(grouping) }))
    checkGroupCount(
      groupings,
      groups.map(({ size }) => size),
      maxGroups,
    )
    this.#known.set(incarnation, groups)
  }

  forget({ incarnation }: EvaluationKey): void {
    this.#known.delete(incarnation)
  }
}

function unionOf(known: Known, groups: EvaluationState['groups']): Known {
  if (groups.every((states, at) => Array.from(states.keys()).every((key) => known[at].has(key)))) return known
  return groups.map((states, at) => new Set([...known[at], ...states.keys()]))
}

function countOf(known: Known): number {
  return known.reduce((sum, { size }) => sum + size, 0)
}

function bytesOf(known: Known): number {
  let bytes = ownBytes
  for (const keys of known) for (const key of keys) bytes += keyBytes + 2 * key.length
  return bytes
}
