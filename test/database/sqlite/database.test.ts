import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { Test } from 'tap'
import { test } from 'tap'
import type { EvaluationKey } from '../../../src/database/history.ts'
import { bytesOf } from '../../../src/database/history.ts'
import { SqliteDatabase } from '../../../src/database/sqlite/database.ts'
import { reasonOf } from '../../../src/database/sqlite/errors.ts'
import { putBatches } from '../../../src/database/sqlite/put-batches.ts'
import { batchOf } from '../../evaluations/support.ts'

const rules = { maxBatches: 1e6, now: 7 }
const lockMilliseconds = 20

function fileFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return join(folder, 'lossmeter.sqlite')
}

function opened(t: Test, path: string): SqliteDatabase {
  const database = new SqliteDatabase(path, lockMilliseconds)
  t.teardown(() => database.close())
  return database
}

function keyOf(id: number): EvaluationKey {
  return { id, incarnation: `0${id}`.repeat(16) }
}

/** An open evaluation of this id. */
function declare(database: SqliteDatabase, id: number): void {
  const text = `INSERT INTO evaluations (id, owner, name, declaration, status, created_at, updated_at, incarnation)
    VALUES ($1, 'owner', $1, '', 'open', 0, 0, $2)`
  database.query({ text, values: [id, bytesOf(keyOf(id).incarnation)] })
}

function valuesOf(database: SqliteDatabase, text: string): unknown[] {
  return database.query({ text, values: [] }).map((row) => Object.values(row as object)[0])
}

function names(database: SqliteDatabase): unknown[] {
  return valuesOf(database, 'SELECT name FROM batches ORDER BY sequence')
}

/** Why something that must fail fails. */
function reason(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return reasonOf(error) ?? String(error)
  }
  return 'nothing failed'
}

test('missing folders are made; where that is impossible it fails, and does not go on for ever', async (t) => {
  const path = join(dirname(fileFor(t)), 'a', 'b', 'lossmeter.sqlite')
  new SqliteDatabase(path, 100).close()
  t.ok(existsSync(path))
  t.throws(() => new SqliteDatabase('/proc/1/none/lossmeter.sqlite', 100))
})

test('a file that is no longer in its place takes nothing, until it is put back', async (t) => {
  const path = fileFor(t)
  const database = opened(t, path)
  declare(database, 1)
  putBatches(database, [batchOf(keyOf(1), 'a')], rules)
  const put = (name: string) => putBatches(database, [batchOf(keyOf(1), name)], rules)
  const moved = { name: 'StoreUnusable', message: /moved, deleted or replaced/ }
  renameSync(path, `${path}.moved`)
  t.throws(() => put('b'), moved)
  writeFileSync(path, 'another')
  t.throws(() => put('c'), moved)
  t.same(names(database), ['a'], 'it can still be read')
  renameSync(`${path}.moved`, path)
  put('d')
  t.same(names(database), ['a', 'd'])
})

test('what is committed is on the disk', async (t) => {
  const path = fileFor(t)
  const database = opened(t, path)
  t.same(valuesOf(database, 'PRAGMA journal_mode'), ['wal'])
  t.same(valuesOf(database, 'PRAGMA synchronous'), [2], 'FULL')
  declare(database, 1)
  putBatches(database, [batchOf(keyOf(1), 'a')], rules)
  t.same(names(opened(t, path)), ['a'])
})

test('the statements of a transaction count together or not at all', async (t) => {
  const database = opened(t, ':memory:')
  declare(database, 1)
  const first = { text: 'UPDATE evaluations SET owner = $1 RETURNING id', values: ['other'] }
  t.match(database.transaction([first, { text: 'SELECT owner FROM evaluations', values: [] }]), [
    [{ id: 1 }],
    [{ owner: 'other' }],
  ])
  const wrong = { text: 'SELECT wrong', values: [] }
  t.throws(() => database.transaction([{ ...first, values: ['third'] }, wrong]), { message: 'no such column: wrong' })
  t.same(valuesOf(database, 'SELECT owner FROM evaluations'), ['other'])
  const same = `INSERT OR ROLLBACK INTO evaluations SELECT * FROM evaluations`
  t.throws(
    () =>
      database.transaction([
        { ...first, values: ['third'] },
        { text: same, values: [] },
      ]),
    { message: /UNIQUE/ },
  )
  t.same(valuesOf(database, 'SELECT owner FROM evaluations'), ['other'], 'where SQLite itself has rolled back, too')
})

test('a group of batches counts together or not at all', async (t) => {
  const database = opened(t, ':memory:')
  declare(database, 1)
  const wrong = { ...batchOf(keyOf(1), 'c'), state: undefined as unknown as Uint8Array }
  t.throws(() => putBatches(database, [batchOf(keyOf(1), 'a'), wrong], rules))
  t.same(names(database), [])
  t.same(valuesOf(database, 'SELECT batches FROM evaluations'), [0])
  const results = putBatches(
    database,
    [batchOf(keyOf(1), 'a'), batchOf(keyOf(2), 'a'), batchOf(keyOf(1), 'b'), batchOf(keyOf(1), 'a')],
    rules,
  )
  t.same(
    results.map(({ outcome }) => outcome),
    ['committed', 'gone', 'committed', 'replayed'],
  )
  t.same(database.query({ text: 'SELECT batches, samples, updated_at FROM evaluations', values: [] }), [
    { batches: 2, samples: 4, updated_at: 7 },
  ])
})

test('changes of another connection are noticed once, and own ones not', async (t) => {
  const path = fileFor(t)
  const [ours, theirs] = [opened(t, path), opened(t, path)]
  t.equal(ours.hasChanged(), false)
  declare(ours, 1)
  t.equal(ours.hasChanged(), false)
  declare(theirs, 2)
  t.equal(ours.hasChanged(), true)
  t.equal(ours.hasChanged(), false)
})

test('what the disk refuses is not half there, and works again later', async (t) => {
  const path = fileFor(t)
  const database = opened(t, path)
  declare(database, 1)
  const set = (pragma: string) => database.query({ text: `PRAGMA ${pragma}`, values: [] })
  const put = (name: string) =>
    putBatches(database, [batchOf(keyOf(1), `${name}1`), batchOf(keyOf(1), `${name}2`)], rules)

  const [pages] = valuesOf(database, 'PRAGMA page_count')
  set(`max_page_count = ${pages}`)
  const large = { ...batchOf(keyOf(1), 'large'), state: new Uint8Array(100_000) }
  t.equal(
    reason(() => putBatches(database, [batchOf(keyOf(1), 'a'), large], rules)),
    'disk-full',
  )
  set('max_page_count = 1000000')
  t.same(names(database), [])
  put('a')

  set('query_only = ON')
  t.equal(
    reason(() => put('b')),
    'read-only',
  )
  set('query_only = OFF')
  put('b')

  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  t.equal(
    reason(() => put('c')),
    'locked',
  )
  t.same(names(database).length, 4, 'reading goes on')
  other.exec('COMMIT')
  other.close()
  put('c')
  t.same(names(database), ['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
})

test('a damaged file is noticed', async (t) => {
  const path = fileFor(t)
  const before = new SqliteDatabase(path, lockMilliseconds)
  declare(before, 1)
  putBatches(
    before,
    Array.from({ length: 200 }, (_, at) => batchOf(keyOf(1), `b${at}`)),
    rules,
  )
  before.close()
  const file = openSync(path, 'r+')
  for (let at = 4096; at < statSync(path).size; at += 4096) writeSync(file, Buffer.alloc(2048, 0x5a), 0, 2048, at)
  const database = opened(t, path)
  t.equal(
    reason(() => putBatches(database, [batchOf(keyOf(1), 'new')], rules)),
    'corrupt',
  )
})

test('a file that is locked by another program is not opened', async (t) => {
  const path = fileFor(t)
  const other = new DatabaseSync(path)
  other.exec('BEGIN EXCLUSIVE')
  t.equal(
    reason(() => new SqliteDatabase(path, lockMilliseconds)),
    'locked',
  )
  other.exec('COMMIT')
  other.close()
  declare(opened(t, path), 1)
})

test('a file of a newer release or of another program is left alone', async (t) => {
  const path = fileFor(t)
  new SqliteDatabase(path, lockMilliseconds).close()
  const file = new DatabaseSync(path)
  file.exec('PRAGMA user_version = 99')
  t.throws(() => new SqliteDatabase(path, lockMilliseconds), {
    name: 'StoreUnusable',
    message: /^The database has schema version 99; this release of lossmeter supports versions up to \d+\./,
  })
  file.exec('PRAGMA application_id = 5')
  t.throws(() => new SqliteDatabase(path, lockMilliseconds), {
    name: 'StoreUnusable',
    message: 'The file is a database that belongs to another program.',
  })
  t.same(Object.values(file.prepare('PRAGMA user_version').get() ?? {}), [99])
  file.close()
})

test('beside a process that writes nearly all the time it has its turns', async (t) => {
  const path = fileFor(t)
  const database = new SqliteDatabase(path, 5000)
  t.teardown(() => database.close())
  declare(database, 1)
  // it lets go of the lock for 3 ms every 50 ms
  const busy = `
    const { DatabaseSync } = require('node:sqlite')
    const { workerData: path, parentPort } = require('node:worker_threads')
    const database = new DatabaseSync(path, { timeout: 5000 })
    const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
    parentPort.postMessage('ready')
    for (;;) {
      database.exec('BEGIN IMMEDIATE')
      sleep(47)
      database.exec('COMMIT')
      sleep(3)
    }`
  const writer = new Worker(busy, { eval: true, workerData: path })
  t.teardown(() => writer.terminate())
  await once(writer, 'message')
  const began = performance.now()
  const all = Array.from({ length: 20 }, (_, at) => `b${at}`)
  for (const name of all) putBatches(database, [batchOf(keyOf(1), name)], rules)
  t.same(names(database), all)
  t.ok(performance.now() - began < 20_000, 'one comes long before the patience ends')
})

test('to open a file takes no look at its batches, however many there are', async (t) => {
  const path = fileFor(t)
  const before = new SqliteDatabase(path, lockMilliseconds)
  declare(before, 1)
  putBatches(before, [batchOf(keyOf(1), 'a')], rules)
  const roots = valuesOf(before, "SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'batches'").map(Number)
  t.equal(roots.length, 4, 'the table, its key and its indexes of names and windows')
  before.close()
  const file = openSync(path, 'r+')
  for (const page of roots) writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, (page - 1) * 4096)
  const database = opened(t, path)
  t.same(valuesOf(database, 'SELECT batches FROM evaluations'), [1])
  t.equal(database.hasChanged(), false)
  t.equal(
    reason(() => names(database)),
    'corrupt',
    'had it looked, it would have failed',
  )
})

test('the write-ahead log stays small, so that after a crash little has to be read again', async (t) => {
  const path = fileFor(t)
  const database = opened(t, path)
  declare(database, 1)
  const state = new Uint8Array(600)
  for (let group = 0; group < 120; group++) {
    const batches = Array.from({ length: 500 }, (_, at) => ({ ...batchOf(keyOf(1), `${group}-${at}`), state }))
    putBatches(database, batches, rules)
  }
  t.ok(statSync(path).size > 3.5e7)
  // a checkpoint comes after 4000 pages, and a group has less than as many
  t.ok(statSync(`${path}-wal`).size < (4000 + 1000) * 4200)
})
