import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Caller } from '../caller.ts'
import { currentCaller } from '../caller.ts'
import { StoreUnavailable, StoreUnusable } from '../errors.ts'
import type { MigrationLog } from '../sql/schema.ts'
import type { Call, Failure, Methods, Reply, Setup, Told } from './messages.ts'

interface Pending {
  readonly caller: Caller | undefined
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A connection to a SQLite file in a thread of its own, which is started when it is used. */
export class SqliteThread {
  readonly #setup: Setup
  readonly #log: MigrationLog | undefined
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #calls = 0
  #isClosed = false

  constructor(setup: Setup, log?: MigrationLog) {
    this.#setup = setup
    this.#log = log
  }

  async call<Name extends keyof Methods>(
    method: Name,
    ...args: Parameters<Methods[Name]>
  ): Promise<ReturnType<Methods[Name]>> {
    if (this.#isClosed) throw new StoreUnavailable('closed')
    this.#worker ??= this.#start()
    const call: Call = { id: this.#calls++, method, args }
    this.#worker.postMessage(call)
    this.#worker.ref()
    return new Promise((resolve, reject) =>
      this.#pending.set(call.id, { caller: currentCaller(), resolve: resolve as Pending['resolve'], reject }),
    )
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const worker = this.#worker
    if (worker === undefined) return
    const ended = once(worker, 'exit')
    worker.ref()
    worker.postMessage('close')
    await ended
  }

  #start(): Worker {
    // without the preloaded modules of the main thread, which delay its start
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: this.#setup, execArgv: [] })
    worker.on('message', (reply: Reply | Told) => {
      if ('told' in reply) {
        this.#log?.info(...reply.told)
        return
      }
      const pending = this.#pending.get(reply.id)
      // what node --watch reports of the thread
      if (pending === undefined) return
      const { caller, resolve, reject } = pending
      caller?.charge(reply.milliseconds)
      this.#pending.delete(reply.id)
      if (this.#pending.size === 0 && !this.#isClosed) worker.unref()
      if ('failure' in reply) reject(errorOf(reply.failure))
      else resolve(reply.result)
    })
    let cause: unknown
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', () => {
      this.#worker = undefined
      for (const { reject } of this.#pending.values()) reject(new StoreUnavailable('out-of-reach', cause))
      this.#pending.clear()
    })
    return worker
  }
}

function errorOf(failure: Failure): unknown {
  if ('unusable' in failure) return new StoreUnavailable('out-of-reach', new StoreUnusable(failure.unusable))
  return failure.reason === undefined ? failure.error : new StoreUnavailable(failure.reason, failure.error)
}
