import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { channel } from './migrate.ts'

export interface ListenerTimes {
  readonly retryMilliseconds: number
  readonly checkMilliseconds: number
}

const standardTimes: ListenerTimes = { retryMilliseconds: 250, checkMilliseconds: 5000 }

export class ChangeListener {
  readonly #url: string
  readonly #listener: (evaluation?: number) => void
  readonly #times: ListenerTimes
  readonly #closing = new AbortController()
  readonly #done: Promise<void>

  /** @param listener called without an id at each new connection: changes before it may have been missed */
  constructor(url: string, listener: (evaluation?: number) => void, times = standardTimes) {
    this.#url = url
    this.#listener = listener
    this.#times = times
    this.#done = this.#run()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await this.#listen().catch(ignore)
      await sleep(this.#times.retryMilliseconds, undefined, { signal }).catch(ignore)
    }
  }

  async #listen(): Promise<void> {
    const timeout = this.#times.checkMilliseconds
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'lossmeter listener',
      connectionTimeoutMillis: timeout,
      query_timeout: timeout,
    })
    const ended = new AbortController()
    const signal = AbortSignal.any([ended.signal, this.#closing.signal])
    client.on('error', ignore)
    client.on('end', () => ended.abort())
    client.on('notification', ({ payload }) => this.#listener(Number(payload)))
    try {
      await client.connect()
      await client.query(`LISTEN ${channel}`)
      this.#listener()
      for (;;) {
        await sleep(timeout, undefined, { signal })
        await client.query('SELECT 1')
      }
    } finally {
      client.connection.stream.destroy()
    }
  }
}

function ignore(): void {}
