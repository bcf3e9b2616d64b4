import type { Head } from '../database/history.ts'
import type { WindowRange } from '../database/store.ts'
import { RunningTotal } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Batches } from './block-ranges.ts'
import type { WindowName } from './window.ts'
import { lengthOf, startOf } from './window.ts'
import type { Window } from './window-totals.ts'
import { windowTotals } from './window-totals.ts'
import type { Span, WindowTree } from './window-tree.ts'
import { fanOut, sizeOf, spansOf } from './window-tree.ts'

/** Windows are looked through up to the end of a span of this level. */
const lookedThrough = 3

type Some = Omit<Window, 'start'>

/** The place of a window, counted in windows from a fixed one. */
export function placeIn(window: WindowName, start: number): number {
  return Math.floor((start - startOf(window, 0)) / lengthOf(window))
}

/** When the window of a place begins. */
export function timeAt(window: WindowName, place: number): number {
  return startOf(window, 0) + place * lengthOf(window)
}

/** Reads a period as it is at the head that a tree has. */
export class WindowWalk {
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

  /**
   * The windows of a range, in order, as few spans that have batches. At first so many are looked through as are wanted.
   *
   * @param beginOf is the same for all windows of a span
   */
  async *partsOf(range: WindowRange, beginOf: (start: number) => number): AsyncGenerator<Window, void> {
    const to = Math.min(placeIn(this.#window, range.to), this.#tree.last + 1)
    const unit = sizeOf(lookedThrough)
    let wanted = range.most
    for (let from = Math.max(placeIn(this.#window, range.from), this.#tree.first); from < to; ) {
      const end = Math.min(Math.ceil((from + wanted) / unit) * unit, to)
      let singles: Span[] = []
      for (const span of spansOf(from, end)) {
        if (span.level === 0) {
          singles.push(span)
          continue
        }
        yield* this.#windowsOf(singles)
        singles = []
        yield* this.#partsOf(span, beginOf)
      }
      yield* this.#windowsOf(singles)
      from = end
      wanted *= 2
    }
  }

  async *#partsOf(span: Span, beginOf: (start: number) => number): AsyncGenerator<Window, void> {
    const { level, at } = span
    const size = sizeOf(level)
    const [start, last] = [timeAt(this.#window, at), timeAt(this.#window, at + size - 1)]
    const isOne = beginOf(start) === beginOf(last)
    if (!isOne && level === 1) return yield* this.#windows(at, size)
    const total = await this.#totalOf(span)
    if (total.batches === 0) return
    if (isOne) return yield { start, ...total }
    const below = sizeOf(level - 1)
    for (let child = at; child < at + size; child += below) {
      // of a span whose total is known, what is not known is empty
      if (this.#tree.isKnown(level - 1, child)) yield* this.#partsOf({ level: level - 1, at: child }, beginOf)
    }
  }

  async *#windowsOf(singles: readonly Span[]): AsyncGenerator<Window, void> {
    if (singles.length > 0) yield* this.#windows(singles[0].at, singles.length)
  }

  #windows(at: number, count: number): AsyncGenerator<Window, void> {
    const from = timeAt(this.#window, at)
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
    const sum = new WindowSum(codec.spec)
    for (let child = 0; child < fanOut; child++) {
      await this.#task.run(sum.take(await this.#totalOf({ level: level - 1, at: at + child * sizeOf(level - 1) })))
    }
    return this.#keep(span, sum)
  }

  /** Reads all windows of a span, and keeps those spans in it that have batches. */
  async #read({ level, at }: Span): Promise<Some> {
    const open: (WindowSum | undefined)[] = []
    const add = async (to: number, some: Some) => {
      const sum = open[to] ?? new WindowSum(this.#batches.codec.spec)
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
    return this.#keep({ level, at }, open[level] ?? new WindowSum(this.#batches.codec.spec))
  }

  async #keep({ level, at }: Span, { batches, state: total }: WindowSum): Promise<Some> {
    const state = batches === 0 ? new Uint8Array(0) : await this.#task.run(this.#batches.codec.write(total))
    this.#tree.keep(level, at, this.head, { batches, state })
    return { batches, state: total }
  }
}

export class WindowSum {
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
