import { LRUCache } from 'lru-cache'
import { StoreUnavailable } from '../database/errors.ts'
import type { EvaluationKey, Head } from '../database/history.ts'
import type { WindowRange } from '../database/store.ts'
import type { RunningTotal } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Batches } from './block-ranges.ts'
import type { WindowName } from './window.ts'
import { lengthOf } from './window.ts'
import type { Window } from './window-totals.ts'
import { windowTotals } from './window-totals.ts'
import { fanOut, WindowTree } from './window-tree.ts'
import { placeIn, timeAt, WindowSum, WindowWalk } from './window-walk.ts'

/** Where more windows are remembered, those of evaluations that were not asked for lately are forgotten. */
const mostBytes = 64 * 2 ** 20
/** Evaluations with fewer batches are read each time. */
const leastBatches = 256
/** A tree that is farther behind is begun anew. */
const mostBehind = 50_000
const batchesPerRead = 1000
/** Fewer windows that are joined are read faster than spans are looked for in them. */
const leastJoined = 2 * fanOut

/** How windows are joined: each `length` milliseconds from the first one with batches on, or from `base`, are one. */
export interface Joining {
  readonly base: number | undefined
  readonly length: number
}

export interface PeriodTotal extends Omit<Window, 'start'> {
  readonly head: Head
}

/** What periods add up to, by remembered totals of spans of windows, so that a long one costs little more than a short one. */
export class PeriodTotals {
  readonly #trees: LRUCache<string, WindowTree>
  readonly #turns = new LRUCache<string, Promise<unknown>>({ max: 10_000 })

  readonly #mostBehind: number

  constructor(bytes = mostBytes, behind = mostBehind) {
    this.#mostBehind = behind
    this.#trees = new LRUCache({ maxSize: bytes, sizeCalculation: ({ bytes }) => bytes })
  }

  forget({ incarnation }: EvaluationKey): void {
    this.#trees.delete(incarnation)
  }

  /**
   * What the batches of a period up to a head, or up to a later one, add up to.
   *
   * @throws EvaluationGone, StoreUnavailable
   */
  async total(
    batches: Batches,
    window: WindowName | undefined,
    range: WindowRange,
    head: Head,
    task: Task,
  ): Promise<PeriodTotal> {
    const sum = new WindowSum(batches.codec.spec)
    if (window === undefined || head.batches < leastBatches || head.digest === null) {
      for await (const part of windowTotals(batches, range, head, task)) await task.run(sum.take(part))
      return { state: sum.state, batches: sum.batches, head }
    }
    const tree = await this.#treeOf(batches, window, head, task)
    const walk = new WindowWalk(batches, window, tree, task)
    for await (const part of walk.partsOf(range, () => 0)) await task.run(sum.take(part))
    this.#hasGrown(batches, tree)
    return { state: sum.state, batches: sum.batches, head: walk.head }
  }

  /**
   * What the batches of joined windows up to a head, or up to a later one, add up to, in order. Those without any are left out.
   *
   * @throws EvaluationGone, StoreUnavailable
   */
  async *joined(
    batches: Batches,
    window: WindowName,
    range: WindowRange,
    { base, length }: Joining,
    head: Head,
    task: Task,
  ): AsyncGenerator<Window, void> {
    const { spec } = batches.codec
    let first = base
    const beginOf = (start: number) => {
      first ??= start
      return first + Math.floor((start - first) / length) * length
    }
    if (length < leastJoined * lengthOf(window) || head.batches < leastBatches || head.digest === null) {
      return yield* joinedOf(windowTotals(batches, range, head, task), beginOf, spec, task)
    }
    const tree = await this.#treeOf(batches, window, head, task)
    const walk = new WindowWalk(batches, window, tree, task)
    first ??= timeAt(window, tree.first)
    try {
      yield* joinedOf(walk.partsOf(range, beginOf), beginOf, spec, task)
    } finally {
      this.#hasGrown(batches, tree)
    }
  }

  #hasGrown({ evaluation: { incarnation } }: Batches, tree: WindowTree): void {
    if (this.#trees.peek(incarnation) === tree) this.#trees.set(incarnation, tree)
  }

  /** A tree that knows all changes up to a head. One at a time is brought up to date. */
  async #treeOf(batches: Batches, window: WindowName, head: Head, task: Task): Promise<WindowTree> {
    const { incarnation } = batches.evaluation
    const turn = (this.#turns.get(incarnation) ?? Promise.resolve()).then(async () => {
      const known = this.#trees.get(incarnation)
      const isNear = known !== undefined && head.batches - known.head.batches <= this.#mostBehind
      if (isNear && (await isBroughtTo(known, batches, window, head))) return known
      const tree = await newTree(batches, window, head)
      this.#trees.set(incarnation, tree)
      return tree
    })
    // a tree that is forgotten is not kept here
    this.#turns.set(incarnation, turn.then(ignore, ignore))
    task.stop()
    const tree = await turn
    task.start()
    return tree
  }
}

async function newTree({ store, evaluation }: Batches, window: WindowName, head: Head): Promise<WindowTree> {
  const all = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER, most: 1 }
  let first: number | undefined
  for await (const [part] of store.windowParts(evaluation, all, head)) {
    first = part.start
    break
  }
  const last = await store.lastWindow(evaluation, Number.MAX_SAFE_INTEGER)
  // there are batches, else the head is not that of the store
  if (first === undefined || last === undefined) throw new StoreUnavailable('restored')
  return new WindowTree(head, placeIn(window, first), placeIn(window, last))
}

/** @returns false where the batches that it covers are no longer those of the store */
async function isBroughtTo(tree: WindowTree, { store, evaluation }: Batches, window: WindowName, head: Head) {
  do {
    const { batches, digest } = tree.head
    const limit = Math.min(batchesPerRead, Math.max(0, head.batches - batches) + 1)
    const [known, ...fresh] = await store.listBatches(evaluation, { after: batches - 1, limit })
    if (known?.digest !== digest || fresh.length < limit - 1) return false
    for (const { window: start, sequence, digest } of fresh) {
      if (start !== null) tree.change(placeIn(window, start), sequence)
      tree.head = { batches: sequence, digest }
    }
  } while (tree.head.batches < head.batches)
  return tree.head.batches > head.batches || tree.head.digest === head.digest
}

/** @param beginOf where what a window is joined with begins */
async function* joinedOf(
  parts: AsyncIterable<Window>,
  beginOf: (start: number) => number,
  spec: RunningTotal['spec'],
  task: Task,
): AsyncGenerator<Window, void> {
  let sum: WindowSum | undefined
  let start = 0
  for await (const part of parts) {
    const begin = beginOf(part.start)
    if (sum !== undefined && begin !== start) {
      yield { start, batches: sum.batches, state: sum.state }
      sum = undefined
    }
    start = begin
    sum ??= new WindowSum(spec)
    await task.run(sum.take(part))
  }
  if (sum !== undefined) yield { start, batches: sum.batches, state: sum.state }
}

function ignore(): void {}
