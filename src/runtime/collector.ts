const worthCollecting = 2 ** 26
const quietMilliseconds = 2000

/**
 * Runs the garbage collector once when nothing has been in use for a while after a peak of memory: by itself it has no reason to
 * run while nothing is allocated.
 */
export class Collector {
  readonly #collect: () => void
  #free: (() => void) | undefined
  #peak = 0
  #timer: NodeJS.Timeout | undefined

  constructor(collect = beginCollection) {
    this.#collect = collect
  }

  /** @param free gives back what is kept for later use; it is called before the collector runs */
  frees(free: () => void): void {
    this.#free = free
  }

  note(used: number): void {
    if (used > this.#peak) this.#peak = used
    if (used > 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    } else if (this.#peak >= worthCollecting && this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#run(), quietMilliseconds).unref()
    }
  }

  #run(): void {
    this.#timer = undefined
    this.#peak = 0
    this.#free?.()
    this.#collect()
  }
}

/**
 * Begins a full collection in steps. One that V8 is asked for stops everything until it is over; one that V8 itself finds due, for
 * memory outside its heap, does not. That memory is never touched.
 */
function beginCollection(): void {
  const announced = new ArrayBuffer(announcedBytes)
  structuredClone(announced, { transfer: [announced] })
}

/** More than the 64 MiB that V8 allows since its last collection. */
const announcedBytes = 80 * 2 ** 20
