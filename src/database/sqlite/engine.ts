import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { StoreUnavailable, StoreUnusable } from '../errors.ts'
import type { Statement } from '../sql/engine.ts'
import type { EvaluationEngine, PutRules } from '../sql/evaluation-engine.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { Call, Failure, Methods, Reply, Setup } from './messages.ts'
import { pack, unpack } from './packing.ts'

const pollMilliseconds = 250

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A SQLite file in a thread of its own. */
export class SqliteEngine implements EvaluationEngine {
  readonly #setup: Setup
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #calls = 0
  #poll: NodeJS.Timeout | undefined
  #isClosed = false

  static async open(path: string, lockMilliseconds = 2000): Promise<SqliteEngine> {
    const engine = new SqliteEngine({ path, lockMilliseconds })
    try {
      await engine.#call('hasChanged')
      return engine
    } catch (error) {
      await engine.close()
      throw unusable(path, error)
    }
  }

  private constructor(setup: Setup) {
    this.#setup = setup
  }

  async ready(): Promise<void> {}

  async query<Row>(statement: Statement): Promise<Row[]> {
    return unpack(await this.#call('query', statement)) as Row[]
  }

  transaction<Row>(statements: readonly Statement[]): Promise<Row[][]> {
    return this.#call('transaction', statements) as Promise<Row[][]>
  }

  putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]> {
    return this.#call('putBatches', pack(batches), rules)
  }

  listen(listener: () => void): void {
    const look = () => this.#call('hasChanged').then((hasChanged) => hasChanged && listener(), ignore)
    this.#poll = setInterval(look, pollMilliseconds).unref()
  }

  /** Other processes look by themselves. */
  announce(): void {}

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#poll)
    const worker = this.#worker
    if (worker === undefined) return
    const ended = once(worker, 'exit')
    worker.ref()
    worker.postMessage('close')
    await ended
  }

  async #call<Name extends keyof Methods>(
    method: Name,
    ...args: Parameters<Methods[Name]>
  ): Promise<ReturnType<Methods[Name]>> {
    if (this.#isClosed) throw new StoreUnavailable('closed')
    this.#worker ??= this.#start()
    const call: Call = { id: this.#calls++, method, args }
    this.#worker.postMessage(call)
    this.#worker.ref()
    return new Promise((resolve, reject) =>
      this.#pending.set(call.id, { resolve: resolve as Pending['resolve'], reject }),
    )
  }

  #start(): Worker {
    // without the preloaded modules of the main thread, which delay its start
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: this.#setup, execArgv: [] })
    worker.on('message', (reply: Reply) => {
      const { resolve, reject } = this.#pending.get(reply.id) as Pending
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

function unusable(path: string, error: unknown): StoreUnusable {
  const { message } = error instanceof StoreUnavailable && error.cause instanceof Error ? error.cause : (error as Error)
  return new StoreUnusable(`${path} cannot be opened: ${message}`, { cause: error })
}

function ignore(): void {}
