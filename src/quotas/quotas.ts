import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { Ask, Ledger } from './ledger.ts'
import { QuotaShare } from './quota-share.ts'

/** What one client may send in a minute; 0 means unlimited. */
export interface Quota {
  readonly requestsPerMinute: number
  readonly bytesPerMinute: number
}

export interface Usage {
  readonly requests: QuotaShare
  readonly bytes: QuotaShare
}

interface Log {
  warn(fields: object, message: string): void
  info(message: string): void
}

export interface QuotaTimes {
  now(): number
  /** The most milliseconds that a request waits for a ledger. An answer that comes later is dropped. */
  readonly patience: number
  readonly retry: number
  /** Milliseconds after which what was granted and is not used is given back. */
  readonly idle: number
}

// Date is looked up each time, as tests replace it
const standardTimes: QuotaTimes = { now: () => Date.now(), patience: 1000, retry: 1000, idle: 1000 }
const minuteMs = 60_000
const mostClients = 100_000

/**
 * Counts what clients send, by the minutes of the clock, so that all processes mean the same minute.
 *
 * Where other processes count, too, a ledger grants each of them slices of what a client may send: what is within a slice is
 * admitted at once, and the next one is asked for before it is used up. So all processes together never admit more than the
 * quota. What one of them was granted and does not use is missing for the others until it is given back, after `idle`. While
 * the ledger does not answer, each process counts for itself.
 */
export class Quotas {
  // with `max` it would take 1.6 MiB and 8 ms at the start
  readonly #usage = new LRUCache<string, Usage>({ maxSize: mostClients, sizeCalculation: () => 1 })
  readonly #ledger: Ledger | undefined
  readonly #log: Log | undefined
  readonly #times: QuotaTimes
  #minute = 0
  #now = 0
  #asking = new Set<QuotaShare>()
  #answered = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  readonly #granted = new Set<QuotaShare>()
  readonly #timer: NodeJS.Timeout | undefined
  /** Since when the ledger does not answer, and when it is tried again. */
  #retryAt: number | undefined

  /** @param ledger what other processes share with this one; undefined where there are none */
  constructor(ledger?: Ledger, log?: Log, times: Partial<QuotaTimes> = {}) {
    this.#ledger = ledger
    this.#log = log
    this.#times = { ...standardTimes, ...times }
    if (ledger === undefined) return
    this.#timer = setInterval(() => this.#giveBack(this.#times.idle), this.#times.idle).unref()
  }

  /** How many clients have sent something in the current minute. */
  get size(): number {
    return this.#usage.size
  }

  get secondsLeft(): number {
    return minuteMs / 1000 - Math.floor((this.#times.now() % minuteMs) / 1000)
  }

  of(client: string): Usage {
    this.#now = this.#times.now()
    const minute = Math.floor(this.#now / minuteMs)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#usage.clear()
    }
    const known = this.#usage.get(client)
    if (known !== undefined) return known
    const usage = {
      requests: new QuotaShare(`requests ${client}`, minute),
      bytes: new QuotaShare(`bytes ${client}`, minute),
    }
    this.#usage.set(client, usage)
    return usage
  }

  left(client: string): { readonly requests: number; readonly bytes: number } {
    const { requests, bytes } = this.of(client)
    return { requests: requests.rest(this.#isAlone), bytes: bytes.rest(this.#isAlone) }
  }

  /**
   * Counts a request of a client, and holds the bytes that its body says it has, if both are within the quota; at once where it
   * can be told.
   *
   * @returns what is used up, else undefined
   */
  admit(client: string, quota: Quota, declared: number): keyof Quota | undefined | Promise<keyof Quota | undefined> {
    const refused = this.#tryToAdmit(client, quota, declared)
    return refused === undefined || !this.#mayAsk(refused.share)
      ? refused?.limit
      : this.#admitLater(client, quota, declared, refused)
  }

  /**
   * Counts bytes of a client that it did not say it would send; at once where it can be told.
   *
   * @returns whether they are within the quota; if not, nothing is left of it
   */
  draw(client: string, limit: number, bytes: number): boolean | Promise<boolean> {
    const share = this.of(client).bytes
    share.limit = limit
    if (this.#draws(share, bytes)) return true
    return this.#mayAsk(share) ? this.#drawLater(client, limit, bytes) : share.exhaust(this.#isAlone, bytes)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#giveBack(0)
    const answered = new AbortController()
    const { signal } = answered
    const patience = sleep(this.#times.patience, undefined, { signal }).catch(() => undefined)
    await Promise.race([this.#running, patience])
    answered.abort()
    await this.#ledger?.close()
  }

  get #isAlone(): boolean {
    return this.#ledger === undefined || this.#retryAt !== undefined
  }

  #tryToAdmit(client: string, { requestsPerMinute, bytesPerMinute }: Quota, declared: number): Refused | undefined {
    const { requests, bytes } = this.of(client)
    requests.limit = requestsPerMinute
    bytes.limit = bytesPerMinute
    this.#probe(requestsPerMinute > 0 ? requests : bytes)
    if (requests.room(this.#isAlone) < 1) return { limit: 'requestsPerMinute', share: requests, need: 1 }
    // not even a request without a body, when all bytes are used
    const need = Math.max(1, declared)
    if (bytes.room(this.#isAlone) < need) return { limit: 'bytesPerMinute', share: bytes, need }
    requests.use(1, this.#now)
    if (bytesPerMinute > 0) bytes.held += declared
    this.#stockUp(requests)
    this.#stockUp(bytes)
    return undefined
  }

  async #admitLater(client: string, quota: Quota, declared: number, first: Refused): Promise<keyof Quota | undefined> {
    let refused: Refused | undefined = first
    while (refused !== undefined && this.#mayAsk(refused.share)) {
      await this.#ask(refused.share, refused.need)
      refused = this.#tryToAdmit(client, quota, declared)
    }
    return refused?.limit
  }

  #draws(share: QuotaShare, bytes: number): boolean {
    if (share.room(this.#isAlone) < bytes) return false
    share.use(bytes, this.#now)
    this.#stockUp(share)
    return true
  }

  async #drawLater(client: string, limit: number, bytes: number): Promise<boolean> {
    for (;;) {
      const share = this.of(client).bytes
      share.limit = limit
      if (this.#draws(share, bytes)) return true
      if (!this.#mayAsk(share)) return share.exhaust(this.#isAlone, bytes)
      await this.#ask(share, bytes)
    }
  }

  #mayAsk(share: QuotaShare): boolean {
    return !this.#isAlone && this.#now >= share.spentUntil
  }

  /** Asks for the next slice while there is some of the last one. */
  #stockUp(share: QuotaShare): void {
    if (!this.#isAlone && share.isLow) void this.#ask(share, 0)
  }

  #probe(share: QuotaShare): void {
    if (this.#retryAt === undefined || this.#now < this.#retryAt || this.#running !== undefined) return
    void this.#ask(share, 0)
  }

  /** Resolves when the ledger has answered, or will not. */
  #ask(share: QuotaShare, need: number): Promise<void> {
    share.need += need
    share.isAsked = true
    this.#asking.add(share)
    this.#running ??= this.#run()
    return this.#answered.promise
  }

  async #run(): Promise<void> {
    while (this.#asking.size > 0) {
      // asks of the same turn share a message
      await setImmediate()
      const shares = Array.from(this.#asking)
      const { resolve } = this.#answered
      this.#asking = new Set()
      this.#answered = Promise.withResolvers()
      await this.#exchange(shares, resolve)
    }
    this.#running = undefined
  }

  async #exchange(shares: readonly QuotaShare[], answered: () => void): Promise<void> {
    const asks: readonly Ask[] = shares.map((share) => share.ask())
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error('no answer in time')), this.#times.patience)
    try {
      // an answer that comes later is dropped, and the ledger asked again
      const grants = await Promise.race([(this.#ledger as Ledger).take(asks), late.promise])
      for (const [at, share] of shares.entries()) {
        share.take(asks[at], grants[at], this.#times.now())
        this.#granted.add(share)
      }
      if (this.#retryAt !== undefined) this.#log?.info('quotas are shared by all processes again')
      this.#retryAt = undefined
    } catch (err) {
      for (const [at, share] of shares.entries()) share.fail(asks[at])
      this.#goAlone(err)
    } finally {
      clearTimeout(timer)
      for (const share of shares) share.isAsked = this.#asking.has(share)
      answered()
    }
  }

  #goAlone(err: unknown): void {
    if (this.#retryAt === undefined) this.#log?.warn({ err }, 'quotas are not shared: this process counts on its own')
    this.#retryAt = this.#times.now() + this.#times.retry
  }

  /** Gives back what was granted and not used for so long. */
  #giveBack(idle: number): void {
    if (this.#isAlone) return
    const now = this.#times.now()
    for (const share of this.#granted) {
      const isOver = share.minute !== Math.floor(now / minuteMs)
      const isIdle = now - share.usedAt >= idle
      if (!isOver && isIdle && share.spare > 0) {
        share.isReturning = true
        void this.#ask(share, 0)
      }
      if (isOver || isIdle) this.#granted.delete(share)
    }
  }
}

interface Refused {
  readonly limit: keyof Quota
  readonly share: QuotaShare
  readonly need: number
}
