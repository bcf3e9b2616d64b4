// Evaluations over HTTP: node bench/evaluations.ts, or as the last part of npm run bench.
// BENCH_ROUNDS=3 is quicker; BENCH_BATCHES=100000 makes the large evaluation smaller.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresServer } from '../test/database/postgres/server.ts'
import { makeRows } from './bodies.ts'
import { Connection } from './client.ts'
import type { Server } from './servers.ts'
import { peakMemory, residentMemory, start, stop } from './servers.ts'
import { median } from './statistics.ts'
import type { Contender } from './store.ts'
import { connected, interleaved, rawPostgres, rawSqlite, rawTable, writers } from './store.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 12)
const large = Number(process.env.BENCH_BATCHES ?? 1_000_000)
const linesOfPost = 20_000
/** It takes so long under load until the service is compiled: what comes after is what one that runs does. */
const puttingRounds = { warmUp: 12, milliseconds: 1000 }

const declaration = { loss: 'cross-entropy', labelFormat: 'index', outputs: 10 }
const rows = makeRows(1)

/** Measures evaluations through the service and returns the tables in Markdown. */
export async function benchEvaluations(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
  try {
    const path = join(folder, 'evaluations.sqlite')
    const sqlite = await serve(`sqlite:${path}`)
    ends.push(() => stop(sqlite))
    const lines = await benchPuts('node:sqlite, an insert of 600 bytes a commit', 'SQLite', sqlite, {
      writers: 1,
      run: rawSqlite(join(folder, 'raw.sqlite')),
    })
    const table = await benchLarge(sqlite, path, ends)
    const database = await PostgresServer.start({ teardown: (end) => ends.push(end) }, ['fsync=on'])
    const url = await database.createDatabase()
    const postgres = await serve(url)
    ends.push(() => stop(postgres))
    const clients = await Promise.all(Array.from({ length: writers }, () => connected(url)))
    ends.push(() => Promise.all(clients.map((client) => client.end())))
    await clients[0].query(rawTable)
    const name = `pg, an insert a commit, ${writers} connections`
    lines.push(...(await benchPuts(name, 'PostgreSQL', postgres, { writers, run: rawPostgres(clients) })))
    const head = [
      `Medians of ${rounds} interleaved rounds of a second after ${puttingRounds.warmUp} of warm-up, and the first second of all:`,
      '',
      '| durable | /s | ratio | p99, ms | cold, /s |',
      '|---|---:|---:|---:|---:|',
    ]
    return [...head, ...lines, '', table].join('\n')
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

/** PUTs to a service against inserts by the same clients; one service at a time, as where it runs. */
async function benchPuts(
  rawName: string,
  store: string,
  server: Server,
  raw: Pick<Contender, 'writers' | 'run'>,
): Promise<string[]> {
  const contenders = [
    { name: rawName, ...raw },
    { name: `PUT of one row, ${store}, ${writers} connections`, writers, run: await putsOver(server) },
  ]
  const results = await interleaved(contenders, puttingRounds)
  return results.map(({ name, perSecond, p99, first }) => {
    const ratio = perSecond / results[0].perSecond
    return `| ${name} | ${perSecond.toFixed(0)} | ${ratio.toFixed(2)} | ${p99.toFixed(1)} | ${first.toFixed(0)} |`
  })
}

/** Starts the service with a store. */
export function serve(databaseUrl: string): Promise<Server> {
  return start('lossmeter', '', [], databaseUrl)
}

/** Puts one-row batches, each under a new name. */
export async function putsOver(server: Server): Promise<Contender['run']> {
  const connections = await Promise.all(Array.from({ length: writers }, () => Connection.open(server.port)))
  await ask(connections[0], 'PUT', '/v1/evaluations/puts', JSON.stringify(declaration))
  const body = JSON.stringify(rows)
  return (n, writer) => ask(connections[writer], 'PUT', `/v1/evaluations/puts/batches/b${n}`, body)
}

/** An evaluation of many one-row batches: how fast they come in, and what is read from it. */
async function benchLarge(server: Server, path: string, ends: (() => unknown)[]): Promise<string> {
  const connection = await Connection.open(server.port)
  await ask(connection, 'PUT', '/v1/evaluations/large', JSON.stringify(declaration))
  const before = statSync(path).size
  const memoryBefore = residentMemory(server)
  const memories: number[] = []
  const rates: number[] = []
  for (let from = 0; from < large; from += linesOfPost) {
    const lines = Array.from(
      { length: linesOfPost },
      (_, at) => `${JSON.stringify({ batch: `b${from + at}`, ...rows })}\n`,
    )
    const begin = performance.now()
    await ask(connection, 'POST', '/v1/evaluations/large/batches', lines.join(''), 'application/x-ndjson')
    rates.push((linesOfPost * 1000) / (performance.now() - begin))
    memories.push(residentMemory(server))
  }
  const peak = peakMemory(server)
  const memoryAt = (share: number) => memories[Math.ceil(share * memories.length) - 1].toFixed(0)
  const time = async (target: Connection, address: string) => {
    const begin = performance.now()
    await ask(target, 'GET', `/v1/evaluations${address}`)
    return performance.now() - begin
  }
  await time(connection, '/large')
  const warm: number[] = []
  for (let round = 0; round < 21; round++) warm.push(await time(connection, '/large'))
  await stop(server)
  const again = await serve(`sqlite:${path}`)
  ends.push(() => stop(again))
  const other = await Connection.open(again.port)
  const cold = await time(other, '/large')
  const curve = await time(other, '/large/curve')
  const bytes = (statSync(path).size - before) / large
  return [
    `An evaluation of ${large.toLocaleString('en')} one-row batches, in SQLite:`,
    '',
    '| | |',
    '|---|---:|',
    `| NDJSON, one-row batches | ${median(rates).toFixed(0)} /s |`,
    `| report, warm | ${median(warm).toFixed(1)} ms |`,
    `| report, the first after a restart | ${cold.toFixed(0)} ms |`,
    `| learning curve of 200 points | ${curve.toFixed(0)} ms |`,
    `| bytes of the file a batch | ${bytes.toFixed(0)} |`,
    `| resident memory before they came, and when a tenth, half and all of them were there | ${memoryBefore.toFixed(0)}, ${memoryAt(0.1)}, ${memoryAt(0.5)}, ${memoryAt(1)} MiB; at most ${peak.toFixed(0)} |`,
  ].join('\n')
}

/** Sends a request and returns the answer, head and body. @throws Error unless it is 2xx */
export async function ask(
  connection: Connection,
  method: string,
  address: string,
  body = '',
  type = 'application/json',
): Promise<string> {
  const content = Buffer.from(body)
  const fields = body === '' ? '' : `content-type: ${type}\r\ncontent-length: ${content.length}\r\n`
  const head = Buffer.from(`${method} ${address} HTTP/1.1\r\nhost: localhost\r\n${fields}\r\n`)
  const answer = await connection.send({ name: address, bytes: content.length, head, body: content, loss: 0 })
  if (answer.toString('latin1', 9, 10) !== '2')
    throw new Error(`${method} ${address}: ${answer.toString().slice(0, 2000)}`)
  return answer.toString()
}

if (import.meta.main) process.stdout.write(`${await benchEvaluations()}\n`)
