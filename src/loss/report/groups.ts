import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, ratio, zero } from '../numerics/dyadic.ts'

export interface Totals {
  readonly counts: number[]
  readonly sums: Dyadic[]
}

/** Totals by group: a class, a bin, a cell. A group without rows is not there. */
export type Groups = Map<number, Totals>

export function groupsOf(counts: number, sums: number) {
  return {
    empty: (): Groups => new Map(),
    absorb,
    write,
    read: (reader: ByteReader) => read(reader, counts, sums),
  }
}

export function totalsAt(groups: Groups, group: number, counts: number, sums: number): Totals {
  const known = groups.get(group)
  if (known !== undefined) return known
  const totals = { counts: new Array<number>(counts).fill(0), sums: new Array<Dyadic>(sums).fill(zero) }
  groups.set(group, totals)
  return totals
}

const bytesPerGroup = 200
const bytesPerCount = 8
/** Twice the 2,200 bits of a sum of doubles, as the one before it may still be there. */
const bytesPerFactor = 512

/** Bytes that so many groups take at most. @param factors of the terms of all sums: a sum of products has two */
export function groupBytes(groups: number, counts: number, factors: number): number {
  return groups * (bytesPerGroup + counts * bytesPerCount + factors * bytesPerFactor)
}

const groupsPerStep = 16

function* absorb(into: Groups, from: Groups): Generator<void, void> {
  let left = groupsPerStep
  for (const [group, { counts, sums }] of from) {
    const totals = totalsAt(into, group, counts.length, sums.length)
    for (let at = 0; at < counts.length; at++) totals.counts[at] += counts[at]
    for (let at = 0; at < sums.length; at++) totals.sums[at] = add(totals.sums[at], sums[at])
    if (--left > 0) continue
    left = groupsPerStep
    yield
  }
}

/** The number of groups, and in rising order the gap before each, its counts and its sums. */
function* write(groups: Groups, writer: ByteWriter): Generator<void, void> {
  writer.count(groups.size)
  let next = 0
  let left = groupsPerStep
  for (const group of yield* inOrder(groups)) {
    const { counts, sums } = groups.get(group) as Totals
    writer.count(group - next)
    for (const count of counts) writer.count(count)
    for (const sum of sums) writer.sum(sum)
    next = group + 1
    if (--left > 0) continue
    left = groupsPerStep
    yield
  }
}

const mostSorted = 2 ** 14

/** The groups in rising order; so many that sorting takes long stand close together. */
function* inOrder(groups: Groups): Generator<void, Iterable<number>> {
  if (groups.size <= mostSorted) return Float64Array.from(groups.keys()).sort()
  const found: number[] = []
  for (let group = 0; found.length < groups.size; group++) {
    if (groups.has(group)) found.push(group)
    if (group % mostSorted === mostSorted - 1) yield
  }
  return found
}

function* read(reader: ByteReader, counts: number, sums: number): Generator<void, Groups> {
  const groups: Groups = new Map()
  const size = reader.count()
  let next = 0
  for (let at = 0; at < size; at++) {
    const group = next + reader.count()
    groups.set(group, {
      counts: Array.from({ length: counts }, () => reader.count()),
      sums: Array.from({ length: sums }, () => reader.sum()),
    })
    next = group + 1
    if (at % groupsPerStep === groupsPerStep - 1) yield
  }
  return groups
}

/** `a / b`, or `null` where b is 0. */
export function share(a: Dyadic, b: Dyadic): number | null {
  return b.mantissa === 0n ? null : ratio(a, b)
}
