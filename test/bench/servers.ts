// The servers, each in a process of its own.
import type { ChildProcess } from 'node:child_process'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import packageJson from '../../package.json' with { type: 'json' }
import { flags as launchFlags, variables as launchVariables } from '../../src/runtime/relaunch.ts'
import { freePort } from '../free-port.ts'
import type { Check } from './client.ts'
import { Connection, checkLoss, checkStatus } from './client.ts'

const root = join(import.meta.dirname, '../..')
const peers = join(import.meta.dirname, 'peers')
const python = '/usr/bin/python3'

export const serverNames = ['lossmeter', 'drain', 'parse', 'plain', 'fastapi'] as const
export type ServerName = (typeof serverNames)[number]

/** What each one is, for the head of the table. */
export const titles: Record<ServerName, string> = {
  lossmeter: 'lossmeter',
  drain: 'Fastify, bytes drained',
  parse: 'Fastify + JSON.parse',
  plain: 'Fastify + zod + loop',
  fastapi: 'FastAPI + numpy',
}

export interface Server {
  readonly name: ServerName
  readonly port: number
  readonly child: ChildProcess
  /** What its answers must be. */
  readonly check: Check
}

/** Starts a server and waits until it takes connections. `answer` is what the peers that compute nothing answer. */
export async function start(
  name: ServerName,
  answer = '',
  flags: readonly string[] = [],
  databaseUrl = 'memory:',
  variables: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await freePort()
  const [command, args] = commandOf(name, port, flags)
  const launched = name === 'lossmeter' ? launchVariables : {}
  const child = spawn(command, args, {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      ANSWER: answer,
      DATABASE_URL: databaseUrl,
      ...launched,
      ...variables,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${name} does not start`)
    await setTimeout(50)
  }
  return { name, port, child, check: name === 'drain' || name === 'parse' ? checkStatus : checkLoss }
}

export async function stop({ child }: Server): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

export function isInstalled(name: ServerName): boolean {
  return name !== 'fastapi' || versionsOfPython() !== undefined
}

/** The versions behind the FastAPI peer; `undefined` where it is not installed. */
export function versionsOfPython(): string | undefined {
  const program =
    'import sys, fastapi, numpy, uvicorn; print("Python", sys.version.split()[0], "FastAPI", fastapi.__version__, "numpy", numpy.__version__, "uvicorn", uvicorn.__version__)'
  try {
    return execFileSync(python, ['-c', program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

/** Seconds of processor time that the threads of a server have used; NaN where there is no /proc. */
export function processorSeconds({ child }: { readonly child: Pick<ChildProcess, 'pid'> }): number {
  try {
    const threads = readdirSync(`/proc/${child.pid}/task`)
    return (
      threads.reduce((sum, thread) => sum + Number(readProc(child, `task/${thread}/schedstat`).split(' ')[0]), 0) / 1e9
    )
  } catch {
    return Number.NaN
  }
}

/** The most resident memory that a server had, in MiB; NaN where there is no /proc. */
export function peakMemory(server: Server): number {
  return memoryOf(server, 'VmHWM')
}

/** The resident memory that a server has, likewise. */
export function residentMemory(server: Server): number {
  return memoryOf(server, 'VmRSS')
}

function memoryOf({ child }: Server, field: string): number {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readProc(child, 'status'))?.[1]) / 1024
}

function readProc({ pid }: Pick<ChildProcess, 'pid'>, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function commandOf(name: ServerName, port: number, flags: readonly string[]): [string, string[]] {
  // as npm start does, after it has started itself anew: with a channel to it, it cannot
  if (name === 'lossmeter')
    return [process.execPath, [...launchFlags, ...flags, ...packageJson.scripts.start.split(' ').slice(1)]]
  if (name !== 'fastapi') return [process.execPath, [...flags, join(peers, `${name}.ts`)]]
  const where = ['--app-dir', peers, 'fastapi_numpy:app', '--host', '127.0.0.1', '--port', String(port)]
  return [python, ['-m', 'uvicorn', ...where, '--log-level', 'warning', '--no-access-log']]
}

async function accepts(port: number): Promise<boolean> {
  try {
    const connection = await Connection.open(port)
    connection.close()
    return true
  } catch {
    return false
  }
}
