import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import type { Worker } from 'node:worker_threads'
import type { Test } from 'tap'
import { test } from 'tap'
import { SqlStore } from '../../../src/database/sql/sql-store.ts'
import { SqliteEngine } from '../../../src/database/sqlite/engine.ts'
import { batchOf, declareNew, limits } from '../../evaluations/support.ts'
import { eventually } from '../../eventually.ts'

function fileFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return join(folder, 'lossmeter.sqlite')
}

async function opened(t: Test, path: string): Promise<SqliteEngine> {
  const engine = await SqliteEngine.open(path, 20)
  t.teardown(() => engine.close())
  return engine
}

function select(text: string) {
  return { text: `SELECT ${text}`, values: [] }
}

test('the loop goes on while the disk is waited for', async (t) => {
  const path = fileFor(t)
  const engine = await SqliteEngine.open(path, 300)
  t.teardown(() => engine.close())
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  const refused = engine.transaction([select('1')])
  await t.rejects(refused, { name: 'StoreUnavailable', reason: 'locked', cause: { message: 'database is locked' } })
  clearInterval(timer)
  other.close()
  t.ok(turns > 5, `${turns} turns`)
  t.same(await engine.query(select('1 AS one')), [{ one: 1 }])
})

test('what node --watch reports of a thread is no answer', async (t) => {
  process.env.WATCH_REPORT_DEPENDENCIES = '1'
  t.teardown(() => delete process.env.WATCH_REPORT_DEPENDENCIES)
  const engine = await opened(t, fileFor(t))
  t.same(await engine.query(select('1 AS one')), [{ one: 1 }])
})

test('reads go on while another program holds the write lock, and few writers wait for it', async (t) => {
  const path = fileFor(t)
  const engine = await SqliteEngine.open(path, 300)
  t.teardown(() => engine.close())
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  let refused = 0
  const begin = performance.now()
  const writes = Array.from({ length: 30 }, () =>
    t.rejects(engine.write(select('1')), { name: 'StoreUnavailable', reason: 'locked' }).then(() => refused++),
  )
  t.same(await engine.query(select('1 AS one')), [{ one: 1 }])
  t.equal(refused, 0, 'no read waits for a writer')
  t.equal(engine.load.waiting, 28, 'all but the two that run')
  await Promise.all(writes)
  t.ok(performance.now() - begin < 10 * 300, 'not each waits for as long as the first')
  other.exec('COMMIT')
  other.close()
  t.same(await engine.write(select('1 AS one')), [{ one: 1 }])
})

test('what is read is the file at the path, also when another one was put there', async (t) => {
  const path = fileFor(t)
  const engine = await opened(t, path)
  t.same(await engine.query(select('1 AS one')), [{ one: 1 }])
  renameSync(path, `${path}.away`)
  const moved = { name: 'StoreUnavailable', cause: { message: /^The file was moved, deleted or replaced/ } }
  t.same(await engine.query(select('1 AS one')), [{ one: 1 }], 'while none is there')
  await t.rejects(engine.ping(), moved)
  writeFileSync(path, readFileSync(`${path}.away`))
  await t.rejects(engine.query(select('1 AS one')), moved)
  renameSync(`${path}.away`, path)
  t.same(await engine.query(select('1 AS one')), [{ one: 1 }])
  await engine.ping()
})

test('calls are answered in order, each with its own', async (t) => {
  const engine = await opened(t, ':memory:')
  const order: number[] = []
  const calls = Array.from({ length: 50 }, async (_, n) => {
    const rows =
      n % 7 === 3 ? await engine.query(select('wrong')).catch(() => 'no') : await engine.query(select(`${n} AS n`))
    order.push(n)
    return rows
  })
  t.same(
    await Promise.all(calls),
    calls.map((_, n) => (n % 7 === 3 ? 'no' : [{ n }])),
  )
  t.same(
    order,
    calls.map((_, n) => n),
  )
})

test('several processes may share a file, and hear of each other', async (t) => {
  const path = fileFor(t)
  const engines = await Promise.all([1, 2, 3, 4].map(() => SqliteEngine.open(path)))
  const [watcher, ...stores] = engines.map((engine) => new SqlStore(engine, limits))
  t.teardown(() => Promise.all([watcher, ...stores].map((store) => store.close())))
  const run = await declareNew(watcher, 'owner', 'run')
  let calls = 0
  watcher.subscribe(run.id, () => calls++)
  const names = Array.from({ length: 30 }, (_, at) => `b${at}`)
  const results = await Promise.all(
    stores.map((store) =>
      Promise.all(names.map(async (name) => (await store.putBatches([batchOf(run, name)]))[0].outcome)),
    ),
  )
  t.equal(results.flat().filter((outcome) => outcome === 'committed').length, 30)
  t.same(
    (await stores[1].listBatches(run, { limit: 99 })).map(({ sequence }) => sequence),
    names.map((_, at) => at + 1),
  )
  t.ok(await eventually(() => calls > 0), 'one that writes nothing is told')
})

test('a file that cannot be opened is told with its path', async (t) => {
  const path = fileFor(t)
  const file = new DatabaseSync(path)
  file.exec('CREATE TABLE other (x); BEGIN EXCLUSIVE')
  await t.rejects(SqliteEngine.open(path, 20), {
    name: 'StoreUnusable',
    message: `${path} cannot be opened: database is locked`,
  })
  file.exec('COMMIT')
  await t.rejects(SqliteEngine.open(path), {
    name: 'StoreUnusable',
    message: `${path} cannot be opened: The file is a database that belongs to another program.`,
  })
  file.close()
  await t.rejects(SqliteEngine.open(join(path, 'x.sqlite')), {
    name: 'StoreUnusable',
    message: `${join(path, 'x.sqlite')} cannot be opened: unable to open database file`,
  })
  await t.rejects(SqliteEngine.open(join(path, 'folder/x.sqlite')), {
    name: 'StoreUnusable',
    message: /x\.sqlite cannot be opened: ENOTDIR: not a directory, mkdir/,
  })
})

test('when its thread breaks down, calls are refused, and the next one has another thread', async (t) => {
  const path = fileFor(t)
  const threads: Worker[] = []
  const note = (thread: Worker) => threads.push(thread)
  process.on('worker', note)
  t.teardown(() => process.off('worker', note))
  // an idle thread lets the process end, here in the middle of the test
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  const engine = await opened(t, path)
  const store = new SqlStore(engine, limits)
  const run = await declareNew(store, 'owner', 'run')
  await store.putBatches([batchOf(run, 'a')])

  const cause = new Error('out of memory')
  const slow =
    'max(x) FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 2000000) SELECT x FROM n)'
  const refused = t.rejects(engine.write(select(slow)), { name: 'StoreUnavailable', reason: 'out-of-reach', cause })
  threads[0].emit('error', cause)
  await threads[0].terminate()
  await refused
  t.match(await store.putBatches([batchOf(run, 'a')]), [{ outcome: 'replayed' }])
  t.equal(threads.length, 3, 'one that writes, one that reads, and the next one that writes')

  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  engine.listen(() => t.fail('nothing has changed'))
  await Promise.all([threads[1].terminate(), threads[2].terminate()])
  for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true })
  const other = new DatabaseSync(path)
  other.exec('CREATE TABLE other (x)')
  mock.timers.tick(1000)
  await t.rejects(engine.write(select('1')), {
    name: 'StoreUnavailable',
    reason: 'out-of-reach',
    cause: { name: 'StoreUnusable', message: 'The file is a database that belongs to another program.' },
  })
  other.exec('DROP TABLE other')
  t.same(await store.listBatches(run, { limit: 9 }), [], 'and goes on when the file is usable')
  await threads[3].terminate()
  await engine.close()
})

test('what cannot be sent to the thread is refused', async (t) => {
  const engine = await opened(t, ':memory:')
  await t.rejects(engine.query({ text: 'SELECT $1', values: [(() => {}) as unknown as string] }), {
    name: 'DataCloneError',
  })
  t.same(await engine.query(select('1 AS one')), [{ one: 1 }])
})
