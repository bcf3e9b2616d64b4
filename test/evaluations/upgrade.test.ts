import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { PostgresEngine } from '../../src/database/postgres/engine.ts'
import { migrationsWith } from '../../src/database/sql/schema.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { sharedPostgres } from '../database/postgres/server.ts'
import type { Request } from '../loss/support.ts'
import { evaluate } from '../loss/support.ts'
import { evaluated, newTask, storeOf, together } from './evaluations.ts'

const versions = migrationsWith({ id: '', integer: '', real: '', bytes: '', key: '', clustered: '' }).length
const server = await sharedPostgres(root)
const fixture = join(import.meta.dirname, '../fixtures/released-store-2')

/** The owner when there are no keys. */
const anonymous = ''

/** As test/fixtures/released-store.ts sent them. */
const requests = Array.from(
  { length: 140 },
  (_, at): Request => ({ loss: 'mse', labelFormat: 'values', predictions: [at / 10, 0.1], labels: [0.3, at % 7] }),
)

interface Place {
  readonly url: string
  run(text: string): Promise<unknown>
  /** Puts the store of the release in the place of what is there. */
  restore(): Promise<void>
}

function sqlitePlace(t: Test): Place {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'store')
  cpSync(`${fixture}.sqlite`, path)
  const other = new DatabaseSync(path, { timeout: 5000 })
  t.teardown(() => other.close())
  return {
    url: `sqlite:${path}`,
    run: async (text) => other.exec(text),
    async restore() {
      const released = new DatabaseSync(`${fixture}.sqlite`, { readOnly: true })
      await backup(released, path)
      released.close()
    },
  }
}

async function postgresPlace(t: Test): Promise<Place> {
  const url = await server.createDatabase()
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  const load = async () => {
    await client.query(readFileSync(`${fixture}.sql`, 'utf8'))
    await client.query(`SELECT setval(pg_get_serial_sequence('evaluations', 'id'), max(id)) FROM evaluations`)
  }
  await load()
  return {
    url,
    run: (text) => client.query(text),
    async restore() {
      await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
      await load()
    },
  }
}

const places: Readonly<Record<string, (t: Test) => Place | Promise<Place>>> = {
  SQLite: sqlitePlace,
  PostgreSQL: postgresPlace,
}

async function found(evaluations: Evaluations, name = 'run') {
  const evaluation = await evaluations.find(anonymous, name)
  if (evaluation === undefined) throw new Error(`there is no ${name}`)
  return evaluation
}

async function put(evaluations: Evaluations, at: number): Promise<string> {
  const evaluation = await found(evaluations)
  const [{ outcome }] = await evaluations.put(evaluation, [evaluated(evaluation, `b${at}`, requests[at])])
  return outcome
}

async function reported(evaluations: Evaluations, name?: string): Promise<unknown> {
  return evaluations.report(await found(evaluations, name), newTask(), async ({ tally }) => tally.samples)
}

async function lossOf(evaluations: Evaluations, name?: string): Promise<unknown> {
  const [point] = await evaluations.curve(await found(evaluations, name), 1, newTask())
  return point.loss
}

function wanted(count: number): unknown {
  return (evaluate(together(requests.slice(0, count))) as { loss: unknown }).loss
}

for (const [kind, placeOf] of Object.entries(places)) {
  test(`${kind}: what a release stored is upgraded, reported, gone on with and replayed`, async (t) => {
    const place = await placeOf(t)
    const stores = [await storeOf(t, place.url), await storeOf(t, place.url)]
    const [a, b] = stores.map((store) => new Evaluations(store, new Scheduler()))
    const { stored } = await found(a)
    t.match(stored, { batches: 130, samples: 260, digest: null, incarnation: /^[0-9a-f]{32}$/ })
    t.not(stored.incarnation, (await found(a, 'sealed')).stored.incarnation)
    t.match((await found(a, 'sealed')).stored, { batches: 3, status: 'sealed' })
    t.equal((await stores[0].folds(stored, 0, 9)).length, 1, 'the kept sum is used')
    t.equal(await reported(a), 260)
    t.equal(await lossOf(a), wanted(130))
    t.equal(await put(a, 5), 'replayed')
    t.equal(await put(b, 130), 'committed')
    t.equal(await lossOf(a), wanted(131))
    t.equal(await reported(a), 262)
  })

  test(`${kind}: a replica of the release goes on beside the new one`, async (t) => {
    const place = await placeOf(t)
    const evaluations = new Evaluations(await storeOf(t, place.url), new Scheduler())
    const fresh = async () => new Evaluations(await storeOf(t, place.url), new Scheduler())
    t.equal(await put(evaluations, 130), 'committed')
    t.equal(await reported(evaluations), 262)
    // as the release does, with a copy of the state of an earlier batch
    const { stored } = await found(evaluations)
    await place.run(`INSERT INTO batches
        (evaluation, sequence, name, fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, created_at)
      SELECT evaluation, 132, 'old', fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, created_at
      FROM batches WHERE evaluation = ${stored.id} AND sequence = 4`)
    await place.run(
      `UPDATE evaluations SET batches = 132, samples = samples + 2, updated_at = 9 WHERE id = ${stored.id}`,
    )
    await place.run(`INSERT INTO evaluations (owner, name, declaration, status, created_at, updated_at)
      SELECT owner, 'old', declaration, 'open', 0, 0 FROM evaluations WHERE id = ${stored.id}`)
    t.match((await found(evaluations)).stored, { batches: 132, digest: null })
    t.match((await found(evaluations, 'old')).stored.incarnation, /^[0-9a-f]{32}$/)
    t.equal(await reported(evaluations), 264)
    t.equal(await put(evaluations, 131), 'committed')
    t.equal(await reported(evaluations), 266)
    t.equal(await lossOf(evaluations), await lossOf(await fresh()))
    const rows = [...requests.slice(0, 131), requests[3], requests[131]]
    t.equal(await lossOf(evaluations), (evaluate(together(rows)) as { loss: unknown }).loss)
  })

  test(`${kind}: a store of the release that is restored under the new one is upgraded`, async (t) => {
    const place = await placeOf(t)
    const store = await storeOf(t, place.url)
    const evaluations = new Evaluations(store, new Scheduler())
    t.equal(await put(evaluations, 130), 'committed')
    t.equal(await reported(evaluations), 262)
    const before = await found(evaluations)
    await place.restore()
    const answer = await store.find(anonymous, 'run').catch(({ name }) => name)
    t.ok(answer === 'StoreUnavailable' || answer.batches === 130)
    const after = await found(evaluations)
    t.match(after.stored, { batches: 130, digest: null })
    t.not(after.stored.incarnation, before.stored.incarnation)
    t.equal(await reported(evaluations), 260)
    t.equal(await put(evaluations, 130), 'committed')
    t.equal(await lossOf(evaluations), wanted(131))
  })
}

test('PostgreSQL: a migration has no limit of time, is done by one replica, and operations say so meanwhile', async (t) => {
  const { url } = await postgresPlace(t)
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  // as another replica that is at it
  await client.query(`SELECT pg_advisory_lock(${0x4c4d5453})`)
  const told: unknown[] = []
  const engine = new PostgresEngine(url, {
    info: ({ from, to }: { from?: number; to?: number }) => told.push([from, to]),
  })
  t.teardown(() => engine.close())
  const ready = engine.ready()
  await t.rejects(engine.query({ text: 'SELECT 1', values: [] }), { name: 'StoreUnavailable', reason: 'migrating' })
  t.same(told, [])
  await client.query(`SELECT pg_advisory_unlock(${0x4c4d5453})`)
  await ready
  const steps = Array.from({ length: versions - 2 }, (_, at) => [at + 2, at + 3])
  t.same(
    told,
    steps.flatMap((step) => [step, step]),
  )
  t.equal((await engine.query({ text: 'SELECT version FROM lossmeter_schema', values: [] })).length, 1)
})
