// A client that watches an evaluation on one replica, and connects again where it was.
import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Choices } from '../fuzz/random.ts'
import type { Replica } from './replica.ts'

/** The share of events after which it breaks the connection by itself. */
const cuts = 0.001

/** When an event came. */
export interface Seen {
  readonly name: string
  readonly at: number
  /** Since when the stream had been open. */
  readonly since: number
}

export class Watcher {
  readonly evaluation: string
  readonly seen: Seen[] = []
  readonly faults: string[] = []
  connections = 0
  readonly #replica: Replica
  readonly #choices: Choices
  #isEnded = false
  #stream: IncomingMessage | undefined
  readonly #done: Promise<void>

  constructor(replica: Replica, evaluation: string, choices: Choices) {
    this.#replica = replica
    this.evaluation = evaluation
    this.#choices = choices
    this.#done = this.#watch()
  }

  async end(): Promise<void> {
    this.#isEnded = true
    this.#stream?.destroy()
    await this.#done
  }

  async #watch(): Promise<void> {
    while (!this.#isEnded) {
      const { port } = this.#replica
      if (port !== undefined) await this.#connect(port).catch(() => undefined)
      await sleep(20)
    }
  }

  /** Fulfilled or rejected when the stream ends. */
  async #connect(port: number): Promise<void> {
    const headers = { 'last-event-id': this.seen.length }
    const path = `/v1/evaluations/${this.evaluation}/events`
    const stream = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, headers, agent: false }, resolve).on('error', reject)
    })
    this.#stream = stream
    if (stream.statusCode !== 200) {
      if (stream.statusCode !== 503) this.faults.push(`a stream of events was answered with ${stream.statusCode}`)
      stream.destroy()
      return
    }
    this.connections++
    const since = performance.now()
    let rest = ''
    for await (const chunk of stream.setEncoding('utf8')) {
      const events = `${rest}${chunk}`.split('\n\n')
      rest = events.pop() as string
      for (const event of events) {
        this.#take(event, since)
        if (this.#choices.chance(cuts)) return
      }
    }
  }

  #take(event: string, since: number): void {
    const [, id, data] = /^id: (\d+)\nevent: batch\ndata: (.*)$/.exec(event) ?? []
    if (id === undefined) return
    const { batch, sequence } = JSON.parse(data) as { batch: string; sequence: number }
    const expected = this.seen.length + 1
    if (Number(id) !== expected || sequence !== expected) {
      this.faults.push(`the event ${id} of ${this.evaluation} came where ${expected} was due`)
      return
    }
    this.seen.push({ name: batch, at: performance.now(), since })
  }
}
