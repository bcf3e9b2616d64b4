import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Account, Holder } from '../formats/budget.ts'
import { MemoryBudget } from '../formats/budget.ts'
import type { BodySource, ReadContext } from '../formats/context.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import { Collector } from '../runtime/collector.ts'
import type { Task } from '../runtime/scheduler.ts'
import { Scheduler } from '../runtime/scheduler.ts'
import { clientOf } from '../wire/table.ts'
import { whenClosed } from '../wire/when-closed.ts'
import type { Limits } from './limits.ts'

declare module 'fastify' {
  interface FastifyInstance {
    resources: Resources
  }
  interface FastifyRequest {
    /** The time and the memory that the request takes. */
    work: RequestWork
  }
}

/** Bytes of a body that must come, each time, for its client not to count as one that is waited for. */
const progressBytes = 2 ** 16
const stalledMilliseconds = 5000
/** Bytes of an answer that are not worth counting; no problem is larger, so that one can be sent when there is no room. */
const uncountedBytes = 2 ** 16

/** What all requests share: the time of the one thread, and the memory. */
export class Resources {
  readonly limits: Limits
  readonly scheduler = new Scheduler()
  readonly budget: MemoryBudget

  constructor(limits: Limits, collector?: Collector) {
    this.limits = limits
    this.budget = new MemoryBudget(limits.maxInFlightBytes, collector)
  }

  /**
   * @param owner whose the request is
   * @param response where its answer goes
   */
  open(owner: string, response?: ServerResponse): RequestWork {
    return new RequestWork(this, owner, response)
  }
}

/** What counts the bytes of a body as they come. */
export interface Meter {
  /**
   * Counts bytes; at once where it can be told whether they may come.
   *
   * @throws, or rejects with, what ends the body
   */
  count(bytes: number): Promise<void> | undefined
  /** No more bytes come. */
  end(): void
}

/** How bodies are written. */
export type BodyFormat = 'json' | 'ndjson' | 'binary' | 'multipart' | 'inference'

/** What of a spec is told in the log and the metrics. */
interface ToldSpec {
  readonly loss: string
  readonly labelFormat: string
}

/** The parts of a request that are spans of their own where it is traced. */
export type Part = 'receive' | 'decode' | 'fold'

/** The spans of a request that is traced. */
export interface Trace {
  readonly id: string
  /** Begins the span of a part. @returns ends it */
  begin(part: string): (hasFailed?: boolean) => void
}

/** The time and the memory of one request, from its headers to the end of its answer. */
export class RequestWork implements Holder, ReadContext {
  readonly task: Task
  readonly memory: Account
  readonly #response: ServerResponse | undefined
  #source: BodySource | undefined
  #meter: Meter | undefined
  /** Bytes of the body that have come, when inflated. */
  bytes = 0
  /** Whether the body was taken as a whole, so that nobody has to read on to its end. */
  hasWholeBody = false
  /** How the body is written. */
  format: BodyFormat | undefined
  /** Undefined while nobody asks for traces. */
  trace: Trace | undefined
  /** How rows were evaluated, if any were. */
  spec: ToldSpec | undefined
  rows = 0
  #isOver = false
  #received = 0
  #progressAt = performance.now()

  constructor({ scheduler, budget, limits: { maxComputeMs } }: Resources, owner: string, response?: ServerResponse) {
    this.#response = response
    this.task = scheduler.task(maxComputeMs, () => tooLong(maxComputeMs), owner)
    this.memory = budget.open(this)
  }

  /** Whose it is. */
  get owner(): string {
    return this.task.owner
  }

  /** Says whose it is when more is known than an address; before it holds or computes anything. */
  belongTo(owner: string): void {
    this.task.owner = owner
  }

  /** A body is being read. */
  reads(source: BodySource): void {
    this.#source = source
  }

  /** Has the bytes of the body counted as they come. */
  meter(meter: Meter): void {
    this.#meter = meter
    // its client may have left meanwhile
    if (this.#isOver) meter.end()
  }

  /**
   * Bytes of a body have come.
   *
   * @returns what they wait for before they may be used, if anything
   */
  received(bytes: number): Promise<void> | undefined {
    this.bytes += bytes
    this.#received += bytes
    if (this.#received >= progressBytes) {
      this.#received = 0
      this.#progressAt = performance.now()
    }
    return this.#meter?.count(bytes)
  }

  /** So many rows were evaluated under this spec, in addition to others of the request. */
  evaluates(spec: ToldSpec, rows: number): void {
    this.spec = spec
    this.rows += rows
  }

  /** Runs a part of the work, in a span of its own where the request is traced. */
  during<Result>(part: Part, run: () => Result): Result {
    return this.trace === undefined ? run() : traced(this.trace.begin(part), run)
  }

  /** The answer is about to be sent; it computes no longer. */
  answers(): void {
    this.#progressAt = performance.now()
    this.task.stop()
  }

  /** Whether nothing can be done before its client sends more. */
  get isWaiting(): boolean {
    return this.#response?.headersSent !== true && this.#source?.isWaiting === true
  }

  get isStalled(): boolean {
    const isTheClients = this.#response?.headersSent === true || this.isWaiting
    return isTheClients && performance.now() - this.#progressAt > stalledMilliseconds
  }

  giveWay(reason: Error): void {
    this.#end(reason)
    // an answer under way cannot become another
    if (this.#response?.headersSent) this.#response.destroy()
  }

  /** The answer is sent, or its client has left: whatever is still at work stops, and everything is given back. */
  close(): void {
    this.#isOver = true
    this.#end(requestOver)
    this.#meter?.end()
  }

  #end(reason: Error): void {
    this.task.abandon(reason)
    this.#source?.close(reason)
    this.memory.close()
  }
}

function traced<Result>(end: (hasFailed?: boolean) => void, run: () => Result): Result {
  let result: Result
  try {
    result = run()
  } catch (error) {
    end(true)
    throw error
  }
  if (result instanceof Promise) {
    result.then(
      () => end(),
      () => end(true),
    )
  } else end()
  return result
}

/** Why work stopped whose result nobody would see. */
export const requestOver = new Error('the request is over')

function tooLong(allowed: number): LimitExceeded {
  const detail = `The request takes longer to compute than maxComputeMs, ${allowed} ms.`
  return new LimitExceeded('maxComputeMs', allowed, [], detail)
}

/**
 * Gives every request its share of time and memory, and takes it back when the answer is sent or the client has left.
 *
 * @param isBehindProxies whether the address is that of the request, since that of the connection is a proxy's
 */
export function requestWork(app: FastifyInstance, limits: Limits, isBehindProxies = false): void {
  const resources = new Resources(limits, new Collector())
  app.decorate('resources', resources)
  app.decorateRequest('work')
  app.addHook('onRequest', (request, { raw }, done) => {
    const connection = isBehindProxies ? undefined : app.connections.of(request.raw.socket)
    const owner = connection?.address ?? clientOf(request.ip)
    const work = resources.open(owner, raw)
    request.work = work
    // the response is closed however it ends; a response to a client that left is never finished
    whenClosed(raw, () => work.close())
    done()
  })
  app.addHook('onSend', (request, _reply, payload, done) => {
    const { work } = request
    work.answers()
    const isWhole = typeof payload === 'string' || Buffer.isBuffer(payload)
    if (isWhole && payload.length > uncountedBytes) work.memory.reserve(payload.length)
    done()
  })
}
