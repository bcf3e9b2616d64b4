import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import type { Store } from '../../src/database/store.ts'
import { blockBatches } from '../../src/evaluations/block-ranges.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { sharedPostgres } from '../database/postgres/server.ts'
import type { Request } from '../loss/support.ts'
import { evaluate } from '../loss/support.ts'
import {
  byRow,
  classRows,
  declaredFor,
  evaluated,
  found,
  newTask,
  owner,
  put,
  reportOf,
  storeOf,
  together,
} from './evaluations.ts'

const server = await sharedPostgres(root)

/** A database that can be put back to how it was. */
interface Place {
  readonly url: string
  save(): Promise<void>
  restore(): Promise<void>
}

/** `backup` writes into the live file, as the command `.restore` of sqlite3 does. */
function sqlitePlace(t: Test): Place {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [live, copy] = [join(folder, 'store'), join(folder, 'copy')]
  const copied = async (from: string, to: string) => {
    const database = new DatabaseSync(from)
    await backup(database, to)
    database.close()
  }
  return { url: `sqlite:${live}`, save: () => copied(live, copy), restore: () => copied(copy, live) }
}

const tables = ['evaluations', 'batches', 'folds']

/** As `pg_restore --clean` does, or the promotion of a standby that lacks the tail: rows and the sequence of ids are as before. */
async function postgresPlace(t: Test): Promise<Place> {
  const url = await server.createDatabase()
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  const sequence = `pg_get_serial_sequence('evaluations', 'id')`
  return {
    url,
    async save() {
      await client.query('DROP SCHEMA IF EXISTS saved CASCADE; CREATE SCHEMA saved')
      for (const table of tables) await client.query(`CREATE TABLE saved.${table} AS TABLE ${table}`)
    },
    async restore() {
      await client.query('BEGIN')
      for (const table of tables.toReversed()) await client.query(`DELETE FROM ${table}`)
      for (const table of tables) {
        await client.query(`INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM saved.${table}`)
      }
      await client.query(`SELECT setval(${sequence}, coalesce((SELECT max(id) FROM evaluations), 1))`)
      await client.query('COMMIT')
    },
  }
}

const places: Readonly<Record<string, (t: Test) => Place | Promise<Place>>> = {
  SQLite: sqlitePlace,
  PostgreSQL: postgresPlace,
}

interface World extends Place {
  readonly stores: readonly Store[]
  /** Two replicas. */
  readonly a: Evaluations
  readonly b: Evaluations
  /** One that has just started. */
  fresh(): Promise<Evaluations>
}

async function worldOf(t: Test, place: Place): Promise<World> {
  const service = (store: Store) => new Evaluations(store, new Scheduler())
  const stores = [await storeOf(t, place.url), await storeOf(t, place.url)]
  return {
    ...place,
    stores,
    a: service(stores[0]),
    b: service(stores[1]),
    fresh: async () => service(await storeOf(t, place.url)),
  }
}

/** What one evaluation of all rows answers: the oracle. */
function wanted(requests: readonly Request[]): string {
  return JSON.stringify(evaluate(together(requests)))
}

/** Rows of batches, without sections unless they are asked for, and other rows. */
function rowsOf(count: number, sections: boolean): Request[] {
  const { include, ...rows } = classRows(count)
  return byRow(sections ? { ...rows, include } : rows)
}

async function declared(world: World, name: string, like: Request, of = owner): Promise<void> {
  const result = await world.a.declare(of, name, declaredFor(like, 3))
  if (result.outcome !== 'created') throw new Error(result.outcome)
}

async function send(evaluations: Evaluations, name: string, requests: readonly Request[], first: number) {
  return put(evaluations, await found(evaluations, name), requests, first)
}

async function agree(t: Test, world: World, name: string, requests: readonly Request[]): Promise<void> {
  const expected = wanted(requests)
  for (const [who, evaluations] of Object.entries({ a: world.a, b: world.b, fresh: await world.fresh() })) {
    t.equal(await reportOf(evaluations, name), expected, `the report of ${who}`)
  }
}

async function curveOf(evaluations: Evaluations, name: string, points = 100) {
  return (await evaluations.curve(await found(evaluations, name), points, newTask())).map(
    ({ createdAt: _, ...point }) => point,
  )
}

async function compared(evaluations: Evaluations, name: string, other: string) {
  return evaluations.compare(await found(evaluations, name), await found(evaluations, other), newTask())
}

const faults: Readonly<Record<string, (t: Test, world: World) => Promise<void>>> = {
  'the tail was lost, and other batches came through another replica': async (t, world) => {
    for (const sections of [false, true]) {
      const name = sections ? 'sections' : 'plain'
      const rows = rowsOf(90, sections)
      await declared(world, name, rows[0])
      await send(world.a, name, rows.slice(0, 30), 0)
      await world.save()
      await send(world.a, name, rows.slice(30, 60), 30)
      await agree(t, world, name, rows.slice(0, 60))
      await world.restore()
      await agree(t, world, name, rows.slice(0, 30))
      await send(world.a, name, rows.slice(30, 60), 30)
      await agree(t, world, name, rows.slice(0, 60))
      await world.restore()
      // as many as there were, so that the counts do not show it
      await send(world.b, name, rows.slice(60), 60)
      await agree(t, world, name, [...rows.slice(0, 30), ...rows.slice(60)])
      t.same(await curveOf(world.a, name), await curveOf(await world.fresh(), name))
    }
  },

  'a block was begun before and ended after it': async (t, world) => {
    for (const sections of [false, true]) {
      const name = sections ? 'sections' : 'plain'
      const rows = rowsOf(400, sections)
      await declared(world, name, rows[0])
      await send(world.a, name, rows.slice(0, 150), 0)
      await world.save()
      await send(world.a, name, rows.slice(150, 200), 150)
      await agree(t, world, name, rows.slice(0, 200))
      await world.restore()
      await send(world.a, name, rows.slice(200), 200)
      const left = [...rows.slice(0, 150), ...rows.slice(200)]
      await agree(t, world, name, left)
      const { stored } = await found(world.a, name)
      const folds = () => world.stores[0].folds(stored, 0, 9)
      while ((await folds()).length < Math.floor(left.length / blockBatches)) await setImmediate()
      await agree(t, world, name, left)
      t.same(await curveOf(world.a, name, 3), await curveOf(await world.fresh(), name, 3))
    }
  },

  'a comparison is of what is there': async (t, world) => {
    const rows = rowsOf(60, false)
    for (const name of ['one', 'other']) await declared(world, name, rows[0])
    await send(world.a, 'one', rows.slice(0, 40), 0)
    await send(world.a, 'other', rows.slice(0, 20), 0)
    await world.save()
    await send(world.a, 'other', rows.slice(20, 40), 20)
    t.match(await compared(world.a, 'one', 'other'), { batches: { paired: 40 } })
    await world.restore()
    t.match(await compared(world.a, 'one', 'other'), { batches: { paired: 20, onlyPredictions: 20 } })
    await send(world.b, 'other', rows.slice(40), 0).catch(() => undefined)
    t.same(await compared(world.a, 'one', 'other'), await compared(await world.fresh(), 'one', 'other'))
  },

  'an id that is given again stands for another evaluation, of another owner': async (t, world) => {
    const rows = rowsOf(40, false)
    await declared(world, 'kept', rows[0])
    await world.save()
    await declared(world, 'mine', rows[0])
    await send(world.a, 'mine', rows.slice(0, 20), 0)
    const mine = await found(world.a, 'mine')
    await reportOf(world.a, 'mine')
    const curve = await curveOf(world.a, 'mine')
    t.equal(curve.length, 20)
    await world.restore()

    const theirs = await world.a.declare('bob', 'theirs', declaredFor({ ...rows[0], epsilon: 1e-6 }, 3))
    if (!('evaluation' in theirs)) return void t.fail(`it is answered "${theirs.outcome}"`)
    t.equal(theirs.evaluation.stored.id, mine.stored.id)
    const [before] = await world.b.put(theirs.evaluation, [evaluated(theirs.evaluation, 'their', rows[30])])
    t.equal(before.outcome, 'committed')
    const batch = (name: string) => evaluated(mine, name, rows[21])
    t.same(await world.a.put(mine, [batch('late')]), [{ outcome: 'gone' }])
    const work = async (remembered: typeof mine) => {
      const [result] = await world.a.put(remembered, [batch('again')])
      if (result.outcome === 'gone') throw new Error('gone')
    }
    t.equal(await world.a.withRemembered(owner, 'mine', (evaluation) => work(evaluation as typeof mine)), undefined)
    await t.rejects(world.a.curve(mine, 5, newTask()))
    t.same(await world.a.listBatches(mine, { limit: 9 }), [])
    const now = await world.a.find('bob', 'theirs')
    if (now === undefined) return void t.fail('it is not found')
    const report = await world.a.report(now, newTask(), async ({ tally: { samples } }, { batches }) => [
      samples,
      batches,
    ])
    t.same(report, [1, 1])

    await declared(world, 'mine', rows[0])
    await send(world.b, 'mine', rows.slice(20), 20)
    await agree(t, world, 'mine', rows.slice(20))
  },

  'what was lost can be sent again, and what was not counts once': async (t, world) => {
    const rows = rowsOf(60, false)
    await declared(world, 'run', rows[0])
    await send(world.a, 'run', rows.slice(0, 30), 0)
    await world.save()
    const before = await send(world.a, 'run', rows.slice(30), 30)
    await world.restore()
    const again = rows.map((row, at) => ({ row, name: `b${at}` }))
    const evaluation = await found(world.a, 'run')
    const results = await world.a.put(
      evaluation,
      again.map(({ row, name }) => evaluated(evaluation, name, row)),
    )
    t.same(
      results.map(({ outcome }) => outcome),
      [...new Array(30).fill('replayed'), ...new Array(30).fill('committed')],
    )
    await agree(t, world, 'run', rows)
    const batches = await world.a.listBatches(evaluation, { limit: 100 })
    t.equal(batches.at(-1)?.digest, before.at(-1)?.digest, 'the same batches in the same order have the same digest')
  },

  'it happens between two readings of one report': async (t, world) => {
    const rows = rowsOf(60, false)
    await declared(world, 'run', rows[0])
    await send(world.a, 'run', rows.slice(0, 30), 0)
    await world.save()
    await send(world.a, 'run', rows.slice(30), 30)
    const evaluation = await found(world.a, 'run')
    await world.restore()
    const restored = { name: 'StoreUnavailable', reason: 'restored' }
    const other = await found(world.a, 'run')
    await t.rejects(
      world.a.report(evaluation, newTask(), async () => 'told'),
      restored,
    )
    await t.rejects(world.a.curve(evaluation, 5, newTask()), restored)
    await t.rejects(world.a.compare(evaluation, other, newTask()), restored)
    await t.rejects(world.a.compare(other, evaluation, newTask()), restored)
    const batch = { sequence: 40, digest: evaluation.stored.digest } as never
    await t.rejects(world.a.stateOf(evaluation, batch, newTask()), restored)
    await agree(t, world, 'run', rows.slice(0, 30))
  },
}

for (const [kind, placeOf] of Object.entries(places)) {
  for (const [fault, run] of Object.entries(faults)) {
    test(`${kind}: ${fault}`, async (t) => run(t, await worldOf(t, await placeOf(t))))
  }
}
