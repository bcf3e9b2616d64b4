import { url } from 'node:inspector'
import { Worker } from 'node:worker_threads'

/** What the thread is given. */
export interface Watched {
  /** Grows with each beat of the watched thread. */
  readonly beats: Int32Array<SharedArrayBuffer>
  readonly beatMs: number
  readonly stallMs: number
}

const beatMs = 500

/**
 * Ends the process when its event loop does not turn for so long, since nothing else can: no handler runs, of a signal neither.
 * Before, a line of the log says where it stands. Who supervises the process starts another. A process that is debugged is left.
 */
export function watchEventLoop(stallMs = 5000): void {
  if (url() !== undefined) return
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const workerData: Watched = { beats, beatMs, stallMs }
  new Worker(new URL('./watchdog-thread.ts', import.meta.url), { workerData, execArgv: [] }).unref()
  setInterval(() => Atomics.add(beats, 0, 1), beatMs).unref()
}
