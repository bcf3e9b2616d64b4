// The service as a process of its own, or several, with a probe in each.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { uncovered } from '../uncovered.ts'
import { flags, memoryLimit, settings } from './compose.ts'
import { hasWorkers, prepare } from './mode.ts'
import type { Report } from './report.ts'
import { mark } from './report.ts'

const root = join(import.meta.dirname, '../..')
const ticksPerSecond = 100
let started = 0
/** A service that takes so much is killed, for the sake of the machine; the container would have died before. */
const deadlyMemory = 1.5 * memoryLimit

export interface Turns {
  /** In milliseconds of processor time. */
  readonly turn: number
  /** In milliseconds of the clock. */
  readonly delay: number
}

export interface Memory {
  /** Resident, in MiB. */
  readonly resident: number
  /** The most that was resident, in MiB. */
  readonly peak: number
}

export class Service {
  readonly child: ChildProcess
  /** Its exit code and signal, once it has ended. */
  readonly ended: Promise<unknown[]>
  /** Whether it took so much memory that it was killed. */
  isKilled = false
  port = 0
  /** Its log goes to a file, so that a busy attacker does not stop it by not reading. */
  readonly #logFile = join(tmpdir(), `attacks-${process.pid}-${started++}.log`)
  /** What the mode needs besides. */
  readonly #prepared = prepare(settings.MAX_IN_FLIGHT_BYTES)
  /** All processes that have reported: with workers, the primary and each of them. */
  readonly #pids = new Set<number>()
  #errors = ''
  #turn = 0
  #delay = 0

  private constructor(variables: Record<string, string>) {
    const env = {
      PATH: process.env.PATH,
      ...uncovered,
      ...settings,
      PORT: '0',
      ...this.#prepared.variables,
      ...variables,
    }
    const args = [...flags, '--import', join(import.meta.dirname, 'probe.ts'), 'src/server.ts']
    const log = openSync(this.#logFile, 'w')
    this.child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', log, 'pipe'] })
    closeSync(log)
    this.ended = once(this.child, 'exit')
    let rest = ''
    this.child.stderr?.on('data', (chunk) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() as string
      for (const line of lines) {
        if (line.startsWith(mark)) this.#take(JSON.parse(line.slice(mark.length)) as Report)
        else this.#errors += `${line}\n`
      }
    })
    const guard = setInterval(() => {
      if (this.memory.resident < deadlyMemory) return
      this.isKilled = true
      this.#kill()
    }, 20)
    this.child.on('exit', () => clearInterval(guard))
  }

  /** Starts it with the settings of the compose file and these. @throws Error when it does not start */
  static async start(variables: Record<string, string> = {}): Promise<Service> {
    const service = new Service(variables)
    for (const end = performance.now() + 60_000; service.port === 0; ) {
      await sleep(10)
      const { log } = service
      const isReady = !hasWorkers || log.includes('all workers are listening')
      service.port = isReady ? Number(/listening at https?:[^"]*?:(\d+)/.exec(log)?.[1] ?? 0) : 0
      if (service.isRunning && performance.now() < end) continue
      await service.stop()
      throw new Error(`the service does not start: ${service.#errors}`)
    }
    return service
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** All that it has logged. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8')
  }

  /** What it wrote to stderr. */
  get errors(): string {
    return this.#errors
  }

  /** Of all its processes together. */
  get memory(): Memory {
    const all = this.#statuses()
    return {
      resident: sum(all.map((status) => mebibytes(status, 'VmRSS'))),
      peak: sum(all.map((status) => mebibytes(status, 'VmHWM'))),
    }
  }

  /** How many processes there are. */
  get processes(): number {
    return this.#statuses().length
  }

  /** The longest turn of its event loop since `forgetTurns`. */
  get turns(): Turns {
    return { turn: this.#turn, delay: this.#delay }
  }

  forgetTurns(): void {
    this.#turn = 0
    this.#delay = 0
  }

  /** The most that was resident is from now on what is resident now. */
  forgetPeak(): void {
    for (const pid of this.#pids) if (read(pid, 'status') !== '') writeFileSync(`/proc/${pid}/clear_refs`, '5')
  }

  /** Seconds of processor time that it has used, on all its threads. */
  get processor(): number {
    const ticks = Array.from(this.#pids, (pid) => {
      const fields = read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? []
      return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
    })
    return sum(ticks) / ticksPerSecond
  }

  /** Its processes that have an event loop which clients wait for. */
  get pids(): number[] {
    return [...this.#pids]
  }

  async stop(): Promise<void> {
    this.#kill()
    await this.ended
    rmSync(this.#logFile, { force: true })
    this.#prepared.remove()
  }

  #kill(): void {
    this.child.kill('SIGKILL')
    // a worker that is busy would notice later that nobody leads it
    for (const pid of this.#pids) if (read(pid, 'stat').includes(` ${this.child.pid} `)) process.kill(pid, 'SIGKILL')
  }

  #statuses(): string[] {
    return Array.from(this.#pids, (pid) => read(pid, 'status')).filter((status) => status !== '')
  }

  #take({ pid, turn, delay }: Report): void {
    this.#pids.add(pid)
    this.#turn = Math.max(this.#turn, turn)
    this.#delay = Math.max(this.#delay, delay)
  }
}

function mebibytes(status: string, field: string): number {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
