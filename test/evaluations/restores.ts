// What must hold when a database goes back to an earlier state under two replicas.
import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Store } from '../../src/database/store.ts'
import { blockBatches } from '../../src/evaluations/block-ranges.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { eventually } from '../eventually.ts'
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

/** A database that can be put back to how it was. */
export interface Place {
  readonly url: string
  /** Whether ids that were given since are given again; the log of PostgreSQL takes them in advance. */
  readonly givesIdsAgain: boolean
  save(): Promise<void>
  restore(): Promise<void>
}

export interface World extends Place {
  readonly stores: readonly Store[]
  /** Two replicas. */
  readonly a: Evaluations
  readonly b: Evaluations
  /** One that has just started. */
  fresh(): Promise<Evaluations>
}

export async function worldOf(t: Test, place: Place): Promise<World> {
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

/** Each begins with an empty database. */
export const restores: Readonly<Record<string, (t: Test, world: World) => Promise<void>>> = {
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
    if (world.givesIdsAgain) t.equal(theirs.evaluation.stored.id, mine.stored.id)
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

  'listeners of the other replica hear of what comes after it': async (t, world) => {
    const rows = rowsOf(30, false)
    await declared(world, 'run', rows[0])
    await send(world.a, 'run', rows.slice(0, 10), 0)
    await world.save()
    await send(world.a, 'run', rows.slice(10, 20), 10)
    const { stored } = await found(world.b, 'run')
    let heard = 0
    const end = world.stores[1].subscribe(stored.id, () => heard++)
    await world.restore()
    // until it listens again, and then on
    for (const at of [20, 21, 22]) {
      const before = heard
      await send(world.a, 'run', rows.slice(at, at + 1), at)
      t.ok(await eventually(() => heard > before))
    }
    end()
    await agree(t, world, 'run', [...rows.slice(0, 10), ...rows.slice(20, 23)])
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
