/** A peak below this is not worth a collection. */
const worthCollecting = 2 ** 26
/** How long nothing must be in use before the collector runs. */
const quietMilliseconds = 2000

/**
 * After a peak of memory the garbage collector has no reason to run while nothing is allocated, and what the peak took
 * would stay with the process. So it is told to, once, when everything has been quiet for a while.
 */
export class Collector {
  readonly #collect: () => void
  #free: (() => void) | undefined
  #peak = 0
  #timer: NodeJS.Timeout | undefined

  constructor(collect = beginCollection) {
    this.#collect = collect
  }

  /** Says what gives back, before the collector runs, what was kept for later use. */
  frees(free: () => void): void {
    this.#free = free
  }

  /** @param used bytes that are in use now */
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
 * Begins a full collection. One that V8 is asked for stops everything until it is over, some 50 ms; one that V8 itself finds due
 * goes step by step, and it does when it is told of so much memory outside its heap. None of that is ever touched.
 */
function beginCollection(): void {
  const announced = new ArrayBuffer(announcedBytes)
  structuredClone(announced, { transfer: [announced] })
}

/** More than the 64 MiB that V8 allows since its last collection. */
const announcedBytes = 80 * 2 ** 20
