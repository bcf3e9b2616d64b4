// A store of schema 2 with a million batches is upgraded while a replica of that release goes on writing; the migration is
// killed in the middle and begun again: node test/faults/migration.ts
// MIGRATION_BATCHES=10000 takes fewer; MIGRATION_STORES=sqlite takes one store.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Owner } from '../database/postgres/server.ts'
import { PostgresServer } from '../database/postgres/server.ts'
import { folderOf } from './databases.ts'

const batches = Number(process.env.MIGRATION_BATCHES ?? 1_000_000)
const chosen = new RegExp(process.env.MIGRATION_STORES ?? '')
const batchesOfOne = 1000
const fixture = join(import.meta.dirname, '../fixtures/released-store-2')
const command = join(import.meta.dirname, '../../src/store-command.ts')
/** For PostgreSQL, whose statements take turns of a second; see src/database/postgres/migrate.ts. */
const longestWait = 2000

interface Database {
  readonly url: string
  /** The line before the step that looks at every batch. */
  readonly middle: string
  run(text: string): Promise<Record<string, unknown>[]>
  /** Writes a batch as the release does. */
  write(sequence: number): Promise<unknown>
}

const insert = `INSERT INTO batches
  (evaluation, sequence, name, fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, created_at)`
const like = `fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, created_at
  FROM batches WHERE evaluation = 1 AND sequence = 4`

async function onPostgres(owner: Owner): Promise<Database> {
  const server = await PostgresServer.start(owner)
  const url = await server.createDatabase()
  const [client, writer] = [new pg.Client(url), new pg.Client(url)]
  for (const each of [client, writer]) {
    await each.connect()
    owner.teardown(() => each.end())
  }
  await client.query(readFileSync(`${fixture}.sql`, 'utf8'))
  await client.query(`SELECT setval(pg_get_serial_sequence('evaluations', 'id'), max(id)) FROM evaluations`)
  return {
    url,
    middle: '{"index":"batches_by_window"}',
    run: async (text) => (await client.query(text)).rows,
    write: (sequence) => writer.query(`${insert} SELECT 1, ${sequence}, 'w${sequence}', ${like}`),
  }
}

async function onSqlite(owner: Owner): Promise<Database> {
  const path = join(folderOf(owner), 'store')
  cpSync(`${fixture}.sqlite`, path)
  const database = new DatabaseSync(path, { timeout: 0 })
  owner.teardown(async () => database.close())
  database.exec('PRAGMA journal_mode = WAL')
  return {
    middle: '"from":5,',
    url: `sqlite:${path}`,
    run: async (text) => database.prepare(text).all(),
    async write(sequence) {
      for (;;) {
        try {
          return database.exec(`${insert} SELECT 1, ${sequence}, 'w${sequence}', ${like}`)
        } catch (error) {
          if (!/locked/.test(String(error))) throw error
          await sleep(5)
        }
      }
    },
  }
}

async function fill({ run }: Database): Promise<void> {
  const numbers = (name: string, most: number) =>
    `WITH RECURSIVE ${name} (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM ${name} WHERE n < ${most})`
  await run(`INSERT INTO evaluations (owner, name, declaration, status, batches, samples, created_at, updated_at)
    ${numbers('numbers', batches / batchesOfOne)}
    SELECT owner, 'many-' || n, declaration, status, ${batchesOfOne}, 2 * ${batchesOfOne}, created_at, updated_at
    FROM numbers CROSS JOIN (SELECT * FROM evaluations WHERE id = 1) AS one`)
  await run(`${insert} ${numbers('numbers', batchesOfOne)}
    SELECT many.id, n, 'b' || n, fingerprint, labels_digest, one.samples, loss, loss_status, accuracy, state, one.created_at
    FROM numbers CROSS JOIN (SELECT id FROM evaluations WHERE name LIKE 'many-%') AS many
      CROSS JOIN (SELECT * FROM batches WHERE evaluation = 1 AND sequence = 4) AS one`)
}

/** @param killsAt a line at which it is killed */
async function migrate(url: string, killsAt?: string): Promise<{ readonly lines: string[]; readonly seconds: number }> {
  const begin = performance.now()
  const child = spawn(process.execPath, [command, 'migrate'], { env: { DATABASE_URL: url } })
  const ended = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(child.stderr)) {
    lines.push(line)
    if (killsAt !== undefined && line.includes(killsAt)) {
      // in the middle of its statements
      await sleep(20)
      child.kill('SIGKILL')
    }
  }
  await ended
  return { lines, seconds: (performance.now() - begin) / 1000 }
}

async function attempt(database: Database): Promise<{ faults: string[]; told: string }> {
  const faults: string[] = []
  await fill(database)
  let [longest, written, isOver] = [0, 0, false]
  const writing = (async () => {
    for (; !isOver; written++) {
      const begin = performance.now()
      await database.write(10_000 + written)
      longest = Math.max(longest, performance.now() - begin)
      await sleep(5)
    }
  })()
  const killed = await migrate(database.url, database.middle)
  const again = await migrate(database.url)
  isOver = true
  await writing
  if (killed.lines.some((line) => line.includes('up to date'))) faults.push('the migration ended before it was killed')
  if (again.lines.some((line) => line.includes('"from":4,'))) faults.push('it did not go on where it was')
  if (again.lines.at(-1) !== 'The schema is up to date.') faults.push(`it ended with ${again.lines.at(-1)}`)
  const [{ count }] = await database.run('SELECT count(*) AS count FROM batches')
  if (Number(count) !== 133 + batches + written) faults.push(`${count} batches are there`)
  if (database.url.startsWith('postgres') && longest > longestWait)
    faults.push(`a batch waited ${longest.toFixed()} ms`)
  for (const line of [...killed.lines, ...again.lines]) process.stdout.write(`  ${line}\n`)
  const seconds = `${killed.seconds.toFixed(1)} s until it was killed, ${again.seconds.toFixed(1)} s to its end`
  return { faults, told: `${seconds}; of ${written} batches written meanwhile one waited ${longest.toFixed()} ms` }
}

let isRight = true
for (const [name, open] of Object.entries({ SQLite: onSqlite, PostgreSQL: onPostgres })) {
  if (!chosen.test(name.toLowerCase())) continue
  const ends: (() => Promise<unknown>)[] = []
  try {
    const { faults, told } = await attempt(await open({ teardown: (end) => ends.push(end) }))
    process.stdout.write(`${name}, ${batches} batches: ${told}\n`)
    for (const fault of faults) process.stdout.write(`  BREAKS ${fault}\n`)
    isRight &&= faults.length === 0
  } finally {
    for (const end of ends.reverse()) await end()
  }
}
process.exit(isRight ? 0 : 1)
