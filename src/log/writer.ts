import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import type { Sink } from './sinks.ts'

const gatherMs = 50
const gatherBytes = 2 ** 16
const roomBytes = gatherBytes + 2 ** 12
const bytesPerCharacter = 3
const maxWaiting = 2 ** 20
const retryMs = 1000

/**
 * Where pino writes its lines: gathered, and written in the background, so that the log never holds up the service. Lines that
 * it does not take are dropped; when it takes lines again, one of them says how many were.
 */
export class LogWriter implements DestinationStream {
  readonly #sink: Sink
  #gathered = Buffer.allocUnsafeSlow(roomBytes)
  #used = 0
  #lines = 0
  #writingBytes = 0
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined

  constructor(sink: Sink) {
    this.#sink = sink
  }

  write(line: string): void {
    if (this.#used + this.#writingBytes + line.length > maxWaiting) {
      this.#dropped++
      return
    }
    this.#gather(line)
    this.#lines++
    if (this.#used >= gatherBytes) this.#start()
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
    // lines behind a stalled write would stall, too
    if (this.#used > 0) this.#sink.writeNow(this.#take().bytes)
  }

  #gather(line: string): void {
    const needed = this.#used + bytesPerCharacter * line.length
    if (needed > this.#gathered.length) {
      const grown = Buffer.allocUnsafeSlow(2 * needed)
      this.#gathered.copy(grown, 0, 0, this.#used)
      this.#gathered = grown
    }
    this.#used += this.#gathered.write(line, this.#used)
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
      this.#writingBytes = bytes.length
      try {
        await this.#sink.write(bytes)
      } catch {
        this.#dropped += lines
        await sleep(retryMs, undefined, { ref: false })
      }
      this.#writingBytes = 0
    } while (this.#used >= gatherBytes || this.#dropped > 0)
    this.#writing = undefined
    if (this.#used > 0) this.#timer ??= setTimeout(() => this.#start(), gatherMs)
  }

  #take(): { bytes: Buffer; lines: number } {
    const lines = this.#lines + this.#dropped
    if (this.#dropped > 0) this.#gather(droppedLine(this.#dropped))
    const bytes = this.#gathered.subarray(0, this.#used)
    this.#gathered = Buffer.allocUnsafeSlow(roomBytes)
    this.#used = 0
    this.#lines = 0
    this.#dropped = 0
    return { bytes, lines }
  }
}

function droppedLine(dropped: number): string {
  const msg = 'lines of the log were dropped because it did not take them'
  const fields = { level: 40, time: Date.now(), pid: process.pid, hostname: hostname(), dropped, msg }
  return `${JSON.stringify(fields)}\n`
}
