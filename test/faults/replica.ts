// One process of the service, which is started again whenever it is killed.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { uncovered } from '../uncovered.ts'

const root = join(import.meta.dirname, '../..')
const longestStart = 60_000

export class Replica {
  readonly #variables: Readonly<Record<string, string>>
  readonly #command: readonly string[]
  #child: ChildProcess | undefined
  #port: number | undefined
  #errors = ''

  /** @param command what starts Node.js, if it is not started by itself */
  constructor(variables: Readonly<Record<string, string>>, command: readonly string[] = []) {
    this.#variables = variables
    this.#command = command
  }

  /** Where it listens; undefined while it does not. */
  get port(): number | undefined {
    return this.#port
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** What it wrote to stderr, and the errors in its log. */
  get errors(): string {
    return this.#errors
  }

  /** Starts the process; fulfilled when it listens, or has ended. */
  async start(): Promise<void> {
    const [file, ...args] = [...this.#command, process.execPath, 'src/server.ts']
    const env = { PATH: process.env.PATH, ...uncovered, PORT: '0', SHUTDOWN_DELAY_MS: '0', ...this.#variables }
    const child = spawn(file, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    // where the harness itself fails
    const end = () => child.kill('SIGKILL')
    process.once('exit', end)
    const exit = once(child, 'exit').then(() => {
      process.off('exit', end)
      if (this.#child === child) this.#port = undefined
    })
    child.stderr.on('data', (chunk) => {
      this.#errors += chunk
    })
    const listening = new Promise<void>((resolve) => {
      let rest = ''
      child.stdout.on('data', (chunk) => {
        const lines = `${rest}${chunk}`.split('\n')
        rest = lines.pop() as string
        for (const line of lines) {
          const [, port] = /"msg":"Server listening at http:[^"]*:(\d+)"/.exec(line) ?? []
          if (port !== undefined) this.#port = Number(port)
          if (port !== undefined) resolve()
          if (/"level":[56]0/.test(line)) this.#errors += `${line}\n`
        }
      })
    })
    const late = setTimeout(() => {
      this.#errors += `it did not start within ${longestStart} ms\n`
      child.kill('SIGKILL')
    }, longestStart)
    await Promise.race([exit, listening])
    clearTimeout(late)
  }

  /** Ends the process in the middle of whatever it does. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#port = undefined
    if (child === undefined || !this.isRunning) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** Asks the process to end, as who brings in a new release does. */
  async end(): Promise<void> {
    if (!this.isRunning) return
    this.#child?.kill('SIGTERM')
    const code = await this.exitCode()
    if (code !== 0) this.#errors += `it was asked to end, and did with exit code ${code}\n`
  }

  /** Its exit code, when it has ended by itself. */
  async exitCode(): Promise<number | null> {
    if (this.#child !== undefined && this.isRunning) await once(this.#child, 'exit')
    return this.#child?.exitCode ?? null
  }
}
