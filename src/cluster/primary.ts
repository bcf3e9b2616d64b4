import type { Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Ledger } from '../quotas/ledger.ts'
import type { MergedMetricsOptions, MetricsSource } from './merge-metrics.ts'
import { MergedMetrics } from './merge-metrics.ts'
import type { Answer, Need, Question, ToPrimary, ToWorker } from './messages.ts'

export type Process = Pick<Worker, 'on' | 'process'> & { send(message: ToWorker, done: () => void): unknown }

export interface PrimaryOptions {
  readonly workers: number
  /** Starts the worker of a place, numbered from 0. */
  readonly fork: (place: number) => Process
  readonly log: Pick<FastifyBaseLogger, 'info' | 'error'>
  readonly ledger: Ledger
  readonly metrics: MergedMetricsOptions['own']
  /** The first pause before a place is filled again whose worker has ended soon after its start; each further one is twice as long. */
  readonly pauseMs?: number
}

/** A worker that ends before it listens, or so soon after, would do so again and again. */
const soonMs = 10_000
const longestPauseMs = 30_000

interface Member extends MetricsSource {
  readonly process: Process
  readonly place: number
  began: number
  /** Whether nothing relies on it as long as it does not listen: when it ends before, it is not replaced. */
  readonly isTrial: boolean
  isListening: boolean
  mayStop: boolean
  isLeaving: boolean
  readonly asked: Set<Question>
  readonly listened: PromiseWithResolvers<boolean>
  readonly ended: PromiseWithResolvers<void>
}

/** Keeps a number of workers running, replaces them, and ends them in good order. */
export class Primary {
  readonly #options: PrimaryOptions
  readonly #metrics: MergedMetrics
  readonly #members = new Set<Member>()
  /** How often in a row the worker of a place has ended soon after its start. */
  readonly #failures = new Map<number, number>()
  readonly #pauses = new Map<number, AbortController>()
  /** What workers need and is not to be had now. */
  readonly #failing = new Set<'quotas' | 'metrics'>()
  #isRestarting = false
  #isClosing = false

  constructor(options: PrimaryOptions) {
    this.#options = options
    this.#metrics = new MergedMetrics({
      // those that end have counted, too
      workers: () => Array.from(this.#members).filter(({ began }) => began < Number.POSITIVE_INFINITY),
      own: (silent) => {
        if (silent > 0) options.log.error({ workers: silent }, 'workers did not report their metrics in time')
        return options.metrics(silent)
      },
    })
  }

  /**
   * Starts the workers. The first one alone, so that what is wrong with the configuration or the store is said once.
   *
   * @returns false when it does not come to listen; it has said why
   */
  async start(): Promise<boolean> {
    const { workers, log } = this.#options
    if (!(await this.#fill(0, true))) return this.#isClosing
    const others = await Promise.all(Array.from({ length: workers - 1 }, (_, at) => this.#fill(at + 1)))
    if (others.every((listens) => listens)) log.info({ workers }, 'all workers are listening')
    return true
  }

  /** Puts another worker in the place of each, one after the other: it listens before the former one ends. */
  async restart(): Promise<void> {
    if (this.#isRestarting || this.#isClosing) return
    this.#isRestarting = true
    try {
      for (let place = 0; place < this.#options.workers; place++) if (!(await this.#renew(place))) return
      this.#options.log.info('all workers were replaced')
    } finally {
      this.#isRestarting = false
    }
  }

  async close(delayMs: number): Promise<void> {
    this.#isClosing = true
    for (const pause of this.#pauses.values()) pause.abort()
    const ended = Array.from(this.#members, (member) => {
      if (member.isListening || member.mayStop) this.#tell(member, { close: { delayMs, isAll: true } })
      // it has nothing yet that could be lost
      else member.process.process.kill('SIGKILL')
      return member.ended.promise
    })
    await Promise.all(ended)
  }

  async #renew(place: number): Promise<boolean> {
    const { log } = this.#options
    this.#pauses.get(place)?.abort()
    const former = Array.from(this.#members).find((member) => member.place === place && !member.isLeaving)
    if (former !== undefined) former.isLeaving = true
    if (await this.#fill(place, true)) {
      if (former === undefined) return true
      this.#tell(former, { close: { delayMs: 0, isAll: false } })
      // at no time there is more than one worker too many
      await former.ended.promise
      return true
    }
    if (this.#isClosing) return false
    log.error('the new worker did not start; the old workers stay')
    if (former !== undefined && this.#members.has(former)) former.isLeaving = false
    else void this.#fill(place)
    return false
  }

  async #fill(place: number, isTrial = false): Promise<boolean> {
    if (this.#isClosing) return false
    const { fork, log } = this.#options
    let process: Process
    try {
      process = fork(place)
    } catch (err) {
      log.error({ err, ...(!isTrial && { pauseMs: this.#fillLater(place, true) }) }, 'cannot start a worker')
      return false
    }
    const member: Member = {
      process,
      place,
      began: Number.POSITIVE_INFINITY,
      isTrial,
      isListening: false,
      mayStop: false,
      isLeaving: false,
      asked: new Set(),
      listened: Promise.withResolvers(),
      ended: Promise.withResolvers(),
      ask: () => this.#tell(member, { wantsSnapshot: true }),
    }
    this.#members.add(member)
    process.on('error', (err: Error) => log.error({ err }, 'a worker failed'))
    process.on('listening', () => {
      member.isListening = true
      member.began = performance.now()
      member.listened.resolve(true)
    })
    process.on('message', (message: ToPrimary) => this.#hear(member, message))
    // not "exit": by then not all of its log has been read
    process.process.on('close', (code, signal) => {
      this.#members.delete(member)
      this.#metrics.ended(member)
      if (!member.isTrial || member.isListening)
        this.#replace(member, 'a worker ended; a new one replaces it', { code, signal })
      member.isListening = false
      member.listened.resolve(false)
      member.ended.resolve()
      this.#answer()
    })
    return member.listened.promise
  }

  #hear(member: Member, message: ToPrimary): void {
    if ('question' in message) this.#take(member, message.question)
    else if ('number' in message) void this.#provide(member, message.number, message)
    else if ('snapshot' in message) this.#metrics.take(member, message.snapshot)
    // node --watch reports what a worker imports, too
    else if ('isLeaving' in message) this.#replace(member, 'a worker is ending; a new one replaces it', {})
  }

  /** Answers what a worker needs. A failure is logged once until it has passed, and never ends the primary. */
  async #provide(member: Member, number: number, need: Need): Promise<void> {
    const kind = 'asks' in need ? 'quotas' : 'metrics'
    try {
      const answer: Answer =
        'asks' in need
          ? { grants: await this.#options.ledger.take(need.asks) }
          : { metrics: await this.#metrics.scrape() }
      this.#failing.delete(kind)
      this.#tell(member, { number, ...answer })
    } catch (err) {
      if (!this.#failing.has(kind)) this.#options.log.error({ err, kind }, 'cannot answer a worker')
      this.#failing.add(kind)
      this.#tell(member, { number, failure: String(err) })
    }
  }

  /** Fills the place of a worker that has it no more; after a pause when it did not have it for long. */
  #replace(member: Member, message: string, why: object): void {
    if (member.isLeaving || this.#isClosing) return
    member.isLeaving = true
    const { place, began, process } = member
    const pauseMs = this.#fillLater(place, performance.now() - began < soonMs)
    this.#options.log.error({ worker: process.process.pid, ...why, pauseMs }, message)
  }

  #fillLater(place: number, hasFailed: boolean): number {
    const { pauseMs = 500 } = this.#options
    const failures = hasFailed ? (this.#failures.get(place) ?? 0) + 1 : 0
    this.#failures.set(place, failures)
    const pause = failures === 0 ? 0 : Math.min(longestPauseMs, pauseMs * 2 ** (failures - 1))
    const ended = new AbortController()
    this.#pauses.set(place, ended)
    sleep(pause, undefined, { signal: ended.signal }).then(
      () => this.#fill(place),
      () => undefined,
    )
    return pause
  }

  #take(member: Member, question: Question): void {
    if (question === 'stopped') member.isListening = false
    member.asked.add(question)
    this.#answer()
  }

  #answer(): void {
    const listening = Array.from(this.#members).filter(({ isListening }) => isListening)
    for (const member of this.#members) {
      const others = listening.filter((other) => other !== member)
      const doOthersGoOn = others.some(({ mayStop }) => !mayStop)
      this.#reply(member, 'trip', true)
      // while others go on, they take what is on its way; the last one waits until it is the only one
      if (member.asked.has('mayStop') && (doOthersGoOn || others.length === 0)) {
        member.mayStop = true
        this.#reply(member, 'mayStop', true, !doOthersGoOn)
      }
      this.#reply(member, 'stopped', listening.length === 0 || !this.#isClosing)
    }
  }

  #reply(member: Member, answer: Question, isTime: boolean, isLast = false): void {
    if (isTime && member.asked.delete(answer)) this.#tell(member, { answer, isLast })
  }

  #tell({ process }: Member, message: ToWorker): void {
    // one that has just ended does not hear it
    process.send(message, () => undefined)
  }
}
