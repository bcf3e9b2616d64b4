// Another client, on a thread of its own: all the while it sends one-row batches, to be evaluated and to be kept, asks for a report,
// and remembers how long it waited. What its service waits for a processor meanwhile is not counted: a neighbour on the machine has it.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Request } from './client.ts'
import { ask, nameOf } from './client.ts'

const otherAddress = '127.0.0.2'
const breath = 25
const patience = 20_000

/** What the other client saw. */
export interface Pings {
  readonly answered: number
  /** The longest wait for an answer, in milliseconds, without the time in which the event loop was ready and got no processor. */
  readonly longest: number
  /** What it asked for then. */
  readonly slowest: string
  /** What it got instead of an answer, and for what. */
  readonly refused: Readonly<Record<string, number>>
}

export class Pinger {
  readonly #worker: Worker

  constructor(port: number, pids: readonly number[]) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { port, pids }, execArgv: [] })
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
  const { port, pids } = workerData as { port: number; pids: number[] }
  const options = { loss: 'mse', labelFormat: 'values' }
  const row = { predictions: [[1, 2]], labels: [[1, 3]] }
  const run = `/v1/evaluations/other-${process.pid}-${port}`
  const refused: Record<string, number> = {}
  let [answered, longest, slowest, isEnding] = [0, 0, '', false]
  const send = async (what: string, request: Request) => {
    const before = pids.map(readyMs)
    const begin = performance.now()
    const manners = { from: otherAddress }
    const outcome = await ask(port, { headers: { connection: 'close' }, ...request }, manners, patience)
    const elapsed = performance.now() - begin
    const waited = elapsed - Math.max(0, Math.min(...pids.map((pid, at) => readyMs(pid) - before[at])))
    if (waited > longest) [longest, slowest] = [waited, what]
    const status = nameOf(outcome)
    if (status === '200' || status === '201') answered++
    else refused[`${what}: ${status}`] = (refused[`${what}: ${status}`] ?? 0) + 1
  }
  parentPort.once('message', () => {
    isEnding = true
  })
  await send('a declaration', { method: 'PUT', path: run, body: JSON.stringify({ ...options, outputs: 2 }) })
  for (let batch = performance.now(); !isEnding; batch++) {
    await send('a loss', { body: JSON.stringify({ ...options, ...row }) })
    await send('a report', { method: 'GET', path: run })
    await send('a batch', { method: 'PUT', path: `${run}/batches/${batch}`, body: JSON.stringify(row) })
    await sleep(breath)
  }
  parentPort.postMessage({ answered, longest, slowest, refused } satisfies Pings)
}

/** Milliseconds that the main thread of a process was ready to run and another thread had the processor, as Linux counts them. */
function readyMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}
