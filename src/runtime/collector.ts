import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

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
  #peak = 0
  #timer: NodeJS.Timeout | undefined

  constructor(collect = garbageCollection()) {
    this.#collect = collect
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
    this.#collect()
  }
}

/** A full collection, most of it beside the event loop. */
function garbageCollection(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NodeJS.GCFunction
  return () => void collect({ type: 'major', execution: 'async' })
}
