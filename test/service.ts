import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'

const server = new URL('../src/server.ts', import.meta.url).pathname

export interface Service {
  readonly child: ChildProcess
  /** What it has written so far. */
  readonly output: { text: string; errors: string }
  /** Its exit code and signal, when it has ended. */
  readonly ended: Promise<unknown[]>
}

/** Starts the service as a process of its own; `code` runs in it first. */
export function start(
  t: { after(release: () => void): unknown },
  variables: Record<string, string>,
  code = '',
): Service {
  const args = [...(code === '' ? [] : ['--import', `data:text/javascript,${encodeURIComponent(code)}`]), server]
  const env = { ...process.env, PORT: '0', SHUTDOWN_DELAY_MS: '0', ...variables }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { text: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    output.text += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.errors += chunk
  })
  t.after(() => child.kill('SIGKILL'))
  return { child, output, ended: once(child, 'close') }
}

/** Waits until something holds. */
export async function until<Value>(probe: () => Value | undefined | Promise<Value | undefined>): Promise<Value> {
  for (const end = performance.now() + 120_000; performance.now() < end; ) {
    const value = await probe()
    if (value !== undefined) return value
    await setTimeout(10)
  }
  throw new Error('waited in vain')
}

/** The port that the service says it listens on. */
export function portOf({ output }: Service): Promise<number> {
  return until(() => {
    const [, port] = output.text.match(/http:\/\/127\.0\.0\.1:(\d+)/) ?? []
    return port === undefined ? undefined : Number(port)
  })
}

/** The lines of its log, as far as they have ended. */
export function linesOf({ output }: Service): Record<string, unknown>[] {
  return output.text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

/** The lines of its log with a message. */
export function linesWith(service: Service, msg: string): Record<string, unknown>[] {
  return linesOf(service).filter((line) => line.msg === msg)
}
