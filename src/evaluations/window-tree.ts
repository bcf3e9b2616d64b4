import type { Head } from '../database/history.ts'

/** So many spans, or windows, make a span of the next level. */
export const fanOut = 8
/** Spans of this level are longer than what times there are. */
export const mostLevel = 11

const ownBytes = 256

/** What a span adds up to. */
export interface KeptSpan {
  readonly batches: number
  /** As `StateCodec` writes it; empty where there are no batches. */
  readonly state: Uint8Array
}

interface Node {
  /** The last batch that came to it while it was known; 0 for none. */
  changed: number
  kept: KeptSpan | undefined
}

/** How many windows a span has. */
export function sizeOf(level: number): number {
  return fanOut ** level
}

/**
 * What spans of 8, 64, 512 ... windows add up to, whose places are counted in windows from a fixed one. Where a batch came to
 * is forgotten at every level. A total counts for all heads since the last of its batches came.
 */
export class WindowTree {
  readonly #levels: readonly Map<number, Node>[] = Array.from({ length: mostLevel + 1 }, () => new Map<number, Node>())
  /** Up to where changes are known. */
  head: Head
  first: number
  last: number
  /** About what it takes. */
  bytes = ownBytes

  constructor(head: Head, first: number, last: number) {
    this.head = head
    this.first = first
    this.last = last
  }

  /** Whether the span, or a part of it, may be kept. */
  isKnown(level: number, at: number): boolean {
    return this.#levels[level].has(Math.floor(at / sizeOf(level)))
  }

  find(level: number, at: number, head: Head): KeptSpan | undefined {
    const node = this.#levels[level].get(Math.floor(at / sizeOf(level)))
    return node !== undefined && node.changed <= head.batches ? node.kept : undefined
  }

  /** Keeps what the batches of a span up to a head add up to, unless others have come to it since. */
  keep(level: number, at: number, head: Head, kept: KeptSpan): void {
    const node = this.#nodeOf(level, at)
    if (node.changed > head.batches) return
    this.bytes += kept.state.length - (node.kept?.state.length ?? 0)
    node.kept = kept
    for (let above = level + 1; above <= mostLevel; above++) this.#nodeOf(above, at)
  }

  /** A batch came to a window. */
  change(at: number, sequence: number): void {
    this.first = Math.min(this.first, at)
    this.last = Math.max(this.last, at)
    for (let level = 1; level <= mostLevel; level++) {
      const node = this.#nodeOf(level, at)
      node.changed = sequence
      this.bytes -= node.kept?.state.length ?? 0
      node.kept = undefined
    }
  }

  #nodeOf(level: number, at: number): Node {
    const nodes = this.#levels[level]
    const index = Math.floor(at / sizeOf(level))
    let node = nodes.get(index)
    if (node === undefined) {
      node = { changed: 0, kept: undefined }
      nodes.set(index, node)
      this.bytes += ownBytes
    }
    return node
  }
}

export interface Span {
  readonly level: number
  readonly at: number
}

/** The fewest spans that make up the windows `from` <= at < `to`, in order. A span of level 0 is a window. */
export function* spansOf(from: number, to: number): Generator<Span, void> {
  for (let at = from; at < to; ) {
    let level = 0
    while (level < mostLevel && at % sizeOf(level + 1) === 0 && at + sizeOf(level + 1) <= to) level++
    yield { level, at }
    at += sizeOf(level)
  }
}
