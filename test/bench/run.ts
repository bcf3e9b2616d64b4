// The service against its peers, as one table in Markdown: npm run bench
// BENCH_ROUNDS=3 is quicker; BENCH_ONLY='17 digits' takes the rows that match; BENCH_PEERS=parse,drain some peers.
import { cpus } from 'node:os'
import fastifyPackage from 'fastify/package.json' with { type: 'json' }
import type { Request } from './bodies.ts'
import { asBinary, asFiles, asJson, asNdjson, asOneArray, makeRows } from './bodies.ts'
import { Connection } from './client.ts'
import { benchEvaluations } from './evaluations.ts'
import { benchFiles } from './files.ts'
import { benchFold } from './fold.ts'
import { benchGrowth } from './growth.ts'
import { benchInference } from './inference.ts'
import type { Cost, Throughput, UnderUploads } from './measures.ts'
import { cost, latency, Siege, throughput } from './measures.ts'
import { benchOperation } from './operation.ts'
import { benchParts } from './parts.ts'
import { benchScanner } from './scanner.ts'
import type { Server, ServerName } from './servers.ts'
import { isInstalled, peakMemory, serverNames, start, stop, versionsOfPython } from './servers.ts'
import { interleave, mean } from './statistics.ts'
import { Table } from './table.ts'
import { benchTables } from './tables.ts'
import { benchWorkers } from './workers.ts'

const measured = Number(process.env.BENCH_ROUNDS ?? 12)
const rounds = { warmUp: Math.min(3, measured), measured }
const only = new RegExp(process.env.BENCH_ONLY ?? '')
const peers = process.env.BENCH_PEERS?.split(',') ?? serverNames
const windowMilliseconds = 400
/** What the compiler needs until it has seen all of a request's way. */
const warmUpMilliseconds = 3000
/** The same of small requests, which pass through most of the code. */
const longWarmUpMilliseconds = 10_000
const siegeMilliseconds = 1500

const names = serverNames.filter((name) => name === 'lossmeter' || peers.includes(name))
const missing = new Set(names.filter((name) => !isInstalled(name)))
const present = names.filter((name) => !missing.has(name))
const table = new Table(names, missing)

const oneRow = asJson('one row of 10', makeRows(1), 'index')
const answer = await answerTo(oneRow)

await benchOneRow('one row of 10, JSON, 16 connections')
await benchBodies()
await benchSmallLines()
if (only.test('gradient back')) await benchInference(table, rounds, present)
await benchUploads('while four clients upload 12 MB of JSON:')
benchScannerAlone()
report()
if (only.test('evaluations')) process.stdout.write(`\n${await benchEvaluations()}\n`)
if (only.test('parts of a put')) process.stdout.write(`\n${await benchParts()}\n`)
if (only.test('files against binary')) process.stdout.write(`\n${await benchFiles()}\n`)
if (only.test('tables against files')) process.stdout.write(`\n${await benchTables()}\n`)
if (only.test('operation')) process.stdout.write(`\n${await benchOperation()}\n`)
if (only.test('workers')) process.stdout.write(`\n${await benchWorkers()}\n`)
if (only.test('growth')) process.stdout.write(`\n${await benchGrowth(rounds.measured)}\n`)
if (only.test('fold')) process.stdout.write(`\n${await benchFold()}\n`)

/** What lossmeter answers; the peers that compute nothing send the same. */
async function answerTo(request: Request): Promise<string> {
  const server = await start('lossmeter')
  const connection = await Connection.open(server.port)
  const text = (await connection.send(request)).toString()
  connection.close()
  await stop(server)
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

async function startAll(): Promise<Map<ServerName, Server>> {
  const servers = await Promise.all(present.map((name) => start(name, answer)))
  return new Map(servers.map((server) => [server.name, server]))
}

async function benchOneRow(name: string): Promise<void> {
  if (!only.test(name)) return
  const servers = await startAll()
  for (const server of servers.values()) await throughput(server, oneRow, longWarmUpMilliseconds)
  const results = await interleave<ServerName, Throughput>(present, rounds, (server) =>
    throughput(servers.get(server) as Server, oneRow, windowMilliseconds),
  )
  table.add(
    name,
    '/s',
    pick(results, ({ requestsPerSecond }) => requestsPerSecond),
  )
  table.add(
    '&emsp;processor time of one',
    'µs',
    pick(results, ({ microsecondsOfProcessor }) => microsecondsOfProcessor),
  )
  await Promise.all([...servers.values()].map(stop))
}

/** Each body to the servers that read its media type. */
async function benchBodies(): Promise<void> {
  const large = makeRows(60_000)
  const anyPeer = serverNames
  const cases: (readonly [takers: readonly ServerName[], times: number, request: Request])[] = [
    [anyPeer, 50, asJson('1,000 x 10, JSON', makeRows(1000), 'index')],
    [anyPeer, 3, asJson('60,000 x 10, JSON, 17 digits', large, 'index')],
    [anyPeer, 3, asJson('60,000 x 10, JSON, 8 digits', makeRows(60_000, { digits: 8 }), 'index')],
    [anyPeer, 3, asJson('60,000 x 10, JSON, 17 digits, one-hot', large, 'one-hot')],
    [['lossmeter', 'drain'], 20, asBinary('60,000 x 10, binary, FP64 and INT64', large, 'index')],
    [['lossmeter', 'drain'], 20, asBinary('60,000 x 10, binary, FP32 and INT64', large, 'index', 'FP32')],
    [['lossmeter', 'drain'], 3, asFiles('60,000 x 10, .npy files, FP64 and INT64', large)],
    [['lossmeter', 'drain'], 20, asBinary('60,000 x 10, binary, one-hot in FP64', large, 'one-hot')],
    [['lossmeter', 'drain', 'parse'], 3, asNdjson('60,000 x 10, NDJSON, 60 lines', large, 1000)],
    [['lossmeter', 'drain', 'parse'], 3, asNdjson('60,000 x 10, NDJSON, 60,000 lines', large, 1)],
  ]
  const chosen = cases.filter(([, , { name }]) => only.test(name))
  if (chosen.length === 0) return
  const servers = await startAll()
  for (const [takers, times, request] of chosen) {
    const contenders = present.filter((name) => takers.includes(name))
    // what takes little time has not been compiled when the rounds of warm-up are over
    if (times > 3)
      for (const name of contenders) await throughput(servers.get(name) as Server, request, warmUpMilliseconds, 1)
    // afterwards, for a connection that nothing comes on is soon closed
    const open = new Map<ServerName, Connection>()
    for (const name of contenders) open.set(name, await Connection.open((servers.get(name) as Server).port))
    const results = await interleave<ServerName, number>(contenders, rounds, (name) =>
      latency(servers.get(name) as Server, open.get(name) as Connection, request, times),
    )
    table.add(`${request.name} (${inUnits(request.bytes)})`, 'ms', results)
    for (const connection of open.values()) connection.close()
  }
  table.add('&emsp;peak resident memory after these', 'MiB', memoryOf(servers.values()))
  await Promise.all([...servers.values()].map(stop))
}

/** Lines as workers log them, against JSON.parse of the same text as one array. */
async function benchSmallLines(): Promise<void> {
  const lines = [1, 7]
    .map((each) =>
      asNdjson(`20,000 lines of ${each} x 10, NDJSON, against one JSON array`, makeRows(20_000 * each), each),
    )
    .filter(({ name }) => only.test(name))
  if (lines.length === 0) return
  const contenders = present.filter((name) => name === 'lossmeter' || name === 'parse')
  const servers = new Map<ServerName, Server>(
    await Promise.all(contenders.map(async (name) => [name, await start(name, answer)] as const)),
  )
  for (const request of lines) {
    const array = asOneArray(request)
    const results = await interleave<ServerName, Cost>(contenders, rounds, (name) =>
      cost(servers.get(name) as Server, name === 'parse' ? array : request, 3),
    )
    table.add(
      `${request.name} (${inUnits(request.bytes)})`,
      'ms',
      pick(results, ({ milliseconds }) => milliseconds),
    )
    const processor = pick(results, ({ millisecondsOfProcessor }) => millisecondsOfProcessor)
    // a tick of the clock is most of a round, so that only all rounds together say something
    table.add('&emsp;processor time of one', 'ms', new Map([...processor].map(([name, list]) => [name, [mean(list)]])))
  }
  await Promise.all([...servers.values()].map(stop))
}

async function benchUploads(name: string): Promise<void> {
  if (!only.test(name)) return
  const besieged = present.filter((name) => name === 'lossmeter' || name === 'parse')
  const servers = await Promise.all(besieged.map((name) => start(name, answer, ['--import', './test/bench/probe.ts'])))
  const sieges = new Map<ServerName, Siege>()
  for (const server of servers) sieges.set(server.name, await Siege.prepare(server))
  const results = await interleave<ServerName, UnderUploads>(besieged, rounds, (server) =>
    (sieges.get(server) as Siege).measure(oneRow, siegeMilliseconds),
  )
  table.add(
    `${name} event-loop delay p99`,
    'ms',
    pick(results, ({ loopDelay99 }) => loopDelay99),
  )
  table.add(
    '&emsp;one row of 10, p99',
    'ms',
    pick(results, ({ smallRequest99 }) => smallRequest99),
  )
  table.add(
    '&emsp;uploads',
    '/s',
    pick(results, ({ uploadsPerSecond }) => uploadsPerSecond),
  )
  table.add('&emsp;peak resident memory', 'MiB', memoryOf(servers))
  for (const siege of sieges.values()) siege.end()
  await Promise.all(servers.map(stop))
}

function benchScannerAlone(): void {
  const chosen = ['17 digits, 60000 x 10', '17 digits, flat', '8 digits, 60000 x 10', '8 digits, flat'].filter((name) =>
    only.test(`scanner alone, ${name}`),
  )
  for (const { name, scans, parses } of benchScanner(chosen, rounds.measured)) {
    const results = new Map<ServerName, number[]>([
      ['lossmeter', scans],
      ['parse', parses],
    ])
    table.add(`scanner alone against JSON.parse alone, ${name}`, 'MB/s', results)
  }
}

function report(): void {
  const [{ model }] = cpus()
  const python = missing.has('fastapi') ? 'FastAPI not installed' : versionsOfPython()
  const lines = [
    `${cpus().length} cores, ${model}; Node ${process.versions.node}, Fastify ${fastifyPackage.version}, ${python}.`,
    `Medians of ${rounds.measured} interleaved rounds after ${rounds.warmUp} of warm-up, server and client on the same cores.`,
    `In brackets: lossmeter's time (or memory) divided by the peer's, so below 1 lossmeter is better. The middle half of a row's rounds spans ${Math.round(100 * table.noise)} % of its median.`,
    '',
    table.toString(),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function memoryOf(servers: Iterable<Server>): Map<ServerName, number[]> {
  return new Map([...servers].map((server) => [server.name, [peakMemory(server)]]))
}

function pick<Result>(
  results: ReadonlyMap<ServerName, readonly Result[]>,
  value: (result: Result) => number,
): Map<ServerName, number[]> {
  return new Map([...results].map(([name, list]) => [name, list.map(value)]))
}

function inUnits(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
