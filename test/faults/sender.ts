// A client that sends each request until it is acknowledged, and whose connections break.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from '../attacks/client.ts'
import { Client, headOf } from '../attacks/client.ts'
import type { Choices } from '../fuzz/random.ts'
import type { Ledger } from './ledger.ts'
import type { Mail } from './mail.ts'
import type { Delivery } from './plan.ts'
import type { Replica } from './replica.ts'

/** The share of connections that are cut. */
const cuts = 0.2
/** Milliseconds that an answer may take, whatever happens to the database. */
const patience = 30_000

/** What became of the requests of all clients. */
export class Sendings {
  requests = 0
  cut = 0
  /** Requests that got no answer because the replica ended. */
  broken = 0
  unavailable = 0
  readonly faults: string[] = []
}

export class Sender {
  readonly #replicas: readonly Replica[]
  readonly #ledger: Ledger
  readonly #choices: Choices
  readonly #sendings: Sendings

  constructor(replicas: readonly Replica[], ledger: Ledger, choices: Choices, sendings: Sendings) {
    this.#replicas = replicas
    this.#ledger = ledger
    this.#choices = choices
    this.#sendings = sendings
  }

  /** Sends what there is until there is nothing more. */
  async sendAll(mail: Mail): Promise<void> {
    for (let next = mail.next(); next !== undefined; next = mail.next()) await this.#deliver(next)
  }

  async #deliver(delivery: Delivery): Promise<void> {
    for (;;) {
      const { port } = this.#choices.pick(this.#replicas)
      if (port === undefined) {
        await sleep(20)
        continue
      }
      this.#sendings.requests++
      const reply = await this.#attempt(delivery, port).catch(() => undefined)
      if (reply === undefined) this.#sendings.broken++
      else if (reply === 'cut') this.#sendings.cut++
      else if (await this.#isSettled(delivery, reply)) return
      await sleep(this.#choices.below(20))
    }
  }

  async #attempt({ request }: Delivery, port: number): Promise<Reply | 'cut' | undefined> {
    const client = await Client.open(port)
    try {
      const bytes = Buffer.concat([Buffer.from(headOf(request)), Buffer.from(request.body ?? '')])
      if (this.#choices.chance(cuts)) {
        // in the middle of the request, or before the answer
        const end = this.#choices.chance(0.5) ? this.#choices.below(bytes.length) : bytes.length
        await client.write(bytes.subarray(0, end))
        await sleep(this.#choices.below(15))
        if (this.#choices.chance(0.5)) client.socket.resetAndDestroy()
        return 'cut'
      }
      await client.write(bytes)
      const from = performance.now()
      const reply = await client.answer(patience)
      if (reply === undefined && performance.now() - from >= patience) this.#fault(`no answer in ${patience} ms`)
      return reply
    } finally {
      client.leave()
    }
  }

  /** Whether the request need not be sent again. */
  async #isSettled(delivery: Delivery, { status, headers, body }: Reply): Promise<boolean> {
    if (status === 200 || status === 201) {
      this.#ledger.acknowledge(delivery, body)
      return true
    }
    if (status === 503 && headers['retry-after'] !== undefined) {
      this.#sendings.unavailable++
      await sleep(50 + this.#choices.below(200))
      return false
    }
    this.#fault(`${delivery.request.method} ${delivery.request.path}: ${status} ${body.slice(0, 300)}`)
    return true
  }

  #fault(fault: string): void {
    this.#sendings.faults.push(fault)
  }
}
