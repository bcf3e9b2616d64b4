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
  for (const end = performance.now() + 240_000; performance.now() < end; ) {
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

const known = new WeakMap<Service, { read: number; readonly lines: Record<string, unknown>[] }>()

/** The lines of its log, as far as they have ended. */
export function linesOf(service: Service): readonly Record<string, unknown>[] {
  const so = known.get(service) ?? { read: 0, lines: [] }
  known.set(service, so)
  const { text } = service.output
  const end = text.lastIndexOf('\n') + 1
  // each is parsed once, however often it is asked
  if (end > so.read) {
    const fresh = text.slice(so.read, end - 1).split('\n')
    for (const line of fresh) so.lines.push(JSON.parse(line))
    so.read = end
  }
  return so.lines
}

/** The lines of its log with a message. */
export function linesWith(service: Service, msg: string): Record<string, unknown>[] {
  return linesOf(service).filter((line) => line.msg === msg)
}
