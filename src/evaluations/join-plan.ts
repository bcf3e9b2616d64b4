import type { ExpiredRows, FoundRow, Half } from '../database/halves.ts'
import { digestAt } from '../database/halves.ts'
import type { SomeRows } from './half-rows.ts'

/** What becomes of the rows of a body, given what the store has of them; the rows by their places in the body. */
export interface JoinPlan {
  readonly added: readonly number[]
  readonly joined: readonly number[]
  /** What the store has of those that join, in the same order. */
  readonly partners: readonly FoundRow[]
  readonly replayed: number
  readonly conflicts: readonly number[]
  readonly expired: ExpiredRows
}

const rowsPerStep = 1024

/** Decides, in steps. A row that has expired is one that is not there. */
export function* planOf(rows: SomeRows, found: readonly FoundRow[], now: number): Generator<void, JoinPlan> {
  const { half, keys } = rows
  const known = new Map(found.map((row) => [row.id, row]))
  const first = new Map<string, number>()
  const added: number[] = []
  const joined: number[] = []
  const partners: FoundRow[] = []
  const conflicts: number[] = []
  const expired = { ids: [] as string[], waitingPredictions: 0, waitingLabels: 0 }
  let replayed = 0
  for (const [at, key] of keys.entries()) {
    if (at % rowsPerStep === rowsPerStep - 1) yield
    const before = first.get(key)
    if (before !== undefined) {
      if (Buffer.compare(digestAt(rows.digests, at), digestAt(rows.digests, before)) === 0) replayed++
      else conflicts.push(at)
      continue
    }
    first.set(key, at)
    const row = known.get(key)
    if (row === undefined || row.expiresAt <= now) {
      if (row !== undefined) {
        expired.ids.push(key)
        if (row.labelsDigest === null) expired.waitingPredictions++
        if (row.predictionsDigest === null) expired.waitingLabels++
      }
      added.push(at)
      continue
    }
    const own = ownDigest(half, row)
    if (own === null) {
      joined.push(at)
      partners.push(row)
    } else if (Buffer.compare(own, digestAt(rows.digests, at)) === 0) replayed++
    else conflicts.push(at)
  }
  return { added, joined, partners, replayed, conflicts, expired }
}

function ownDigest(half: Half, { predictionsDigest, labelsDigest }: FoundRow): Uint8Array | null {
  return half === 'predictions' ? predictionsDigest : labelsDigest
}

export function otherDigest(half: Half, row: FoundRow): Uint8Array {
  // what waits has a digest
  return ownDigest(half === 'predictions' ? 'labels' : 'predictions', row) as Uint8Array
}
