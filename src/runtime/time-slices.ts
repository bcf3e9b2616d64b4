import { setImmediate } from 'node:timers/promises'

/** How long computing goes on before other requests get their turn. */
const sliceMilliseconds = 2

/** Shares the thread: work calls it between its steps, and now and then waits until others had their turn. */
export class TimeSlicer {
  #until = performance.now() + sliceMilliseconds

  get isDue(): boolean {
    return performance.now() > this.#until
  }

  async pause(): Promise<void> {
    await setImmediate()
    this.#until = performance.now() + sliceMilliseconds
  }
}

/** Runs the steps of a long computation with pauses in between, so that a small request never waits for a large one. */
export async function inSlices<Result>(steps: Generator<void, Result>, slicer = new TimeSlicer()): Promise<Result> {
  let step = steps.next()
  while (!step.done) {
    if (slicer.isDue) await slicer.pause()
    step = steps.next()
  }
  return step.value
}
