// Another client, on a thread of its own: it sends one-row batches all the while and remembers how long it waited.
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { ask, nameOf } from './client.ts'

const otherAddress = '127.0.0.2'
const breath = 25
const patience = 20_000

/** What the other client saw. */
export interface Pings {
  readonly answered: number
  /** The longest wait for an answer, in milliseconds. */
  readonly longest: number
  /** What it got instead of 200. */
  readonly refused: Readonly<Record<string, number>>
}

export class Pinger {
  readonly #worker: Worker

  constructor(port: number) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: port, execArgv: [] })
  }

  /** Stops it. */
  async end(): Promise<Pings> {
    const answer = new Promise<Pings>((resolve) => {
      this.#worker.once('message', resolve)
    })
    this.#worker.postMessage('end')
    const pings = await answer
    await this.#worker.terminate()
    return pings
  }
}

if (!isMainThread && parentPort !== null) {
  const port = workerData as number
  const body = JSON.stringify({ loss: 'mse', labelFormat: 'values', predictions: [[1, 2]], labels: [[1, 3]] })
  const refused: Record<string, number> = {}
  let answered = 0
  let longest = 0
  let isEnding = false
  parentPort.once('message', () => {
    isEnding = true
  })
  while (!isEnding) {
    const begin = performance.now()
    const outcome = await ask(port, { body, headers: { connection: 'close' } }, { from: otherAddress }, patience)
    longest = Math.max(longest, performance.now() - begin)
    const status = nameOf(outcome)
    if (status === '200') answered++
    else refused[status] = (refused[status] ?? 0) + 1
    await sleep(breath)
  }
  parentPort.postMessage({ answered, longest, refused } satisfies Pings)
}
