import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import type { Sink } from './sinks.ts'

/** Lines are gathered for this long, or until there are this many characters. */
const gatherMs = 50
const gatherLength = 2 ** 14
/** Characters that may wait; further lines are dropped. */
const maxWaiting = 2 ** 20
/** The time until the next attempt after a failure. */
const retryMs = 1000

/**
 * Where pino writes its lines: gathered, and written in the background, so that the log never holds up the service. Lines that
 * it does not take are dropped; when it takes lines again, one of them says how many were.
 */
export class LogWriter implements DestinationStream {
  readonly #sink: Sink
  #gathered = ''
  #lines = 0
  #writingLength = 0
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined

  constructor(sink: Sink) {
    this.#sink = sink
  }

  write(line: string): void {
    if (this.#gathered.length + this.#writingLength + line.length > maxWaiting) {
      this.#dropped++
      return
    }
    this.#gathered += line
    this.#lines++
    if (this.#gathered.length >= gatherLength) this.#start()
    else this.#timer ??= setTimeout(() => this.#start(), gatherMs)
  }

  /** Resolves when all lines are written, or after this time. */
  async flush(milliseconds = 1000): Promise<void> {
    const until = performance.now() + milliseconds
    while (performance.now() < until) {
      this.#start()
      if (this.#writing === undefined) return
      const given = new AbortController()
      await Promise.race([this.#writing, sleep(until - performance.now(), undefined, { signal: given.signal })])
      given.abort()
    }
  }

  /** Writes what has been gathered before the process ends. */
  flushNow(): void {
    // what comes behind lines that are stuck would be stuck too
    if (this.#gathered.length > 0) this.#sink.writeNow(this.#take().bytes)
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#writing !== undefined || this.#lines + this.#dropped === 0) return
    this.#writing = this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    do {
      const { bytes, lines } = this.#take()
      this.#writingLength = bytes.length
      try {
        await this.#sink.write(bytes)
      } catch {
        this.#dropped += lines
        await sleep(retryMs, undefined, { ref: false })
      }
      this.#writingLength = 0
    } while (this.#gathered.length >= gatherLength || this.#dropped > 0)
    this.#writing = undefined
    if (this.#gathered.length > 0) this.#timer ??= setTimeout(() => this.#start(), gatherMs)
  }

  /** What is written next, and how many lines it stands for. */
  #take(): { bytes: Buffer; lines: number } {
    const lines = this.#lines + this.#dropped
    if (this.#dropped > 0) this.#gathered += droppedLine(this.#dropped)
    const bytes = Buffer.from(this.#gathered)
    this.#gathered = ''
    this.#lines = 0
    this.#dropped = 0
    return { bytes, lines }
  }
}

/** A warning in the form of pino's lines. */
function droppedLine(dropped: number): string {
  const msg = 'lines of the log were dropped because it did not take them'
  const fields = { level: 40, time: Date.now(), pid: process.pid, hostname: hostname(), dropped, msg }
  return `${JSON.stringify(fields)}\n`
}
