import type { Memory } from '../memory.ts'
import { doublesIn, ScopedMemory } from '../memory.ts'
import { mcnemarPValue } from './binomial.ts'
import { twoSidedTail } from './normal.ts'

/** The work that the exact test may take, in additions, and the length of its distribution. */
const [mostAdditions, mostValues] = [2 ** 25, 2 ** 21]
const additionsPerStep = 2 ** 18

/** Rows whose difference has one size, by its sign. */
interface Rows {
  readonly size: number
  positive: number
  negative: number
}

/**
 * The two-sided p-value of the sum of differences d_i under random signs, P(|sum of +-|d_i|| >= |sum d_i|), in steps. Where all
 * differences are of one size it is McNemar's exact test. Exact within 1e-12 for p-values above 1e-300 while there are up to
 * 2^25 additions; beyond, the normal distribution of the same variance sum d_i^2 (Durkalski et al. 2003), with continuity
 * correction.
 *
 * @param counts how many rows have each difference, an integer
 */
export function* signFlipPValue(counts: ReadonlyMap<number, number>, memory: Memory): Generator<void, number> {
  const sizes = sizesOf(counts)
  if (sizes.length === 0) return 1
  if (sizes.length === 1) return mcnemarPValue(sizes[0].positive, sizes[0].negative)
  let [sum, rows, reach, squares] = [0, 0, 0, 0]
  for (const { size, positive, negative } of sizes) {
    sum += size * (positive - negative)
    rows += positive + negative
    reach += size * (positive + negative)
    squares += size * size * (positive + negative)
  }
  if (sum === 0) return 1
  // the sum of the sizes with a positive sign is at most this, or its mirror image
  const most = (reach - Math.abs(sum)) / 2
  if (most >= mostValues || rows * (most + 1) > mostAdditions) {
    return Math.min(1, twoSidedTail((Math.abs(sum) - 1) / Math.sqrt(squares)))
  }
  return Math.min(1, 2 * (yield* lowerTail(sizes, most, memory)))
}

/** In rising order, divided by what they have in common. */
function sizesOf(counts: ReadonlyMap<number, number>): Rows[] {
  const bySize = new Map<number, Rows>()
  let common = 0
  for (const [difference, count] of counts) {
    if (difference === 0 || count === 0) continue
    const size = Math.abs(difference)
    const rows = bySize.get(size) ?? { size, positive: 0, negative: 0 }
    if (difference > 0) rows.positive += count
    else rows.negative += count
    bySize.set(size, rows)
    common = greatestDivisor(common, size)
  }
  return Array.from(bySize.values(), (rows) => ({ ...rows, size: rows.size / common })).sort((a, b) => a.size - b.size)
}

function greatestDivisor(a: number, b: number): number {
  return a === 0 ? b : greatestDivisor(b % a, a)
}

/** P(U <= most) of the sum U of the sizes that have a positive sign: each is there or not with probability 1/2. */
function* lowerTail(sizes: readonly Rows[], most: number, memory: Memory): Generator<void, number> {
  using scope = new ScopedMemory(memory)
  const chances = doublesIn(scope, most + 1)
  chances[0] = 1
  let reached = 0
  let left = additionsPerStep
  for (const { size, positive, negative } of sizes) {
    for (let row = 0; row < positive + negative; row++) {
      reached = Math.min(most, reached + size)
      for (let at = reached; at >= size; at--) chances[at] = (chances[at] + chances[at - size]) / 2
      for (let at = Math.min(size - 1, reached); at >= 0; at--) chances[at] /= 2
      left -= reached
      if (left > 0) continue
      left = additionsPerStep
      yield
    }
  }
  return chances.reduce((sum, chance) => sum + chance)
}
