// The service as a process of its own, with a probe in it.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { flags, memoryLimit, settings } from './compose.ts'
import type { Report } from './probe.ts'

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
  #errors = ''
  #turn = 0
  #delay = 0
  #memory: Memory = { resident: 0, peak: 0 }

  private constructor(variables: Record<string, string>) {
    const env = { PATH: process.env.PATH, ...settings, PORT: '0', DATABASE_URL: 'memory:', ...variables }
    const args = [...flags, '--import', join(import.meta.dirname, 'probe.ts'), 'src/server.ts']
    const log = openSync(this.#logFile, 'w')
    this.child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', log, 'pipe', 'pipe'] })
    closeSync(log)
    this.ended = once(this.child, 'exit')
    this.child.stderr?.on('data', (chunk) => {
      this.#errors += chunk
    })
    const reports = this.child.stdio[3] as Readable
    let rest = ''
    reports.on('error', () => undefined)
    reports.on('data', (chunk) => {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() as string
      for (const line of lines) this.#take(JSON.parse(line) as Report)
    })
    const guard = setInterval(() => {
      if (residentMemory(this.child.pid) < deadlyMemory) return
      this.isKilled = true
      this.child.kill('SIGKILL')
    }, 20)
    this.child.on('exit', () => clearInterval(guard))
  }

  /** Starts it with the settings of the compose file and these. @throws Error when it does not start */
  static async start(variables: Record<string, string> = {}): Promise<Service> {
    const service = new Service(variables)
    for (const end = performance.now() + 60_000; service.port === 0; ) {
      await sleep(10)
      service.port = Number(/listening at http:[^"]*?:(\d+)/.exec(service.log)?.[1] ?? 0)
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

  get memory(): Memory {
    return this.#memory
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
    if (this.isRunning) writeFileSync(`/proc/${this.child.pid}/clear_refs`, '5')
  }

  /** Seconds of processor time that it has used, on all its threads. */
  get processor(): number {
    const fields = read(this.child.pid, 'stat').split(') ').at(-1)?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
    rmSync(this.#logFile, { force: true })
  }

  #take({ turn, delay, resident, peak }: Report): void {
    this.#turn = Math.max(this.#turn, turn)
    this.#delay = Math.max(this.#delay, delay)
    this.#memory = { resident, peak }
  }
}

function residentMemory(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(read(pid, 'status'))?.[1] ?? 0) / 1024
}

function read(pid: number | undefined, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
