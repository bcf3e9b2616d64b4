import type { ServerResponse } from 'node:http'
import fp from 'fastify-plugin'
import type { Account, Holder } from '../formats/budget.ts'
import { MemoryBudget } from '../formats/budget.ts'
import type { BodySource, ReadContext } from '../formats/context.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import type { Trace } from '../operation/traceparent.ts'
import { Collector } from '../runtime/collector.ts'
import type { Task } from '../runtime/scheduler.ts'
import { Scheduler } from '../runtime/scheduler.ts'
import { clientOf } from '../wire/table.ts'
import { whenClosed } from '../wire/when-closed.ts'
import type { Limits } from './limits.ts'
import { requestOver } from './problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    resources: Resources
  }
  interface FastifyRequest {
    work: RequestContext
  }
}

const progressBytes = 2 ** 16
const stalledMilliseconds = 5000
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

  open(owner: string, response?: ServerResponse): RequestContext {
    return new RequestContext(this, owner, response)
  }
}

export interface Meter {
  /** Counts bytes; a promise where the decision takes time. @throws, or rejects with, an error that ends the body */
  count(bytes: number): Promise<void> | undefined
  end(): void
}

export type BodyFormat = 'json' | 'ndjson' | 'binary' | 'multipart' | 'inference'

interface LoggedSpec {
  readonly loss: string
  readonly labelFormat: string
}

export type Part = 'receive' | 'decode' | 'fold'

/** The time and the memory of one request, from its headers to the end of its answer. */
export class RequestContext implements Holder, ReadContext {
  readonly task: Task
  readonly memory: Account
  readonly #response: ServerResponse | undefined
  #source: BodySource | undefined
  #meter: Meter | undefined
  bytes = 0
  /** Whether the body was read as a whole, so that nothing is left to drain. */
  hasWholeBody = false
  format: BodyFormat | undefined
  trace: Trace | undefined
  spec: LoggedSpec | undefined
  rows = 0
  #isOver = false
  #received = 0
  #progressAt = performance.now()

  constructor({ scheduler, budget, limits: { maxComputeMs } }: Resources, owner: string, response?: ServerResponse) {
    this.#response = response
    this.task = scheduler.task(maxComputeMs, () => tooLong(maxComputeMs), owner)
    this.memory = budget.open(this)
  }

  get owner(): string {
    return this.task.owner
  }

  /** Whether the answer is sent, or the client has left. */
  get isOver(): boolean {
    return this.#isOver
  }

  get level(): number {
    return this.task.level
  }

  /** Counts time of the store as computing. */
  charge(milliseconds: number): void {
    this.task.charge(milliseconds)
  }

  /** Sets the owner when more is known than an address; before the request holds or computes anything. */
  belongTo(owner: string): void {
    this.task.owner = owner
  }

  reads(source: BodySource): void {
    this.#source = source
  }

  meter(meter: Meter): void {
    this.#meter = meter
    if (this.#isOver) meter.end()
  }

  /** Notes bytes of a body. @returns a promise to wait for before they are used, if any */
  received(bytes: number): Promise<void> | undefined {
    this.bytes += bytes
    this.#received += bytes
    if (this.#received >= progressBytes) {
      this.#received = 0
      this.#progressAt = performance.now()
    }
    return this.#meter?.count(bytes)
  }

  evaluates(spec: LoggedSpec, rows: number): void {
    this.spec = spec
    this.rows += rows
  }

  during<Result>(part: Part, run: () => Result): Result {
    return this.trace === undefined ? run() : traced(this.trace.begin(part), run)
  }

  /** Notes that the answer is about to be sent: the time of the request ends. */
  answers(): void {
    this.#progressAt = performance.now()
    this.task.stop()
  }

  /** Whether it waits for its client to send more. */
  get isWaiting(): boolean {
    return this.#response?.headersSent !== true && this.#source?.isWaiting === true
  }

  get isStalled(): boolean {
    const isTheClients = this.#response?.headersSent === true || this.isWaiting
    return isTheClients && performance.now() - this.#progressAt > stalledMilliseconds
  }

  giveWay(reason: Error): void {
    this.#end(reason)
    if (this.#response?.headersSent) this.#response.destroy()
  }

  /** Stops all work and gives the memory back: the answer is sent, or the client has left. */
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

function tooLong(allowed: number): LimitExceeded {
  const detail = `The request takes longer to compute than maxComputeMs, ${allowed} ms.`
  return new LimitExceeded('maxComputeMs', allowed, [], detail)
}

interface Options {
  readonly limits: Limits
  /** Whether the address is that of the request, since that of the connection is a proxy's. */
  readonly isBehindProxies?: boolean
}

/** Gives every request its time and memory, and takes them back when the answer is sent or the client has left. */
export const requestContext = fp(
  async (app, { limits, isBehindProxies = false }: Options) => {
    const resources = new Resources(limits, new Collector())
    app.decorate('resources', resources)
    app.decorateRequest('work')
    app.addHook('onRequest', (request, { raw }, done) => {
      const connection = isBehindProxies ? undefined : app.connections.of(request.raw.socket)
      const owner = connection?.address ?? clientOf(request.ip)
      const work = resources.open(owner, raw)
      request.work = work
      // a response to a client that left is closed, but never finished
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
  },
  { name: 'request-context', decorators: { fastify: ['connections'] } },
)
