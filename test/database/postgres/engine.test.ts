import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { PostgresEvaluationEngine } from '../../../src/database/postgres/evaluation-engine.ts'
import { putHalves, readHalves } from '../../../src/database/postgres/put-halves.ts'
import { SqlStore } from '../../../src/database/sql/sql-store.ts'
import type { NewBatch } from '../../../src/database/store.ts'
import { batchOf, declareNew, limits } from '../../evaluations/support.ts'
import { PostgresServer } from './server.ts'

const server = await PostgresServer.start(root)
const url = await server.createDatabase()

async function opened(t: Test, where = url): Promise<PostgresEvaluationEngine> {
  const engine = await new PostgresEvaluationEngine(where).start()
  t.teardown(() => engine.close())
  return engine
}

async function storeOf(t: Test, where = url): Promise<SqlStore> {
  return new SqlStore(await opened(t, where), limits)
}

/** Another client of the database. */
async function connected(t: Test): Promise<pg.Client> {
  const client = new pg.Client(url)
  t.teardown(() => client.end())
  client.on('error', () => {})
  await client.connect()
  return client
}

function select(text: string) {
  return { text: `SELECT ${text}`, values: [] }
}

async function sleepUntil(isTrue: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 500; tries++) {
    if (await isTrue()) return true
    await sleep(10)
  }
  return false
}

/** How many sessions of lossmeter wait for a lock. */
async function waiting(): Promise<number> {
  const text = `SELECT pid FROM pg_stat_activity WHERE application_name = 'lossmeter' AND wait_event_type = 'Lock'`
  return (await server.query(text)).length
}

test('five replicas that start together, and many writers of the same names: each counts once', async (t) => {
  const fresh = await server.createDatabase()
  const stores = await Promise.all([1, 2, 3, 4, 5].map(() => storeOf(t, fresh)))
  const [a, b] = [await declareNew(stores[0], 'owner', 'a'), await declareNew(stores[1], 'owner', 'b')]
  const names = Array.from({ length: 40 }, (_, at) => `b${at}`)
  const results = await Promise.all(
    stores.flatMap((store, replica) =>
      names.map(async (_, at) => {
        // both evaluations in both orders, so that locks taken in the order of the call would wait for each other
        const name = names[(at * 7 + replica * 11) % names.length]
        const pair = replica % 2 === 0 ? [a, b] : [b, a]
        const put = await store.putBatches(pair.map((run) => batchOf(run, name)))
        return put.map(({ outcome }) => outcome)
      }),
    ),
  )
  const outcomes = results.flat()
  t.equal(outcomes.filter((outcome) => outcome === 'committed').length, 80)
  t.equal(outcomes.filter((outcome) => outcome === 'replayed').length, 4 * 80)
  for (const run of [a, b]) {
    const batches = await stores[4].listBatches(run, { limit: 99 })
    t.same(
      batches.map(({ sequence }) => sequence),
      names.map((_, at) => at + 1),
    )
    t.same(batches.map(({ name }) => name).toSorted(), names.toSorted())
  }
})

test('what one replica has acknowledged, every other one knows, and hears of', async (t) => {
  const [ours, theirs] = [await storeOf(t), await storeOf(t)]
  const run = await declareNew(ours, 'owner', 'told')
  let calls = 0
  ours.subscribe(run.id, () => calls++)
  await sleepUntil(async () => calls > 0)
  calls = 0
  const times: number[] = []
  for (let at = 1; at <= 20; at++) {
    const put = performance.now()
    await (at % 2 === 0 ? ours : theirs).putBatches([batchOf(run, `b${at}`)])
    t.equal((await (at % 2 === 0 ? theirs : ours).find('owner', 'told'))?.batches, at)
    t.ok(await sleepUntil(async () => calls >= at))
    times.push(performance.now() - put)
  }
  t.ok(Math.min(...times) < 1000, 'within a second')
})

test('a batch waits for whoever writes to the same evaluation, and sees what they wrote', async (t) => {
  const store = await storeOf(t)
  const run = await declareNew(store, 'owner', 'waited')
  await store.putBatches([batchOf(run, 'a')])
  // another replica has stored "b" and not committed yet
  const other = await connected(t)
  await other.query('BEGIN')
  await other.query(`UPDATE evaluations SET batches = 2, samples = 4 WHERE id = ${run.id}`)
  await other.query(`INSERT INTO batches
    SELECT evaluation, 2, 'b', fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, 0
    FROM batches WHERE evaluation = ${run.id}`)
  const put = store.putBatches([batchOf(run, 'b'), batchOf(run, 'c')])
  t.ok(await sleepUntil(async () => (await waiting()) > 0))
  await other.query('COMMIT')
  t.match(await put, [
    { outcome: 'conflict', batch: { sequence: 2 } },
    { outcome: 'committed', batch: { sequence: 3 } },
  ])
})

test('who writes alone need not ask first, and finds out when that was wrong', async (t) => {
  const [ours, theirs] = [await storeOf(t), await storeOf(t)]
  const [a, b] = [await declareNew(ours, 'alone', 'a'), await declareNew(ours, 'alone', 'b')]
  const calls = t.capture(pg.Client.prototype, 'query', pg.Client.prototype.query)
  /** What became of batches, as what each was counted, and how often it was tried to write without asking. */
  const put = async (store: SqlStore, ...batches: NewBatch[]) => {
    calls()
    const results = await store.putBatches(batches)
    const tries = calls().filter(
      ({ args: [query] }) => (query as { name?: string }).name === 'write as expected',
    ).length
    return [
      results.map((result) => `${result.outcome} ${'batch' in result ? result.batch.sequence : ''}`.trim()),
      tries,
    ]
  }
  t.same(await put(ours, batchOf(a, '1')), [['committed 1'], 0])
  t.same(await put(ours, batchOf(a, '2')), [['committed 2'], 0], 'nobody else has written meanwhile')
  t.same(await put(ours, batchOf(a, '3'), batchOf(a, '4')), [['committed 3', 'committed 4'], 1])
  t.same(await put(ours, batchOf(a, '5'), batchOf(a, '5')), [['committed 5', 'replayed 5'], 1])
  t.same(await put(ours, batchOf(a, '3'), batchOf(a, '6')), [['replayed 3', 'committed 6'], 1], 'asked afterwards')
  t.same(await put(ours, batchOf(a, '7')), [['committed 7'], 0], 'and now again before')
  t.same(await put(ours, batchOf(a, '8')), [['committed 8'], 1])
  t.same(await put(theirs, batchOf(a, '9')), [['committed 9'], 0])
  t.same(await put(ours, batchOf(a, '10')), [['committed 10'], 1])
  t.same(await put(theirs, batchOf(a, '11')), [['committed 11'], 0])
  t.same(await put(ours, batchOf(a, '12')), [['committed 12'], 0], 'two who write by turns ask')
  t.same(await put(ours, batchOf(b, '1')), [['committed 1'], 0])
  t.same(await put(ours, batchOf(a, '13'), batchOf(b, '2')), [['committed 13', 'committed 2'], 0])
  t.same(await put(ours, batchOf(b, '3'), batchOf(a, '14')), [['committed 3', 'committed 14'], 1])
  await theirs.change('alone', 'a', { seals: true })
  t.same(await put(ours, batchOf(a, '15'), batchOf(a, '1')), [['sealed', 'replayed 1'], 1])
  await theirs.delete('alone', 'b')
  t.same(await put(ours, batchOf(b, '4')), [['gone'], 1])
  t.equal((await theirs.find('alone', 'a'))?.batches, 14)
  t.same(
    (await theirs.listBatches(a, { limit: 99 })).map(({ name, sequence }) => `${name} ${sequence}`),
    Array.from({ length: 14 }, (_, at) => `${at + 1} ${at + 1}`),
  )
})

test('what is acknowledged is durable, whatever the database has as its default', async (t) => {
  const careless = await server.createDatabase()
  await server.query(`ALTER DATABASE ${new URL(careless).pathname.slice(1)} SET synchronous_commit = off`)
  const engine = await opened(t, careless)
  t.same(await engine.query(select(`current_setting('synchronous_commit') AS value`)), [{ value: 'on' }])
})

test('what was committed while a put waited for its locks is seen, whatever isolation the database has as its default', async (t) => {
  const strict = await server.createDatabase()
  await server.query(
    `ALTER DATABASE ${new URL(strict).pathname.slice(1)} SET default_transaction_isolation = 'serializable'`,
  )
  const engine = await opened(t, strict)
  const isolation = select(`current_setting('transaction_isolation') AS value`)
  t.same(await engine.query(isolation), [{ value: 'read committed' }], 'of a statement')
  t.same(await engine.transaction([isolation]), [[{ value: 'read committed' }]], 'of a transaction')
})

test('it comes back when the database does', async (t) => {
  const store = await storeOf(t)
  const run = await declareNew(store, 'owner', 'back')
  await store.putBatches([batchOf(run, 'a')])
  await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lossmeter'`)
  await sleepUntil(async () => (await store.putBatches([batchOf(run, 'b')]).catch(() => [])).length > 0)

  await server.cut()
  const refused = { name: 'StoreUnavailable', reason: 'out-of-reach' }
  await t.rejects(store.ping(), refused)
  await t.rejects(store.putBatches([batchOf(run, 'c')]), refused)
  await t.rejects(
    store.declare('owner', 'x', { declaration: '', expectedBatches: null, expectedSamples: null }),
    refused,
  )
  await server.startAgain()
  await store.ping()
  t.match(await store.putBatches(['a', 'b', 'c'].map((name) => batchOf(run, name))), [
    { outcome: 'replayed', batch: { sequence: 1 } },
    { outcome: 'replayed', batch: { sequence: 2 } },
    { outcome: 'committed', batch: { sequence: 3 } },
  ])
})

test('a connection that is lost in the middle of a put leaves nothing half done', async (t) => {
  const store = await storeOf(t)
  const run = await declareNew(store, 'owner', 'lost')
  const other = await connected(t)
  await other.query('BEGIN')
  await other.query(`UPDATE evaluations SET batches = 0 WHERE id = ${run.id}`)
  const put = t.rejects(store.putBatches([batchOf(run, 'a')]), { name: 'StoreUnavailable', reason: 'out-of-reach' })
  await sleepUntil(async () => (await waiting()) > 0)
  await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'lossmeter' AND wait_event_type = 'Lock'`)
  await put
  await other.query('COMMIT')
  t.match(await store.find('owner', 'lost'), { batches: 0 })
  t.match(await store.putBatches([batchOf(run, 'a')]), [{ outcome: 'committed', batch: { sequence: 1 } }])
})

test('a database that was away at the start is used when it is there', async (t) => {
  const fresh = await server.createDatabase()
  await server.cut()
  const store = await storeOf(t, fresh)
  await t.rejects(store.ping(), { name: 'StoreUnavailable', reason: 'out-of-reach' })
  await server.startAgain()
  t.ok((await declareNew(store, 'owner', 'run')).id > 0)
})

test('what no waiting changes ends the start', async (t) => {
  await t.rejects(new PostgresEvaluationEngine(server.url('nowhere')).start(), {
    name: 'StoreUnusable',
    message: 'PostgreSQL cannot be used: database "nowhere" does not exist',
  })
  const newer = await server.createDatabase()
  const engine = await new PostgresEvaluationEngine(newer).start()
  await engine.query({ text: 'UPDATE lossmeter_schema SET version = 99', values: [] })
  await engine.close()
  await t.rejects(new PostgresEvaluationEngine(newer).start(), {
    name: 'StoreUnusable',
    message: /^The database has schema version 99;/,
  })
})

test('halves are found by their ids among many that wait, also where the database has not counted them yet', async (t) => {
  const fresh = await server.createDatabase()
  const engine = await opened(t, fresh)
  const evaluation = await declareNew(new SqlStore(engine, limits), 'owner', 'joined')
  const write = {
    evaluation,
    half: 'labels',
    now: 1,
    expiresAt: 2,
    maxWaiting: 9,
    batches: [],
    added: {
      ids: ['sa'],
      digests: new Uint8Array(16),
      payloads: new Uint8Array(8),
      ends: [8],
      times: [null],
    },
    // which are not there: only how they would be found matters
    expired: { ids: ['sb'], waitingPredictions: 0, waitingLabels: 0 },
    joined: { ids: ['sc'], digests: new Uint8Array(16), others: new Uint8Array(16) },
  } as const
  const plans = await engine.run(async (client) => {
    for (const half of ['predictions', 'labels'] as const) {
      await putHalves(client, [{ ...write, half }], { maxBatches: 9, now: 1 })
    }
    await readHalves(client, evaluation, ['sa'])
    const { rows } = await client.query<{ statement: string }>('SELECT statement FROM pg_prepared_statements')
    const texts = rows.map(({ statement }) => statement).filter((text) => /(?:FROM|UPDATE) halves/.test(text))
    return Promise.all(texts.map((text) => client.query(`EXPLAIN (GENERIC_PLAN) ${text}`)))
  })
  t.equal(plans.length, 4, 'to find, to delete, and to join either half')
  for (const { rows } of plans) t.match(JSON.stringify(rows), /using halves_pkey/)
})
