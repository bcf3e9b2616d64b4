// A service whose store is in trouble: what it answers then, and whether all is there when the trouble is over.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome, Reply, Request } from '../attacks/client.ts'
import { ask } from '../attacks/client.ts'
import { Ledger } from './ledger.ts'
import type { PlannedBatch } from './plan.ts'
import { batchOf, declarations, evaluationNames, outputsOf, putOf, withoutStore } from './plan.ts'
import { Replica } from './replica.ts'
import { judge } from './verdict.ts'

const seed = 7
/** Milliseconds until the service finds that its store is there again. */
const longestRecovery = 20_000

export class Trial {
  readonly replica: Replica
  /** What should have held and did not. */
  readonly faults: string[] = []
  /** What was answered in trouble. */
  answer = ''
  readonly #ledger = new Ledger()
  readonly #sent: PlannedBatch[] = []

  constructor(databaseUrl: string, command: readonly string[] = []) {
    this.replica = new Replica({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'info' }, command)
  }

  /** Starts the service and gives it some batches. */
  async begin(batches = 20): Promise<void> {
    await this.replica.start()
    await this.declare()
    for (let sent = 0; sent < batches; sent++) await this.put()
  }

  async declare(): Promise<void> {
    for (const evaluation of evaluationNames) {
      const body = JSON.stringify({ ...declarations[evaluation], outputs: outputsOf(evaluation) })
      const reply = await this.ask({ method: 'PUT', path: `/v1/evaluations/${evaluation}`, body })
      if (statusOf(reply) > 201) this.faults.push(`declared: ${textOf(reply)}`)
    }
  }

  /** Sends a new batch. */
  async put(): Promise<Outcome> {
    return this.#send(this.#newBatch())
  }

  /** Another replica must take new batches, at the latest when the database has given up on this one. */
  async mustTake(other: Replica, batches: number): Promise<void> {
    const begin = performance.now()
    for (let taken = 0; taken < batches; taken++) {
      const batch = this.#newBatch()
      let reply = await this.#send(batch, other)
      while (statusOf(reply) === 503 && performance.now() - begin < longestRecovery)
        reply = await this.#send(batch, other)
      if (statusOf(reply) !== 201) this.faults.push(`another replica: ${textOf(reply)}`)
    }
    this.answer = `201 by another replica within ${(performance.now() - begin).toFixed()} ms`
  }

  ask(request: Request, replica = this.replica): Promise<Outcome> {
    return ask(replica.port ?? 0, request)
  }

  /** Sends new batches until one is refused, which must be said in these words. */
  async putUntil(detail: string, most = 2000): Promise<void> {
    for (let sent = 0; sent < most; sent++) {
      const reply = await this.put()
      if (statusOf(reply) === 201) continue
      this.mustRefuse(reply, detail)
      return
    }
    this.faults.push(`${most} batches were taken`)
  }

  /** A report must be refused in these words, or answered when there are none. */
  async report(detail?: string): Promise<void> {
    for (const evaluation of evaluationNames) {
      const reply = await this.ask({ method: 'GET', path: `/v1/evaluations/${evaluation}` })
      if (detail !== undefined) this.mustRefuse(reply, detail)
      else if (statusOf(reply) !== 200) this.faults.push(`a report: ${textOf(reply)}`)
    }
  }

  mustRefuse(reply: Outcome, detail: string): void {
    const told = toldBy(reply)
    this.answer = `${statusOf(reply)}: ${told.detail}`
    const isRight =
      statusOf(reply) === 503 &&
      told.type?.endsWith('/problems/store-unavailable') &&
      told.detail === detail &&
      (reply as Reply).headers['retry-after'] !== undefined
    if (!isRight) this.faults.push(`where 503 "${detail}" was due: ${textOf(reply)}`)
  }

  /** Everything else goes on, and /readyz says whether the store can be written to. */
  async mustServeOthers(store: 'ready' | 'unavailable' | 'never' = 'ready'): Promise<void> {
    for (const request of withoutStore) {
      if (store === 'never' && request.path === '/readyz') continue
      const reply = await this.ask(request)
      if (statusOf(reply) !== 200) this.faults.push(`${request.path ?? '/v1/loss'}: ${textOf(reply)}`)
    }
    const said = store === 'never' ? 'has not been reached' : `"store":"${store}"`
    const look = () => this.ask({ method: 'GET', path: '/readyz' })
    let reply = await look()
    // an answer about the store holds for a second
    for (let tries = 0; tries < 30 && !textOf(reply).includes(said); tries++) {
      await sleep(100)
      reply = await look()
    }
    if (!textOf(reply).includes(said)) this.faults.push(`/readyz: ${textOf(reply)}`)
  }

  /** The service cannot be started, and says why. */
  async mustNotStart(reason: RegExp): Promise<void> {
    await this.replica.start()
    if (this.replica.port !== undefined) {
      this.faults.push('it started')
      return
    }
    const { errors } = this.replica
    const code = await this.replica.exitCode()
    const [said, why = '', ...more] = errors.split('\n')
    this.answer = `exit code ${code}: ${why}`
    if (code !== 1 || said !== 'lossmeter cannot start:' || !reason.test(why) || more.join('') !== '') {
      this.faults.push(`exit code ${code}: ${errors.slice(0, 500)}`)
    }
  }

  /** When the trouble is over, everything can be sent again, and each batch counts once. */
  async end(): Promise<void> {
    for (const end = performance.now() + longestRecovery; ; ) {
      const reply = await this.#send(this.#sent[0])
      if (statusOf(reply) < 300) break
      if (performance.now() > end) {
        this.faults.push(`still ${textOf(reply)}`)
        return
      }
      await sleep(100)
    }
    for (const batch of this.#sent) {
      const reply = await this.#send(batch)
      if (statusOf(reply) > 201) this.faults.push(`sent again: ${textOf(reply)}`)
    }
    const { lost, twice, gaps, faults } = await judge([this.replica], this.#sent, this.#ledger, [])
    if (lost + twice + gaps > 0) this.faults.push(`${lost} lost, ${twice} counted twice, ${gaps} gaps`)
    this.faults.push(...faults, ...this.#ledger.faults)
    if (this.replica.errors !== '') this.faults.push(`it wrote: ${this.replica.errors.slice(0, 500)}`)
  }

  #newBatch(): PlannedBatch {
    const batch = batchOf(seed, this.#sent.length)
    this.#sent.push(batch)
    return batch
  }

  async #send(batch: PlannedBatch, replica = this.replica): Promise<Outcome> {
    const delivery = putOf(batch, false)
    const reply = await this.ask(delivery.request, replica)
    if (typeof reply !== 'string' && reply.status < 300) this.#ledger.acknowledge(delivery, reply.body)
    return reply
  }
}

function statusOf(reply: Outcome): number {
  return typeof reply === 'string' ? 599 : reply.status
}

function textOf(reply: Outcome): string {
  return typeof reply === 'string' ? reply : `${reply.status} ${reply.body.slice(0, 300)}`
}

function toldBy(reply: Outcome): { readonly type?: string; readonly detail?: string } {
  return typeof reply === 'string' ? { detail: reply } : JSON.parse(reply.body)
}
