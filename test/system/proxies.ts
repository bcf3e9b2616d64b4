// nginx and HAProxy, the real ones, under the configurations of src/operation or others.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'

export type Program = 'nginx' | 'haproxy'

export interface Proxy {
  readonly port: number
  stop(): Promise<void>
}

/** Where the configurations of src/operation have the service. */
export const basePath = '/lossmeter'

/** What a service behind one of them needs to be told. */
export const behindProxy = { BASE_PATH: basePath, TRUST_PROXY: '1' }

/** Why there is no such program; false when there is. */
export function without(program: Program): string | false {
  return spawnSync(program, ['-v']).error !== undefined && `${program} is not installed`
}

/** How else a proxy may be set up: what is replaced in the configuration of src/operation. */
export type Changes = readonly (readonly [found: string, other: string])[]

const buffered = ['proxy_request_buffering off', 'proxy_request_buffering on'] as const
const oldHttp = [
  ['proxy_http_version 1.1', 'proxy_http_version 1.0'],
  ['proxy_set_header Connection ""', 'proxy_set_header Connection close'],
] as const

/** The ways that are tried. */
export const manners: Readonly<Record<Program, Readonly<Record<string, Changes>>>> = {
  nginx: {
    'as shown': [],
    'with bodies buffered': [buffered],
    'with nothing buffered': [['proxy_request_buffering off', 'proxy_request_buffering off; proxy_buffering off']],
    'with HTTP/1.0 behind it': oldHttp,
    'with HTTP/1.0 behind it and bodies buffered': [buffered, ...oldHttp],
  },
  haproxy: {
    'as shown': [],
    'with bodies buffered': [['mode http\n', 'mode http\n  option http-buffer-request\n']],
    'with a connection for each request': [['mode http\n', 'mode http\n  option httpclose\n']],
  },
}

/** Starts a proxy in front of these ports. */
export async function startProxy(
  program: Program,
  upstreams: readonly number[],
  changes: Changes = [],
): Promise<Proxy> {
  return startUnder(program, (port) => {
    const [file, lineOf, listening, wrap] = {
      nginx: ['nginx.conf', (at: number) => `  server 127.0.0.1:${at};`, 'listen 80;', wrapped] as const,
      haproxy: ['haproxy.cfg', (at: number) => `  server at-${at} 127.0.0.1:${at}`, 'bind :80', same] as const,
    }[program]
    const shown = readFileSync(new URL(`../../src/operation/${file}`, import.meta.url), 'utf8')
    const server = /^ {2}server .*127\.0\.0\.1:3000.*$/m.exec(shown)?.[0] ?? ''
    const here = listening.replace(/:?80/, `127.0.0.1:${port}`)
    const text = [[server, upstreams.map(lineOf).join('\n')], [listening, here], ...changes].reduce(replaced, shown)
    return wrap(text)
  })
}

/** Starts a proxy under a configuration, which is told the port to listen on. */
export async function startUnder(program: Program, configurationOf: (port: number) => string): Promise<Proxy> {
  for (let left = 5; ; left--) {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
    const file = join(folder, 'proxy.conf')
    writeFileSync(file, configurationOf(port).replaceAll('FOLDER', folder))
    const args = program === 'nginx' ? ['-c', file] : ['-f', file]
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    const closed = once(child, 'close')
    const isRunning = () => child.exitCode === null && child.signalCode === null
    const stop = async () => {
      child.kill('SIGTERM')
      await closed
      rmSync(folder, { recursive: true })
    }
    while (isRunning() && !(await isTaken(port))) await sleep(20)
    if (isRunning()) return { port, stop }
    await stop()
    // another test may have taken the port in the meantime
    if (left === 0) throw new Error(`${program} does not start: ${errors}`)
  }
}

function same(text: string): string {
  return text
}

/** A server of nginx with what Debian's nginx.conf has around it, in a folder of its own. */
function wrapped(server: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path FOLDER/${name};`,
  )
  const user = process.getuid?.() === 0 ? 'user root root;' : ''
  return `${user} daemon off; pid FOLDER/pid; error_log FOLDER/errors;
events { worker_connections 4096; }
http {
access_log off;
${folders.join('\n')}
${server}
}
`
}

function replaced(text: string, [found, other]: readonly string[]): string {
  if (!text.includes(found)) throw new Error(`"${found}" is not in the configuration`)
  return text.replace(found, other)
}

/** Whether somebody listens. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => resolve(false))
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
