// Errors must arrive, whatever the client does with its connection while it still sends.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Program } from '../system/proxies.ts'
import { basePath, behindProxy, manners as proxyManners, startProxy, without } from '../system/proxies.ts'
import type { Sent } from './attack.ts'
import { claim, times } from './attack.ts'
import { mebibyte } from './bodies.ts'
import type { Outcome, Request } from './client.ts'
import { Client, headOf, nameOf } from './client.ts'
import { credentials, hasTls } from './mode.ts'

const run = promisify(execFile)
const rounds = 20
const large = 80 * mebibyte

/** What is wrong from its first bytes, from its head, or in the end; each with the status that must arrive. */
const wrongs: Record<string, { status: string; request: Request }> = {
  '413 for 80 MB': { status: '413', request: { body: Buffer.alloc(large, ' ') } },
  '422 for an option before 60 MB': {
    status: '422',
    request: { body: Buffer.concat([Buffer.from('{"loss":1,"labelFormat":2,"x":3}'), Buffer.alloc(60e6, ' ')]) },
  },
  '422 for numbers in the middle of 60 MB': {
    status: '422',
    request: {
      body: Buffer.concat([
        Buffer.from('{"loss":"mse","labelFormat":"values","predictions":["x"],"labels":[1]}'),
        Buffer.alloc(60e6, ' '),
      ]),
    },
  },
  '400 at byte 0 of 20 MB': { status: '400', request: { body: Buffer.alloc(20e6, 'x') } },
  '415 for 20 MB': {
    status: '415',
    request: { headers: { 'content-type': 'text/plain' }, body: Buffer.alloc(20e6, 'a') },
  },
  '404 for 5 MB': { status: '404', request: { path: '/nope', body: Buffer.alloc(5e6, 'a') } },
  '405 for 5 MB': { status: '405', request: { path: '/v1/losses', body: Buffer.alloc(5e6, 'a') } },
}

/** How a raw client treats its connection. */
const manners: Record<string, { headers?: Record<string, string>; version?: string; isHalfClosed?: boolean }> = {
  'Connection: close': { headers: { connection: 'close' } },
  'Connection: keep-alive': { headers: { connection: 'keep-alive' } },
  'HTTP/1.0': { version: '1.0' },
  'half-closed': { isHalfClosed: true },
}

/** A client that sends all before it reads, as simple clients do. */
export async function sendThenRead(port: number, request: Request, isHalfClosed: boolean): Promise<Outcome> {
  const client = await Client.open(port, { isReading: false })
  await client.write(headOf(request))
  await client.write(request.body ?? '')
  if (isHalfClosed) client.socket.end()
  if (client.error !== undefined) return client.error
  client.read()
  const reply = await client.answer(20_000)
  client.leave()
  return reply ?? client.error ?? 'closed'
}

/** Results of several parts as one. */
function merged(sent: readonly Sent[]): Sent {
  return { outcomes: sent.flatMap(({ outcomes }) => outcomes), faults: sent.flatMap(({ faults = [] }) => faults) }
}

function mustBe(status: string, outcomes: readonly Outcome[]): Sent {
  const others = outcomes.map(nameOf).filter((name) => name !== status)
  return { outcomes, faults: others.length === 0 ? [] : [`${others.length} without ${status}: ${others[0]}`] }
}

const ofRawClients = Object.entries(manners).map(([name, { isHalfClosed = false, headers, version }]) =>
  claim({
    name: `errors to a client with ${name}`,
    isShort: name === 'Connection: close',
    check: (stage, { wait }) =>
      stage.with({}, async ({ port }) => {
        // the short round is not to send gigabytes
        const number = wait > 1000 ? 1 : rounds
        const sent: Sent[] = []
        for (const { status, request } of Object.values(wrongs)) {
          const own = { ...request, headers: { ...request.headers, ...headers }, ...(version && { version }) }
          const outcomes: Outcome[] = []
          for (let i = 0; i < number; i++) outcomes.push(await sendThenRead(port, own, isHalfClosed))
          sent.push(mustBe(status, outcomes))
        }
        return merged(sent)
      }),
  }),
)

/** Whether a program is there. */
async function isInstalled(program: string): Promise<boolean> {
  return run(program, ['--version']).then(
    () => true,
    () => false,
  )
}

/** Runs something with each wrong body in a file. */
async function withFiles(
  visit: (path: string, status: string, request: Request) => Promise<readonly Outcome[]>,
): Promise<Sent> {
  const folder = await mkdtemp(join(tmpdir(), 'attacks-'))
  try {
    const sent: Sent[] = []
    for (const { status, request } of Object.values(wrongs)) {
      const path = join(folder, 'body')
      await writeFile(path, request.body ?? '')
      sent.push(mustBe(status, await visit(path, status, request)))
    }
    return merged(sent)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function origin(port: number): string {
  return `${hasTls ? 'https' : 'http'}://127.0.0.1:${port}`
}

const urllib = `
import json, ssl, sys, urllib.request, urllib.error
url, path, head, times = sys.argv[1:]
body = open(path, 'rb').read()
context = ssl._create_unverified_context()
for _ in range(int(times)):
    try: print(urllib.request.urlopen(urllib.request.Request(url, body, json.loads(head)), timeout=20, context=context).status)
    except urllib.error.HTTPError as error: print(error.code)
    except Exception as error: print(repr(error)[:60])
`

const ofPython = claim({
  name: "errors to Python's urllib",
  check: async (stage) => {
    if (!(await isInstalled('python3'))) return { outcomes: ['python3 is not installed'] }
    return stage.with({}, ({ port }) =>
      withFiles(async (path, _, { path: route = '/v1/loss', headers = {} }) => {
        const head = JSON.stringify({ 'content-type': 'application/json', ...headers, ...credentials() })
        const args = ['-c', urllib, `${origin(port)}${route}`, path, head, String(rounds)]
        return (await run('python3', args)).stdout.trim().split('\n')
      }),
    )
  },
})

const ofCurl = (['-0', '-HConnection: close', '-HExpect:'] as const).map((flag) =>
  claim({
    name: `errors to curl ${flag}`,
    check: async (stage) => {
      if (!(await isInstalled('curl'))) return { outcomes: ['curl is not installed'] }
      return stage.with({}, ({ port }) =>
        withFiles(async (path, _, { path: route = '/v1/loss', headers = {} }) => {
          const all = { 'content-type': 'application/json', ...headers, ...credentials() }
          const named = Object.entries(all).map(([name, value]) => `-H${name}: ${value}`)
          const url = `${origin(port)}${route}`
          const args = [
            '-sk',
            '-o',
            '/dev/null',
            '-w',
            '%{http_code}',
            '-HExpect:',
            ...named,
            flag,
            '--data-binary',
            `@${path}`,
            url,
          ]
          const outcomes: Outcome[] = []
          for (let i = 0; i < rounds; i++) {
            const ended = await run('curl', args).catch((error) => ({ stdout: `${error.stdout} exit ${error.code}` }))
            outcomes.push(ended.stdout)
          }
          return outcomes
        }),
      )
    },
  }),
)

/** The proxies that speak to a service without TLS. */
const inFront: readonly [Program, string][] = hasTls
  ? []
  : [
      ['nginx', 'as shown'],
      ['nginx', 'with bodies buffered'],
      ['nginx', 'with HTTP/1.0 behind it'],
      ['haproxy', 'as shown'],
    ]

const ofProxies = inFront.map(([program, manner]) =>
  claim({
    name: `errors through ${program} ${manner}`,
    async check(stage) {
      const reason = without(program)
      if (reason !== false) return { outcomes: [reason] }
      return stage.with(behindProxy, async (service) => {
        const proxy = await startProxy(program, [service.port], proxyManners[program][manner])
        try {
          const sent: Sent[] = []
          for (const { status, request } of Object.values(wrongs)) {
            const path = `${basePath}${request.path ?? '/v1/loss'}`
            const outcomes: Outcome[] = []
            for (const _ of times(rounds, 0)) outcomes.push(await sendThenRead(proxy.port, { ...request, path }, false))
            sent.push(mustBe(status, outcomes))
          }
          return merged(sent)
        } finally {
          await proxy.stop()
        }
      })
    },
  }),
)

export const errors = [...ofRawClients, ofPython, ...ofCurl, ...ofProxies]
