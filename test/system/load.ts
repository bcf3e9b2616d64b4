// Clients that keep their connections, and send again and again.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { eventually } from '../eventually.ts'

/** A client with one connection at a time, which it keeps as long as it may. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #port: number

  constructor(t: Scope, port: number) {
    this.#port = port
    t.after(() => this.#agent.destroy())
  }

  async open(method: string, path: string, body?: object, id = 'none'): Promise<IncomingMessage> {
    const headers = { 'x-request-id': id, ...(body && { 'content-type': 'application/json' }) }
    const sent = request({ agent: this.#agent, host: '127.0.0.1', port: this.#port, method, path, headers })
    sent.setTimeout(60_000, () => sent.destroy(new Error('no answer')))
    sent.end(body && JSON.stringify(body))
    const [answer] = await once(sent, 'response')
    return answer
  }

  async ask(method: string, path: string, body?: object, id?: string): Promise<{ status: number; body: Answer }> {
    const answer = await this.open(method, path, body, id)
    return { status: Number(answer.statusCode), body: JSON.parse(await text(answer)) }
  }
}

interface Scope {
  after(release: () => void): unknown
}

type Answer = Readonly<Record<string, unknown>>

const batch = { loss: 'mae', labelFormat: 'values', predictions: [2, 5], labels: [1, 2] }

/** Clients that ask again and again until they are stopped, or until nobody listens. */
export class Load {
  readonly failures: { client: number; code: unknown }[] = []
  readonly answered: number[]
  refused = 0
  readonly #all: Promise<unknown>
  readonly #path: string
  #isStopped = false

  /** @param path where the service is below a path of a proxy */
  constructor(t: Scope, port: number, clients: number, name: string, path = '') {
    this.#path = `${path}/v1/loss`
    this.answered = Array(clients).fill(0)
    this.#all = Promise.all(this.answered.map((_, at) => this.#run(new Client(t, port), at, `${name}-${at}`)))
  }

  async #run(client: Client, at: number, name: string): Promise<void> {
    while (!this.#isStopped) {
      try {
        const { status } = await client.ask('POST', this.#path, batch, name)
        if (status === 200) this.answered[at]++
        else this.failures.push({ client: at, code: status })
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ECONNREFUSED') {
          this.refused++
          return
        }
        this.failures.push({ client: at, code })
      }
    }
  }

  /** Waits until each client was answered so often from now on. */
  async goOn(times: number): Promise<boolean> {
    const before = this.answered.slice()
    return eventually(() => this.answered.every((count, at) => count >= before[at] + times), 120_000)
  }

  async end(): Promise<void> {
    this.#isStopped = true
    await this.#all
  }

  /** Waits until nobody listens. */
  async refusals(): Promise<void> {
    await this.#all
  }
}
