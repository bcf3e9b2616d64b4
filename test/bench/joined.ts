// Joined evaluations: node test/bench/joined.ts
// JOINED_STORES=sqlite,postgres,replicas and JOINED_PARTS=bodies,single,seen,size,expiry measure some of them.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openStore } from '../../src/database/open.ts'
import { PostgresServer } from '../database/postgres/server.ts'
import { declareNew } from '../evaluations/support.ts'
import { makeRows } from './bodies.ts'
import { Connection } from './client.ts'
import { ask, serve } from './evaluations.ts'
import type { Server } from './servers.ts'
import { stop } from './servers.ts'
import { median, quantile } from './statistics.ts'

const stores = (process.env.JOINED_STORES ?? 'sqlite,postgres,replicas').split(',')
const parts = (process.env.JOINED_PARTS ?? 'bodies,single,seen,size,expiry').split(',')
const seconds = Number(process.env.BENCH_SECONDS ?? 10)
const warmUpSeconds = Number(process.env.BENCH_WARM_UP ?? 10)
const rowsOfBody = 1000
const clients = 4
const writers = 16
const waitingRows = 100_000
const expiring = 1_000_000

const outputs = 10
const declaration = { loss: 'cross-entropy', labelFormat: 'index', outputs }
const joined = { ...declaration, join: { within: 'P30D' } }
const rows = makeRows(rowsOfBody)
const predictions = JSON.stringify(rows.predictions)
const labels = JSON.stringify(rows.labels)
const path = '/v1/evaluations/joined'

let ids = 0
/** As ids are that say nothing of their order. */
function nextId(): string {
  return Math.imul(ids++, 0x9e3779b1).toString(16).padStart(9, '0')
}

interface Place {
  readonly name: string
  readonly url: string
  readonly servers: readonly Server[]
  /** The bytes of all halves. */
  readonly size: () => Promise<number>
}

async function places(ends: (() => unknown)[]): Promise<Place[]> {
  const all: Place[] = []
  if (stores.includes('sqlite')) {
    const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'joined.sqlite')
    const server = await serve(`sqlite:${file}`)
    ends.push(() => stop(server))
    const size = async () => statSync(file).size + statSync(`${file}-wal`).size
    all.push({ name: 'SQLite', url: `sqlite:${file}`, servers: [server], size })
  }
  for (const [name, count] of [
    ['postgres', 1],
    ['replicas', 3],
  ] as const) {
    if (!stores.includes(name)) continue
    const database = await PostgresServer.start({ teardown: (end) => ends.push(end) }, ['fsync=on'])
    const url = await database.createDatabase()
    const servers: Server[] = []
    for (let at = 0; at < count; at++) servers.push(await serve(url))
    ends.push(() => Promise.all(servers.map(stop)))
    const client = new pg.Client(url)
    await client.connect()
    ends.push(() => client.end())
    const text = "SELECT pg_total_relation_size('halves') AS bytes"
    const size = async () => Number((await client.query<{ bytes: string }>(text)).rows[0].bytes)
    all.push({ name: count === 1 ? 'PostgreSQL' : `PostgreSQL, ${count} replicas`, url, servers, size })
  }
  return all
}

async function connect({ servers }: Place, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => Connection.open(servers[at % servers.length].port)))
}

/** Runs each worker over and over, and returns how often all of them together did so in a second. */
async function rateOf(workers: readonly (() => Promise<unknown>)[], milliseconds: number): Promise<number> {
  const begin = performance.now()
  let done = 0
  const run = async (work: () => Promise<unknown>) => {
    for (; performance.now() - begin < milliseconds; done++) await work()
  }
  await Promise.all(workers.map(run))
  return (done * 1000) / (performance.now() - begin)
}

/** Predictions and then labels of a thousand rows, again and again. */
async function bodies(place: Place): Promise<string> {
  const workers = (await connect(place, clients)).map((connection) => async () => {
    const own = JSON.stringify(Array.from({ length: rowsOfBody }, nextId))
    await ask(connection, 'POST', `${path}/predictions`, `{"ids":${own},"predictions":${predictions}}`)
    const answer = await ask(connection, 'POST', `${path}/labels`, `{"ids":${own},"labels":${labels}}`)
    if (!answer.includes(`"joined":${rowsOfBody}`)) throw new Error(answer)
  })
  await rateOf(workers, 1000 * warmUpSeconds)
  const rates: number[] = []
  for (let second = 0; second < seconds; second++) rates.push(rowsOfBody * (await rateOf(workers, 1000)))
  return `| rows joined a second, ${clients} clients, bodies of 1,000 rows of ${outputs} outputs | ${median(rates).toFixed(0)} |`
}

/** Halves of single rows against batches of one row, 16 at a time. */
async function single(place: Place): Promise<string> {
  const connections = await connect(place, writers)
  const [first] = rows.predictions
  let batch = 0
  const halves = connections.map((connection) => {
    let id: string | undefined
    return async () => {
      if (id === undefined) {
        id = nextId()
        await ask(connection, 'POST', `${path}/predictions`, JSON.stringify({ ids: [id], predictions: [first] }))
      } else {
        await ask(connection, 'POST', `${path}/labels`, JSON.stringify({ ids: [id], labels: [1] }))
        id = undefined
      }
    }
  })
  const content = JSON.stringify({ predictions: [first], labels: [1] })
  const puts = connections.map(
    (connection) => () => ask(connection, 'PUT', `/v1/evaluations/puts/batches/b${batch++}`, content),
  )
  const rates: number[][] = [[], []]
  for (const workers of [halves, puts]) await rateOf(workers, 500 * warmUpSeconds)
  for (let second = 0; second < seconds; second++) {
    for (const [at, workers] of [halves, puts].entries()) rates[at].push(await rateOf(workers, 1000))
  }
  const [half, put] = rates.map(median)
  return `| halves of one row a second, ${writers} at a time; PUT of batches of one row; ratio | ${half.toFixed(0)}; ${put.toFixed(0)}; ${(half / put).toFixed(2)} |`
}

/** From sending a label to the end of a report that has it, the report by another replica if there is one. */
async function seen(place: Place): Promise<string> {
  const [writer, reader] = await connect(place, 2)
  const times: number[] = []
  const samplesOf = (answer: string) => Number(/"samples":(\d+)/.exec(answer)?.[1])
  let samples = samplesOf(await ask(reader, 'GET', path))
  for (let round = 0; round < 1100; round++) {
    const id = nextId()
    await ask(writer, 'POST', `${path}/predictions`, JSON.stringify({ ids: [id], predictions: [rows.predictions[0]] }))
    const begin = performance.now()
    await ask(writer, 'POST', `${path}/labels`, JSON.stringify({ ids: [id], labels: [1] }))
    const found = samplesOf(await ask(reader, 'GET', path))
    if (found !== ++samples) throw new Error(`${found} samples, not ${samples}`)
    if (round >= 100) times.push(performance.now() - begin)
  }
  return `| a label to the report that has it, median and p99 of ${times.length}, ms | ${median(times).toFixed(1)}, ${quantile(times, 0.99).toFixed(1)} |`
}

async function size(place: Place): Promise<string> {
  const [connection] = await connect(place, 1)
  const before = await place.size()
  for (let row = 0; row < waitingRows; row += rowsOfBody) {
    const own = JSON.stringify(Array.from({ length: rowsOfBody }, nextId))
    await ask(connection, 'POST', `${path}/predictions`, `{"ids":${own},"predictions":${predictions}}`)
  }
  const bytes = ((await place.size()) - before) / waitingRows
  return `| bytes of a waiting row of ${outputs} outputs on disk | ${bytes.toFixed(0)} |`
}

/** Halves of a million rows that have expired are swept while single rows come in. */
async function expiry(place: Place): Promise<string> {
  let now = Date.now()
  const day = 86_400_000
  const store = await openStore(place.url, { maxEvaluations: 1e6, maxBatches: 1e9 }, () => now)
  const evaluation = await declareNew(store, 'bench', 'expiring')
  const width = 8 * (outputs + 1)
  const some = 4000
  const payloads = new Uint8Array(some * width)
  const ends = Array.from({ length: some }, (_, at) => (at + 1) * width)
  const times = Array.from({ length: some }, () => now)
  const nothing = { ids: [], digests: new Uint8Array(0), others: new Uint8Array(0) }
  const sizeBefore = await place.size()
  const writes: number[] = []
  for (let from = 0; from < expiring; from += some) {
    const added = {
      ids: Array.from({ length: some }, () => `s${nextId()}`),
      digests: new Uint8Array(16 * some),
      payloads,
      ends,
      times,
    }
    const expired = { ids: [], waitingPredictions: 0, waitingLabels: 0 }
    const write = {
      evaluation,
      half: 'predictions',
      now,
      // by the clock of the service they wait: this store sweeps them, and not the service
      expiresAt: now + day,
      expired,
      added,
      joined: nothing,
      maxWaiting: 1e9,
      batches: [],
    } as const
    const at = performance.now()
    const { outcome } = await store.putHalves(write)
    writes.push(performance.now() - at)
    if (outcome !== 'committed') throw new Error(outcome)
  }
  const bytes = ((await place.size()) - sizeBefore) / expiring
  const tenth = writes.length / 10
  const [early, late] = [writes.slice(tenth, 2 * tenth), writes.slice(-tenth)].map((times) => median(times).toFixed(0))
  now += 2 * day
  const [connection] = await connect(place, 1)
  const one = async () => {
    const begin = performance.now()
    await ask(
      connection,
      'POST',
      `${path}/predictions`,
      JSON.stringify({ ids: [nextId()], predictions: [rows.predictions[0]] }),
    )
    return performance.now() - begin
  }
  for (let warm = 0; warm < 200; warm++) await one()
  let isOver = false
  const waits: number[] = []
  const client = (async () => {
    while (!isOver) waits.push(await one())
  })()
  const steps: number[] = []
  const begin = performance.now()
  let swept = 0
  for (let isMore = true; isMore; ) {
    const at = performance.now()
    const step = await store.sweepHalves()
    steps.push(performance.now() - at)
    swept += step.expired
    isMore = step.isMore
  }
  const taken = (performance.now() - begin) / 1000
  isOver = true
  await client
  await store.close()
  if (swept !== expiring) throw new Error(`${swept} expired`)
  return `| ${some} halves into the store where 100,000 wait and where 1,000,000 do, ms; bytes of one | ${early}, ${late}; ${bytes.toFixed(0)} |
| expiry of 1,000,000 halves: seconds, steps, p99 of a step in ms; p99 and longest of single rows meanwhile, ms | ${taken.toFixed(0)}, ${steps.length}, ${quantile(steps, 0.99).toFixed(0)}; ${quantile(waits, 0.99).toFixed(1)}, ${Math.max(...waits).toFixed(1)} |`
}

const measures = { bodies, single, seen, size, expiry }

async function benchJoined(): Promise<void> {
  const ends: (() => unknown)[] = []
  try {
    for (const place of await places(ends)) {
      const [connection] = await connect(place, 1)
      await ask(connection, 'PUT', path, JSON.stringify(joined))
      await ask(connection, 'PUT', '/v1/evaluations/puts', JSON.stringify(declaration))
      process.stdout.write(`\n| ${place.name} | |\n|---|---:|\n`)
      for (const [name, measure] of Object.entries(measures)) {
        if (parts.includes(name)) process.stdout.write(`${await measure(place)}\n`)
      }
    }
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

if (import.meta.main) await benchJoined()
