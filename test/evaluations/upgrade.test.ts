import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import type { Test } from 'tap'
import { test } from 'tap'
import { openEngine } from '../../src/database/open.ts'
import { PostgresEngine } from '../../src/database/postgres/engine.ts'
import { migrationsWith } from '../../src/database/sql/schema.ts'
import { SqlStore } from '../../src/database/sql/sql-store.ts'
import { verify } from '../../src/evaluations/maintenance/verify.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import type { Request } from '../loss/support.ts'
import { evaluate } from '../loss/support.ts'
import { appOf, ask, post } from '../support.ts'
import { evaluated, newTask, storeOf, together } from './evaluations.ts'
import { places, requests, written } from './released-stores.ts'

const versions = migrationsWith({ id: '', integer: '', real: '', bytes: '', key: '', clustered: '' }).length
/** The one without digests; the tests of those after it do not look into them. */
const oldest = 2

/** The owner when there are no keys. */
const anonymous = ''

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
    const place = await placeOf(t, oldest)
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
    const place = await placeOf(t, oldest)
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
    const place = await placeOf(t, oldest)
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

/** What is asked of the store of each version, since the one that it was made for. */
const sinceVersion: Readonly<Record<number, (t: Test, app: FastifyInstance) => Promise<void>>> = {
  async 3(t, app) {
    t.match((await ask(app, { url: `${root}/run` })).body, await lossAtOnce(app, requests.slice(0, 130)))
    for (const [at, status] of [
      [5, 200],
      [130, 201],
    ])
      t.equal((await send(app, 'PUT', `run/batches/b${at}`, rowsOf(at))).status, status)
    t.match((await ask(app, { url: `${root}/run` })).body, await lossAtOnce(app, requests.slice(0, 131)))
    t.match((await ask(app, { url: `${root}/sealed` })).body, { status: 'sealed', batches: 3 })
  },
  async 4(t, app) {
    t.match((await ask(app, { url: `${root}?metadata.region=KR` })).body, { evaluations: [{ evaluation: 'tagged' }] })
  },
  async 5(t, app) {
    const rows = { predictions: [0.1, 0.2], labels: [1, 0] }
    const labels = await post(app, `${root}/joined/labels`, { ids: ['a', 'b'], labels: rows.labels })
    t.match(labels.body, { replayed: 1, accepted: 1, joined: 1 })
    t.match((await ask(app, { url: `${root}/joined` })).body, await lossAtOnce(app, [{ ...requests[0], ...rows }]))
    for (const [half, id] of Object.entries({ predictions: 'c', labels: 'd' }))
      t.match((await ask(app, { url: `${root}/joined/waiting?half=${half}` })).body, { waiting: [{ id }] })
  },
  async 6(t, app) {
    t.equal((await send(app, 'PUT', 'daily/batches/b1', { ...rowsOf(1), at: '2026-01-02T12:00:00Z' })).status, 200)
    const { windows } = (await ask(app, { url: `${root}/daily/windows` })).body as { windows: object[] }
    t.equal(windows.length, 3)
    for (const [at, window] of windows.entries())
      t.match(window, await lossAtOnce(app, [requests[at], requests[at + 3]]), `window ${at}`)
  },
  async 8(t, app) {
    t.match((await ask(app, { url: `${root}/public/badge.svg` })).text, /^<svg/)
  },
}

const root = '/v1/evaluations'

function rowsOf(at: number): object {
  const { predictions, labels } = requests[at]
  return { predictions, labels }
}

async function send(app: FastifyInstance, method: 'PUT', path: string, body: object) {
  const headers = { 'content-type': 'application/json' }
  return ask(app, { method, url: `${root}/${path}`, headers, payload: JSON.stringify(body) })
}

async function lossAtOnce(app: FastifyInstance, rows: readonly Request[]): Promise<object> {
  const { spec: _, ...loss } = (await post(app, '/v1/loss', together(rows))).body as { spec: object }
  return loss
}

for (const [kind, placeOf] of Object.entries(places)) {
  for (const version of written.filter((version) => version > oldest)) {
    test(`${kind}: what was stored with schema ${version} is upgraded whole`, async (t) => {
      const { url } = await placeOf(t, version)
      const scope = { after: (release: () => Promise<void>) => t.teardown(release) }
      const app = await appOf(scope, { DATABASE_URL: url, EVALUATION_RETENTION_DAYS: '0' })
      for (const [since, check] of Object.entries(sinceVersion)) if (Number(since) <= version) await check(t, app)
      const engine = await openEngine(url)
      const store = new SqlStore(engine, { maxEvaluations: 100, maxBatches: 1000 })
      t.teardown(() => store.close())
      const found: string[] = []
      await verify(engine, store, { mends: false, found: (_, difference) => found.push(difference) })
      t.same(found, [])
      const shown = await new Evaluations(store, new Scheduler()).shown(9, Date.now(), newTask())
      t.same(
        shown.map(({ evaluation }) => evaluation),
        version < 7 ? [] : ['shown'],
      )
    })
  }
}

test('what every version wrote is kept, and the page lists them', async (t) => {
  // that of the last one is written when it is committed: node test/fixtures/released-store.ts COMMIT VERSION
  for (let version = oldest; version < versions; version++) t.ok(written.includes(version), `${version}`)
  const page = readFileSync(join(import.meta.dirname, '../../docs/operate/upgrade.md'), 'utf8')
  t.same(
    Array.from(page.matchAll(/^\| (\d+) \|/gm), ([, version]) => Number(version)),
    Array.from({ length: versions }, (_, at) => at + 1),
  )
})

test('PostgreSQL: a migration has no limit of time, is done by one replica, and operations say so meanwhile', async (t) => {
  const { url } = await places.PostgreSQL(t, oldest)
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  // as another replica that is at it
  await client.query(`SELECT pg_advisory_lock(${0x4c4d5453})`)
  const told: Record<string, unknown>[] = []
  const engine = new PostgresEngine(url, { info: (fields: object) => told.push({ ...fields }) })
  t.teardown(() => engine.close())
  const ready = engine.ready()
  await t.rejects(engine.query({ text: 'SELECT 1', values: [] }), { name: 'StoreUnavailable', reason: 'migrating' })
  t.same(told, [])
  await client.query(`SELECT pg_advisory_unlock(${0x4c4d5453})`)
  await ready
  const steps = Array.from({ length: versions - 2 }, (_, at) => [at + 2, at + 3])
  t.same(
    told.filter((step) => step.index === undefined).map(({ from, to }) => [from, to]),
    steps.flatMap((step) => [step, step]),
  )
  const built = told.flatMap(({ index, milliseconds }) => (milliseconds === undefined ? [] : [String(index)]))
  for (const index of ['batches_by_window', 'evaluations_by_prefix']) t.ok(built.includes(index), index)
  t.equal((await engine.query({ text: 'SELECT version FROM lossmeter_schema', values: [] })).length, 1)
})
