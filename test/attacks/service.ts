// The service as a process of its own, with a probe in it.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { flags, memoryLimit, settings } from './compose.ts'
import type { Report } from './probe.ts'

const root = join(import.meta.dirname, '../..')
const ticksPerSecond = 100
const longestLog = 100_000
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
  #said = ''
  #errors = ''
  #turn = 0
  #delay = 0
  #memory: Memory = { resident: 0, peak: 0 }

  private constructor(variables: Record<string, string>) {
    const env = { PATH: process.env.PATH, ...settings, PORT: '0', ...variables }
    const args = [...flags, '--import', join(import.meta.dirname, 'probe.ts'), 'src/server.ts']
    this.child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
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
    const { stdout } = service.child
    const listen = (chunk: Buffer) => {
      service.#said += chunk
      const [, port] = /http:\/\/[^"]*?:(\d+)/.exec(service.#said) ?? []
      service.port = Number(port ?? 0)
    }
    stdout?.on('data', listen)
    for (const end = performance.now() + 20_000; service.port === 0; ) {
      if (service.child.exitCode !== null || performance.now() > end) {
        service.child.kill('SIGKILL')
        throw new Error(`the service does not start: ${service.#errors}${service.#said}`)
      }
      await sleep(10)
    }
    stdout?.off('data', listen)
    stdout?.on('data', (chunk) => {
      service.#said = `${service.#said}${chunk}`.slice(-longestLog)
    })
    return service
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** The end of its log. */
  get log(): string {
    return this.#said
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

  /** Seconds of processor time that it has used, on all its threads. */
  get processor(): number {
    const fields = read(this.child.pid, 'stat').split(') ').at(-1)?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
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
