import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { channel } from './migrate.ts'

export interface ListenerTimes {
  readonly retryMilliseconds: number
  /** Between two looks at the connection. Then an announcement that was lost is made good, too. */
  readonly checkMilliseconds: number
  readonly answerMilliseconds: number
  /** Changes wait so long for others. */
  readonly gatherMilliseconds: number
  /** Between two announcements, where changes go on. */
  readonly restMilliseconds: number
}

const standardTimes: ListenerTimes = {
  retryMilliseconds: 250,
  checkMilliseconds: 1000,
  answerMilliseconds: 5000,
  gatherMilliseconds: 50,
  restMilliseconds: 250,
}

/** Changes that are announced one by one; if there are more, all evaluations are said to have changed. */
const mostAnnounced = 1000

/** Called once for each outage, and at its end. */
export interface ListenerWatch {
  failed(error: unknown): void
  recovered(): void
}

/**
 * Announces the changes of this replica, and listens to those of the others, on a connection of its own. An announcement is
 * no part of the transaction that changed something: PostgreSQL lets transactions that announce commit one after the other.
 */
export class ChangeListener {
  readonly #url: string
  readonly #listener: (evaluation?: number) => void
  readonly #times: ListenerTimes
  readonly #watch: ListenerWatch | undefined
  readonly #closing = new AbortController()
  readonly #done: Promise<void>
  #changed = new Set<number>()
  #client: pg.Client | undefined
  #timer: NodeJS.Timeout | undefined
  /** One after the other: pg would queue them. */
  #announcing: Promise<void> = Promise.resolve()
  #announcedAt = 0
  #hasFailed = false

  /**
   * @param listener called without an id at each new connection and now and then, since announcements may be lost: by a
   *   replica that is killed after a commit, or behind a pooler
   */
  constructor(
    url: string,
    listener: (evaluation?: number) => void,
    watch?: ListenerWatch,
    times: ListenerTimes = standardTimes,
  ) {
    this.#url = url
    this.#listener = listener
    this.#watch = watch
    this.#times = times
    this.#done = this.#run()
  }

  announce(evaluation: number): void {
    this.#changed.add(evaluation)
    this.#timer ??= setTimeout(() => void this.#announceAll(), this.#wait()).unref()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#announceAll()
    this.#closing.abort()
    await this.#done
  }

  #wait(): number {
    const { gatherMilliseconds, restMilliseconds } = this.#times
    return Math.max(gatherMilliseconds, this.#announcedAt + restMilliseconds - performance.now())
  }

  /** Without a connection, what has changed is announced at the next one. */
  #announceAll(): Promise<void> {
    this.#announcing = this.#announcing.then(() => this.#announceChanges())
    return this.#announcing
  }

  async #announceChanges(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const client = this.#client
    if (client === undefined || this.#changed.size === 0) return
    this.#announcedAt = performance.now()
    const changed = this.#changed
    this.#changed = new Set()
    const payloads = changed.size > mostAnnounced ? [''] : [...changed].map(String)
    try {
      await client.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [channel, payloads])
    } catch {
      // a connection that does not answer is lost, too
      client.connection.stream.destroy()
      if (this.#client === client) this.#client = undefined
      for (const evaluation of changed) this.#changed.add(evaluation)
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      await this.#listen().catch((error: unknown) => this.#fail(error))
      await sleep(this.#times.retryMilliseconds, undefined, { signal }).catch(ignore)
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed || this.#closing.signal.aborted) return
    this.#hasFailed = true
    this.#watch?.failed(error)
  }

  /** Rejects when the connection ends, or at close. */
  async #listen(): Promise<void> {
    const { checkMilliseconds, answerMilliseconds } = this.#times
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'lossmeter listener',
      connectionTimeoutMillis: answerMilliseconds,
      query_timeout: answerMilliseconds,
    })
    const ended = new AbortController()
    const signal = AbortSignal.any([ended.signal, this.#closing.signal])
    client.on('error', ignore)
    client.on('end', () => ended.abort(new Error('The connection ended')))
    let own: number | undefined
    client.on('notification', ({ processId, payload }) => {
      if (processId !== own) this.#listener(payload === '' ? undefined : Number(payload))
    })
    try {
      await client.connect()
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      own = rows[0].pid
      // an announcement needs not be durable
      await client.query(`SET synchronous_commit = off; LISTEN ${channel}`)
      this.#client = client
      if (this.#hasFailed) this.#watch?.recovered()
      this.#hasFailed = false
      await this.#announceAll()
      for (;;) {
        this.#listener()
        await sleep(checkMilliseconds, undefined, { signal }).catch(() => signal.throwIfAborted())
        await client.query('SELECT 1')
      }
    } finally {
      this.#client = undefined
      // `end` would wait for an answer that may never come
      client.connection.stream.destroy()
    }
  }
}

function ignore(): void {}
