// Ten years of hours, and the total of a thousand evaluations: node test/bench/windows.ts
// WINDOWS_STORES=sqlite,postgres measures one of them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresServer } from '../database/postgres/server.ts'
import { Connection } from './client.ts'
import { ask, serve } from './evaluations.ts'
import type { Server } from './servers.ts'
import { stop } from './servers.ts'
import { median, quantile } from './statistics.ts'

const stores = (process.env.WINDOWS_STORES ?? 'sqlite,postgres').split(',')
const hour = 3_600_000
const begin = Date.UTC(2016, 0, 1)
const end = Date.UTC(2026, 0, 1)
const linesOfPost = 20_000
const evaluations = 1000
const rounds = 21

const declaration = { loss: 'cross-entropy', labelFormat: 'index', outputs: 3 }
const rows = {
  predictions: [
    [0.2, 0.7, 0.1],
    [0.6, 0.3, 0.1],
  ],
  labels: [1, 2],
}

/** What is asked, each over and over. */
const questions: Readonly<Record<string, string>> = {
  'a page of 100 windows, the first': '/ten-years/windows?limit=100',
  'a page of 100 windows, in the middle': '/ten-years/windows?limit=100&after=2021-01-01T00:00:00Z',
  'a month, day by day': '/ten-years/windows?every=24&from=2021-01-01T00:00:00Z&to=2021-02-01T00:00:00Z',
  'ten years, 30 days by 30 days': '/ten-years/windows?every=720&limit=1000',
  'the report of a month': '/ten-years?from=2021-01-01T00:00:00Z&to=2021-02-01T00:00:00Z',
  'the report of a year': '/ten-years?from=2021-01-01T00:00:00Z&to=2022-01-01T00:00:00Z',
  'the report of all but the first hour': '/ten-years?from=2016-01-01T01:00:00Z',
  'the report of all': '/ten-years',
  [`the total of ${evaluations} evaluations`]: '-total?prefix=part-',
}

async function fill(connection: Connection): Promise<void> {
  await ask(connection, 'PUT', '/v1/evaluations/ten-years', JSON.stringify({ ...declaration, window: 'hour' }))
  for (let from = begin; from < end; from += linesOfPost * hour) {
    const count = Math.min(linesOfPost, (end - from) / hour)
    const lines = Array.from({ length: count }, (_, at) => {
      const time = from + at * hour
      return `${JSON.stringify({ batch: `b${time}`, at: time, ...rows })}\n`
    })
    await ask(connection, 'POST', '/v1/evaluations/ten-years/batches', lines.join(''), 'application/x-ndjson')
  }
  for (let at = 0; at < evaluations; at++) {
    await ask(connection, 'PUT', `/v1/evaluations/part-${at}`, JSON.stringify(declaration))
    await ask(connection, 'PUT', `/v1/evaluations/part-${at}/batches/b`, JSON.stringify(rows))
  }
}

async function measure(server: Server): Promise<void> {
  const connection = await Connection.open(server.port)
  await fill(connection)
  for (const [name, address] of Object.entries(questions)) {
    const times: number[] = []
    for (let round = 0; round <= rounds; round++) {
      const start = performance.now()
      await ask(connection, 'GET', `/v1/evaluations${address}`)
      times.push(performance.now() - start)
    }
    const [first, ...others] = times
    const cells = [first, median(others), quantile(others, 0.99)].map((value) => value.toFixed(1))
    process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`)
  }
}

const ends: (() => unknown)[] = []
try {
  for (const store of stores) {
    process.stdout.write(`\n| ${store} | first, ms | median, ms | slowest, ms |\n|---|---:|---:|---:|\n`)
    let url: string
    if (store === 'sqlite') {
      const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
      ends.push(() => rmSync(folder, { recursive: true }))
      url = `sqlite:${join(folder, 'windows.sqlite')}`
    } else {
      const database = await PostgresServer.start({ teardown: (end) => ends.push(end) }, ['fsync=on'])
      url = await database.createDatabase()
    }
    const server = await serve(url)
    ends.push(() => stop(server))
    await measure(server)
  }
} finally {
  for (const end of ends.toReversed()) await end()
}
