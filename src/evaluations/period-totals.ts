import { LRUCache } from 'lru-cache'
import { StoreUnavailable } from '../database/errors.ts'
import type { EvaluationKey, Head } from '../database/history.ts'
import type { WindowRange } from '../database/store.ts'
import { RunningTotal } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Batches } from './block-ranges.ts'
import type { WindowName } from './window.ts'
import { lengthOf, startOf } from './window.ts'
import type { Window } from './window-totals.ts'
import { windowTotals } from './window-totals.ts'
import type { Span } from './window-tree.ts'
import { fanOut, sizeOf, spansOf, WindowTree } from './window-tree.ts'

/** Where more windows are remembered, those of evaluations that were not asked for lately are forgotten. */
const mostBytes = 64 * 2 ** 20
/** Evaluations with fewer batches are read each time. */
const leastBatches = 256
/** A tree that is farther behind is begun anew. */
const mostBehind = 50_000
const batchesPerRead = 1000

type Some = Omit<Window, 'start'>

export interface PeriodTotal extends Some {
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
    const sum = new Sum(batches.codec.spec)
    if (window === undefined || head.batches < leastBatches || head.digest === null) {
      for await (const part of windowTotals(batches, range, head, task)) await task.run(sum.take(part))
      return { state: sum.state, batches: sum.batches, head }
    }
    const { incarnation } = batches.evaluation
    const tree = await this.#treeOf(batches, window, head, task)
    const walk = new Walk(batches, window, tree, task)
    for await (const part of walk.partsOf(range)) await task.run(sum.take(part))
    // it may have grown
    if (this.#trees.peek(incarnation) === tree) this.#trees.set(incarnation, tree)
    return { state: sum.state, batches: sum.batches, head: walk.head }
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
    this.#turns.set(
      incarnation,
      turn.catch(() => undefined),
    )
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

function placeIn(window: WindowName, start: number): number {
  return Math.floor((start - startOf(window, 0)) / lengthOf(window))
}

/** Reads a period as it is at the head that a tree has. */
class Walk {
  readonly #batches: Batches
  readonly #window: WindowName
  readonly #tree: WindowTree
  readonly #task: Task
  readonly head: Head

  constructor(batches: Batches, window: WindowName, tree: WindowTree, task: Task) {
    this.#batches = batches
    this.#window = window
    this.#tree = tree
    this.#task = task
    this.head = tree.head
  }

  async *partsOf(range: WindowRange): AsyncGenerator<Some, void> {
    const from = Math.max(placeIn(this.#window, range.from), this.#tree.first)
    const to = Math.min(placeIn(this.#window, range.to), this.#tree.last + 1)
    let singles: Span[] = []
    for (const span of spansOf(from, to)) {
      if (span.level === 0) {
        singles.push(span)
        continue
      }
      yield* this.#windowsOf(singles)
      singles = []
      const total = await this.#totalOf(span)
      if (total.batches > 0) yield total
    }
    yield* this.#windowsOf(singles)
  }

  async *#windowsOf(singles: readonly Span[]): AsyncGenerator<Window, void> {
    if (singles.length > 0) yield* this.#windows(singles[0].at, singles.length)
  }

  #windows(at: number, count: number): AsyncGenerator<Window, void> {
    const from = startOf(this.#window, 0) + at * lengthOf(this.#window)
    const range = { from, to: from + count * lengthOf(this.#window), most: Number.MAX_SAFE_INTEGER }
    return windowTotals(this.#batches, range, this.head, this.#task)
  }

  async #totalOf(span: Span): Promise<Some> {
    const { level, at } = span
    const { codec } = this.#batches
    const kept = this.#tree.find(level, at, this.head)
    if (kept?.batches === 0) return { batches: 0, state: new RunningTotal(codec.spec) }
    if (kept !== undefined) return { batches: kept.batches, state: await this.#task.run(codec.read(kept.state)) }
    if (level === 1 || !this.#tree.isKnown(level, at)) return this.#read(span)
    const sum = new Sum(codec.spec)
    for (let child = 0; child < fanOut; child++) {
      await this.#task.run(sum.take(await this.#totalOf({ level: level - 1, at: at + child * sizeOf(level - 1) })))
    }
    return this.#keep(span, sum)
  }

  /** Reads all windows of a span, and keeps those spans in it that have batches. */
  async #read({ level, at }: Span): Promise<Some> {
    const open: (Sum | undefined)[] = []
    const add = async (to: number, some: Some) => {
      const sum = open[to] ?? new Sum(this.#batches.codec.spec)
      open[to] = sum
      await this.#task.run(sum.take(some))
    }
    let place = at
    const close = async (next: number) => {
      for (let below = 1; below < level; below++) {
        const size = sizeOf(below)
        const sum = open[below]
        if (sum === undefined || Math.floor(next / size) === Math.floor(place / size)) continue
        open[below] = undefined
        await add(below + 1, await this.#keep({ level: below, at: place }, sum))
      }
      place = next
    }
    for await (const window of this.#windows(at, sizeOf(level))) {
      await close(placeIn(this.#window, window.start))
      await add(1, window)
    }
    await close(at + sizeOf(level))
    return this.#keep({ level, at }, open[level] ?? new Sum(this.#batches.codec.spec))
  }

  async #keep({ level, at }: Span, { batches, state: total }: Sum): Promise<Some> {
    const state = batches === 0 ? new Uint8Array(0) : await this.#task.run(this.#batches.codec.write(total))
    this.#tree.keep(level, at, this.head, { batches, state })
    return { batches, state: total }
  }
}

class Sum {
  readonly state: RunningTotal
  batches = 0

  constructor(spec: RunningTotal['spec']) {
    this.state = new RunningTotal(spec)
  }

  *take({ batches, state }: Some): Generator<void, void> {
    if (batches === 0) return
    this.batches += batches
    yield* this.state.take(state)
  }
}
