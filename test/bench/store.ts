// The store of evaluations against plain inserts by the same clients: node test/bench/store.ts
// BENCH_ROUNDS=3 is quicker; BENCH_BATCHES=1000000 is the size of the large evaluation.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { openStore } from '../../src/database/open.ts'
import type { NewBatch, Store } from '../../src/database/store.ts'
import { PostgresServer } from '../database/postgres/server.ts'
import { batchOf, declareNew } from '../evaluations/support.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 12)
const large = Number(process.env.BENCH_BATCHES ?? 100_000)
const standardRounds = { warmUp: 2, milliseconds: 400 }
export const writers = 16
const linesOfCall = 100
const state = new Uint8Array(600).map((_, at) => at * 7)
const limits = { maxEvaluations: 1e6, maxBatches: 1e9 }

/** What is measured in turns: it does one thing, at the next number. */
export interface Contender {
  readonly name: string
  /** Calls under way at a time. */
  readonly writers: number
  readonly run: (n: number, writer: number) => unknown
}

export interface Measured {
  readonly perSecond: number
  readonly p99: number
  /** What the first round of warm-up gave. */
  readonly first: number
}

/** Measures the store and returns the tables in Markdown. */
export async function benchStore(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
  try {
    const server = await PostgresServer.start({ teardown: (end) => ends.push(end) }, ['fsync=on'])
    const url = await server.createDatabase()
    const sqlite = await openStore(`sqlite:${join(folder, 'store.sqlite')}`, limits)
    const postgres = await openStore(url, limits)
    ends.push(() => Promise.all([sqlite.close(), postgres.close()]))
    const clients = await Promise.all(Array.from({ length: writers }, () => connected(url)))
    ends.push(() => Promise.all(clients.map((client) => client.end())))
    await clients[0].query(rawTable)
    const results = await interleaved([
      { name: 'node:sqlite, an insert a commit', writers: 1, run: rawSqlite(join(folder, 'raw.sqlite')) },
      { name: `the store in SQLite, ${writers} writers`, writers, run: await puts(sqlite, 1) },
      { name: `the store in SQLite, ${linesOfCall} lines a call`, writers: 1, run: await puts(sqlite, linesOfCall) },
      {
        name: `pg, ${writers} connections`,
        writers,
        run: rawPostgres(clients),
      },
      { name: `the store in PostgreSQL, ${writers} writers`, writers, run: await puts(postgres, 1) },
      {
        name: `the store in PostgreSQL, ${linesOfCall} lines a call`,
        writers: 1,
        run: await puts(postgres, linesOfCall),
      },
    ])
    const reads = [await read('SQLite', sqlite), await read('PostgreSQL', postgres)]
    return `${speedTable(results)}\n\n${readTable(reads)}`
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

const insertText = 'INSERT INTO raw VALUES ($1, $2)'
const tableText = 'CREATE TABLE raw (id BIGINT PRIMARY KEY, state'
export const rawTable = `${tableText} BYTEA)`

/** Inserts of 600 bytes, each in a transaction of its own that is durable. */
export function rawSqlite(path: string): Contender['run'] {
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${tableText} BLOB)`)
  const insert = database.prepare('INSERT INTO raw VALUES (?, ?)')
  return (n) => insert.run(n, state)
}

/** The same over connections to PostgreSQL, whose table is there. */
export function rawPostgres(clients: readonly pg.Client[]): Contender['run'] {
  return (n, writer) => clients[writer].query(insertText, [n, state])
}

export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  return client
}

/** Calls that put so many new batches. */
async function puts(store: Store, lines: number): Promise<Contender['run']> {
  const run = await declareNew(store, 'bench', `lines-${lines}`)
  const batch = batchOf(run, 'x')
  return async (n) => {
    const batches = Array.from(
      { length: lines },
      (_, line): NewBatch => ({ ...batch, name: `step-${n}-${line}`, state }),
    )
    const results = await store.putBatches(batches)
    if (results.some(({ outcome }) => outcome !== 'committed')) throw new Error('a batch was not committed')
  }
}

/** All contenders in turn, round by round, so that a slow moment of the machine meets them all. */
export async function interleaved(
  contenders: readonly Contender[],
  { warmUp, milliseconds } = standardRounds,
): Promise<(Measured & { name: string })[]> {
  const rates = contenders.map((): number[] => [])
  const times = contenders.map((): number[] => [])
  const firsts = contenders.map(() => 0)
  const counts = contenders.map(() => 0)
  for (let round = -warmUp; round < rounds; round++) {
    for (const [at, { run, writers }] of contenders.entries()) {
      const begin = performance.now()
      const before = counts[at]
      const write = async (_: unknown, writer: number) => {
        while (performance.now() - begin < milliseconds) {
          const start = performance.now()
          await run(counts[at]++, writer)
          if (round >= 0) times[at].push(performance.now() - start)
        }
      }
      await Promise.all(Array.from({ length: writers }, write))
      const rate = ((counts[at] - before) * 1000) / (performance.now() - begin)
      if (round === -warmUp) firsts[at] = rate
      if (round >= 0) rates[at].push(rate)
    }
  }
  return contenders.map(({ name }, at) => ({
    name,
    perSecond: quantile(rates[at], 0.5),
    p99: quantile(times[at], 0.99),
    first: firsts[at],
  }))
}

interface Read {
  readonly name: string
  readonly written: number
  readonly states: number
  readonly page: number
}

/** Milliseconds to write a large evaluation, to read all its states, and to read a page near its end. */
async function read(name: string, store: Store): Promise<Read> {
  const run = await declareNew(store, 'bench', 'large')
  const batch = batchOf(run, 'x')
  const began = performance.now()
  for (let from = 0; from < large; from += 1000) {
    const batches = Array.from({ length: 1000 }, (_, at): NewBatch => ({ ...batch, name: `step-${from + at}`, state }))
    await store.putBatches(batches)
  }
  const written = performance.now()
  let count = 0
  for await (const { states } of store.states(run)) count += states.length
  if (count !== large) throw new Error(`${count} states`)
  const states = performance.now()
  await store.listBatches(run, { after: large - 200, limit: 100 })
  return { name, written: written - began, states: states - written, page: performance.now() - states }
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)]
}

function speedTable(results: readonly (Measured & { name: string })[]): string {
  const rows = results.map(({ name, perSecond, p99 }, at) => {
    const raw = results[at < 3 ? 0 : 3].perSecond
    const batches = name.includes('lines') ? linesOfCall * perSecond : perSecond
    return `| ${name} | ${batches.toFixed(0)} | ${(batches / raw).toFixed(2)} | ${p99.toFixed(1)} |`
  })
  return [
    `Durable batches of ${state.length} bytes; medians of ${rounds} interleaved rounds`,
    '',
    '| | batches/s | ratio | p99 of a call, ms |',
    '|---|---:|---:|---:|',
    ...rows,
  ].join('\n')
}

function readTable(reads: readonly Read[]): string {
  const rows = reads.map(({ name, ...times }) => {
    const cells = Object.values(times).map((milliseconds) => milliseconds.toFixed(0))
    return `| ${name} | ${cells.join(' | ')} |`
  })
  return [
    `An evaluation of ${large} batches, ms`,
    '',
    '| | written by 1000 | all states | page of 100 |',
    '|---|---:|---:|---:|',
    ...rows,
  ].join('\n')
}

if (import.meta.main) process.stdout.write(`${await benchStore()}\n`)
