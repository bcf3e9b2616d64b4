// What keys, quotas and metrics cost, what refused requests cost others, and what overload does:
// node bench/operation.ts, or as a part of npm run bench. BENCH_ROUNDS=3 is quicker, BENCH_PART=costs is one of its parts.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { asJson, makeRows } from './bodies.ts'
import { Connection, checkStatus, timeRequest } from './client.ts'
import type { Flood, Flooded } from './flood.ts'
import { requestOf, withHeader } from './flood.ts'
import { throughput } from './measures.ts'
import type { Server } from './servers.ts'
import { processorSeconds, start, stop } from './servers.ts'
import { median, quantile } from './statistics.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 12)
const parts = { costs: benchCosts, refusals: benchRefusals, overload: benchOverload }
const windowMilliseconds = 700
const key = 'lm_bench'
const limitedKey = 'lm_limited'
const authorization = `Authorization: Bearer ${key}`
const oneRow = asJson('one row of 10', makeRows(1), 'index')

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const keys = [
  { name: 'bench', sha256: sha256(key), scopes: ['evaluate'] },
  { name: 'limited', sha256: sha256(limitedKey), scopes: ['evaluate'], requestsPerMinute: 1 },
]

/** Tables in Markdown. */
export async function benchOperation(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  const keyFile = join(folder, 'keys.json')
  writeFileSync(keyFile, JSON.stringify(keys))
  try {
    const tables: string[] = []
    for (const [part, bench] of Object.entries(parts)) {
      if ((process.env.BENCH_PART ?? part) === part) tables.push(await bench(keyFile))
    }
    return tables.join('\n\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Processor time of a request of one row, against a service that counts nothing and needs no key. */
async function benchCosts(keyFile: string): Promise<string> {
  const metrics = new URL('../src/operation/metrics.ts', import.meta.url).href
  const uncounted = `import { Metrics } from '${metrics}'; Metrics.prototype.answered = () => {}`
  const without = [`--import=data:text/javascript,${encodeURIComponent(uncounted)}`]
  const withKey = withHeader(oneRow, authorization)
  const API_KEYS_FILE = keyFile
  const quotas = { REQUESTS_PER_MINUTE: '1000000000', BYTES_PER_MINUTE: String(2 ** 50) }
  const contenders = [
    { name: 'nothing counted', request: oneRow, flags: without, variables: {} },
    { name: 'metrics', request: oneRow, flags: [], variables: {} },
    { name: 'metrics and a key', request: withKey, flags: [], variables: { API_KEYS_FILE } },
    { name: 'metrics, a key and quotas', request: withKey, flags: [], variables: { API_KEYS_FILE, ...quotas } },
  ]
  const all = await Promise.all(
    contenders.map(async ({ flags, variables, ...contender }) => {
      const server = await start('lossmeter', '', flags, 'memory:', variables)
      return { ...contender, server, rates: [] as number[], costs: [] as number[] }
    }),
  )
  // the first rounds warm up
  for (let round = -2; round < rounds; round++) {
    for (const turn of all.keys()) {
      // each round in another order
      const { server, request, rates, costs } = all[(turn + round + 2) % all.length]
      const { requestsPerSecond, microsecondsOfProcessor } = await throughput(server, request, windowMilliseconds)
      if (round < 0) continue
      rates.push(requestsPerSecond)
      costs.push(microsecondsOfProcessor)
    }
  }
  await Promise.all(all.map(({ server }) => stop(server)))
  const ratio = (of: (contender: (typeof all)[number]) => number[], at: number, to: number) =>
    median(of(all[at]).map((value, round) => value / of(all[to])[round])).toFixed(3)
  return [
    '| one row of 10, JSON, 16 connections | requests | processor time of one | against the one above, round by round |',
    '|---|---:|---:|---:|',
    ...all.map(({ name, rates, costs }, at) => {
      const against =
        at === 0 ? '' : `${ratio((one) => one.rates, at, at - 1)}, ${ratio((one) => one.costs, at, at - 1)}`
      return `| ${name} | ${median(rates).toFixed(0)} /s | ${median(costs).toFixed(1)} µs | ${against} |`
    }),
  ].join('\n')
}

/** What a small right request takes while others are refused. */
async function benchRefusals(keyFile: string): Promise<string> {
  const server = await start('lossmeter', '', [], 'memory:', { API_KEYS_FILE: keyFile })
  const connection = await Connection.open(server.port)
  const right = withHeader(oneRow, authorization)
  const lines = [
    '| a small right request, while | reached | processor of the service | median | p99 |',
    '|---|---:|---:|---:|---:|',
  ]
  for (const [name, header] of [
    ['401', 'Authorization: Bearer lm_unknown'],
    ['429', `Authorization: Bearer ${limitedKey}`],
  ]) {
    const flood = await flooding({ port: server.port, connections: 64, rate: 10_000, rows: 1, temperatures: 0, header })
    const quiet: number[] = []
    const flooded: number[] = []
    const reached: number[] = []
    const shares: number[] = []
    for (let round = -1; round < rounds; round++) {
      const before = await timesOf(connection, right, server)
      flood.go()
      const [began, spent] = [performance.now(), processorSeconds(server)]
      const during = await timesOf(connection, right, server)
      const share = (processorSeconds(server) - spent) / ((performance.now() - began) / 1000)
      const { answers, seconds } = await flood.pause()
      if (round < 0) continue
      quiet.push(...before)
      flooded.push(...during)
      shares.push(share)
      reached.push((answers[name] ?? 0) / seconds)
    }
    flood.end()
    const row = (what: string, rate: string, share: string, times: readonly number[]) =>
      `| ${what} | ${rate} | ${share} | ${median(times).toFixed(2)} ms | ${quantile(times, 0.99).toFixed(2)} ms |`
    lines.push(row('nobody else asks', '', '', quiet))
    lines.push(
      row(`others get ${name}`, `${median(reached).toFixed(0)} /s`, `${(100 * median(shares)).toFixed(0)} %`, flooded),
    )
  }
  connection.close()
  await stop(server)
  return lines.join('\n')
}

async function timesOf(connection: Connection, request: typeof oneRow, server: Server): Promise<number[]> {
  const times: number[] = []
  for (const end = performance.now() + windowMilliseconds; performance.now() < end; await setTimeout(2))
    times.push(await timeRequest(connection, request, server.check))
  return times
}

/** What is done of three times what can be done. */
async function benchOverload(): Promise<string> {
  const lines = [
    '| three times what can be done | capacity | answered | done | | done, p99 | refused, p99 | memory before, after |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
  ]
  const kinds = [
    { name: '100 x 10, JSON', rows: 100, temperatures: 0 },
    { name: '1,000 x 10, JSON', rows: 1000, temperatures: 0 },
    { name: '20 x 10 at 200 temperatures', rows: 20, temperatures: 200 },
  ]
  for (const { name, ...kind } of kinds) {
    const what = { ...kind, header: '' }
    const started = await start('lossmeter', '', [], 'memory:', { MAX_CONNECTIONS_PER_ADDRESS: '2048' })
    const server = { ...started, check: checkStatus }
    const request = requestOf(what)
    await throughput(server, request, 2000)
    const capacity = (await throughput(server, request, 3000)).requestsPerSecond
    const options = { ...what, port: server.port, connections: 1500, rate: 3 * capacity }
    const flood = await flooding(options)
    flood.go()
    await setTimeout(3000)
    await flood.pause()
    const before = memoryOf(server)
    flood.go()
    await setTimeout(1000 * rounds)
    const { answers, seconds, done99, refused99 } = await flood.pause()
    const after = memoryOf(server)
    flood.end()
    await stop(server)
    const sent = Object.values(answers).reduce((sum, count) => sum + count, 0) / seconds
    const done = (answers[200] ?? 0) / seconds
    lines.push(
      `| ${name} | ${capacity.toFixed(0)} /s | ${sent.toFixed(0)} /s | ${done.toFixed(0)} /s | ${((100 * done) / capacity).toFixed(0)} % | ${within(done99)} | ${within(refused99)} | ${before} MiB, ${after} MiB |`,
    )
  }
  return lines.join('\n')
}

function within(milliseconds: number | null): string {
  return milliseconds === null ? 'none' : `${milliseconds.toFixed(1)} ms`
}

async function flooding(options: Flood) {
  const child = fork(join(import.meta.dirname, 'flood.ts'), [JSON.stringify(options)])
  await once(child, 'message')
  return {
    go: () => child.send('go'),
    pause: async (): Promise<Flooded> => {
      const told = once(child, 'message')
      child.send('pause')
      const [flooded] = await told
      // what is on its way is not part of what follows
      await setTimeout(300)
      return flooded
    },
    end: () => child.kill(),
  }
}

/** MiB that a server holds now. */
function memoryOf({ child }: Server): string {
  const [, kibibytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return (Number(kibibytes) / 1024).toFixed(0)
}

if (import.meta.main) process.stdout.write(`${await benchOperation()}\n`)
