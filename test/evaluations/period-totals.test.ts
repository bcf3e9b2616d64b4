import { t as root, test } from 'tap'
import { openEngine } from '../../src/database/open.ts'
import { SqlStore } from '../../src/database/sql/sql-store.ts'
import type { Store } from '../../src/database/store.ts'
import { PeriodTotals } from '../../src/evaluations/period-totals.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { answerOf } from '../../src/loss/evaluation.ts'
import type { EvaluationState } from '../../src/loss/state.ts'
import { emptyState, merge } from '../../src/loss/state.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { sharedPostgres } from '../database/postgres/server.ts'
import { finish } from '../loss/support.ts'
import {
  altered,
  byRow,
  classRows,
  declare,
  declaredFor,
  evaluated,
  found,
  newTask,
  pseudoRandom,
} from './evaluations.ts'

const server = await sharedPostgres(root)
const urls = { SQLite: async () => 'memory:', PostgreSQL: () => server.createDatabase() }
const hour = 3_600_000
const rows = byRow(classRows(40))
const limits = { maxEvaluations: 100, maxBatches: 10_000 }
const ever = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER }

/** A service on a store that counts the parts of windows that are read. */
async function openCounted(url: string, end: (close: () => Promise<void>) => void) {
  const engine = await openEngine(url)
  await engine.ready()
  const store = new SqlStore(engine, limits)
  end(() => store.close())
  const counted = { parts: 0, evaluations: () => new Evaluations(counting, new Scheduler()), engine, store }
  const counting: Store = altered(store, {
    async *windowParts(...args) {
      for await (const parts of store.windowParts(...args)) {
        counted.parts += parts.length
        yield parts
      }
    },
  })
  return counted
}

/** Batches of one row each in the hours, before 1970, too; far apart from others is one. */
async function putHours(evaluations: Evaluations, hours: readonly number[], first: number): Promise<void> {
  const run = await found(evaluations, 'run')
  const batches = hours.map((at, index) => ({
    ...evaluated(run, `b${first + index}`, rows[(first + index) % rows.length]),
    window: at * hour,
  }))
  await evaluations.put(run, batches)
}

async function periodOf(evaluations: Evaluations, from?: number, to?: number): Promise<string> {
  const range = {
    ...ever,
    ...(from !== undefined && { from: from * hour }),
    ...(to !== undefined && { to: to * hour }),
  }
  const { state, batches } = await evaluations.period(await found(evaluations, 'run'), range, newTask())
  return JSON.stringify({ batches, answer: batches > 0 && finish(answerOf(state)) })
}

/** The same by merging each window. */
async function wanted(evaluations: Evaluations, from?: number, to?: number): Promise<string> {
  const range = {
    ...ever,
    ...(from !== undefined && { from: from * hour }),
    ...(to !== undefined && { to: to * hour }),
  }
  const run = await found(evaluations, 'run')
  let total = emptyState(run.declared.spec)
  let batches = 0
  for await (const window of evaluations.windows(run, range, newTask())) {
    total = merge(total, window.state)
    batches += window.batches
  }
  return JSON.stringify({ batches, answer: batches > 0 && finish(answerOf(total)) })
}

/** So many hours each, as one. */
async function joinedOf(evaluations: Evaluations, every: number, from?: number, to?: number, most = 100) {
  const run = await found(evaluations, 'run')
  const range = {
    from: from === undefined ? ever.from : from * hour,
    to: to === undefined ? ever.to : to * hour,
    most: most * every,
  }
  const base = from && from * hour
  const answers: string[] = []
  for await (const { start, batches, state } of evaluations.joinedWindows(
    run,
    'hour',
    range,
    { base, length: every * hour },
    newTask(),
  )) {
    answers.push(JSON.stringify({ start, batches, answer: finish(answerOf(state)) }))
    if (answers.length === most) break
  }
  return answers
}

/** The same by merging each window. */
async function wantedJoined(evaluations: Evaluations, every: number, from?: number, to?: number, most = 100) {
  const run = await found(evaluations, 'run')
  const range = {
    ...ever,
    from: from === undefined ? ever.from : from * hour,
    to: to === undefined ? ever.to : to * hour,
  }
  const all = new Map<number, { batches: number; state: EvaluationState }>()
  let base = from && from * hour
  for await (const window of evaluations.windows(run, range, newTask())) {
    base ??= window.start
    const start = base + Math.floor((window.start - base) / (every * hour)) * every * hour
    const { batches, state } = all.get(start) ?? { batches: 0, state: emptyState(run.declared.spec) }
    all.set(start, { batches: batches + window.batches, state: merge(state, window.state) })
  }
  const answers = [...all].map(([start, { batches, state }]) =>
    JSON.stringify({ start, batches, answer: finish(answerOf(state)) }),
  )
  return answers.slice(0, most)
}

const hours = Array.from({ length: 700 }, (_, at) => at - 100).filter((at) => at % 50 > 5)

for (const [kind, urlOf] of Object.entries(urls)) {
  test(`${kind}: periods have the bits of their windows, and read few of them, whatever comes late`, async (t) => {
    const counted = await openCounted(await urlOf(), t.teardown.bind(t))
    const evaluations = counted.evaluations()
    await declare(evaluations, 'run', declaredFor(classRows(1), 3, { window: 'hour' }))
    await putHours(evaluations, [...hours, 1e6], 0)
    const all = await wanted(evaluations)
    t.equal(await periodOf(evaluations), all)
    counted.parts = 0
    t.equal(await periodOf(evaluations), all)
    t.ok(counted.parts < 16, `${counted.parts} parts are read`)
    const next = pseudoRandom(7)
    for (let round = 0; round < 30; round++) {
      const from = Math.floor(800 * next()) - 150
      const to = from + 1 + Math.floor(300 * next())
      t.equal(await periodOf(evaluations, from, to), await wanted(evaluations, from, to), `${from} to ${to}`)
    }
    await putHours(evaluations, [-100, -300, 333, 333, 1e6 + 5], hours.length + 1)
    t.equal(await periodOf(evaluations), await wanted(evaluations), 'with what came late')
    counted.parts = 0
    await periodOf(evaluations)
    t.ok(counted.parts < 16, `${counted.parts} parts are read`)
    t.equal(await periodOf(evaluations, 0, 50), await wanted(evaluations, 0, 50))
    t.equal(await periodOf(evaluations, 700, 800), await wanted(evaluations, 700, 800), 'where there is nothing')
    t.equal(await periodOf(evaluations, 640, 768), await wanted(evaluations, 640, 768), 'a span without any')
    t.equal(await periodOf(evaluations, 640, 768), await wanted(evaluations, 640, 768), 'that is known')
  })

  test(`${kind}: joined windows have the bits of their windows, and read few of them, whatever comes late`, async (t) => {
    const counted = await openCounted(await urlOf(), t.teardown.bind(t))
    const evaluations = counted.evaluations()
    await declare(evaluations, 'run', declaredFor(classRows(1), 3, { window: 'hour' }))
    await putHours(evaluations, [...hours, 1e6], 0)
    for (const every of [1, 7, 16, 24, 100]) {
      t.same(await joinedOf(evaluations, every), await wantedJoined(evaluations, every), `${every} each`)
    }
    counted.parts = 0
    t.same(await joinedOf(evaluations, 24, 24, 600), await wantedJoined(evaluations, 24, 24, 600))
    const all = counted.parts
    counted.parts = 0
    await joinedOf(evaluations, 24, 24, 600)
    t.equal(counted.parts, 0, `none of ${all} parts is read where days begin with spans of eight hours`)
    const next = pseudoRandom(9)
    for (let round = 0; round < 20; round++) {
      const every = 16 + Math.floor(80 * next())
      const from = Math.floor(800 * next()) - 150
      const to = next() < 0.5 ? undefined : from + 1 + Math.floor(400 * next())
      const most = 1 + Math.floor(9 * next())
      const title = `${every} each, ${most} from ${from} to ${to}`
      const wanted = await wantedJoined(evaluations, every, from, to, most)
      t.same(await joinedOf(evaluations, every, from, to, most), wanted, title)
      if (round % 5 === 0) await putHours(evaluations, [from, from + 50, 1e6 + round], 1000 + 3 * round)
    }
    t.same(await joinedOf(evaluations, 16, 2e6), [], 'later than all')
  })

  test(`${kind}: nothing of a past that was undone is in a period`, async (t) => {
    const { engine, store, evaluations: open } = await openCounted(await urlOf(), t.teardown.bind(t))
    const evaluations = open()
    await declare(evaluations, 'run', declaredFor(classRows(1), 3, { window: 'hour' }))
    await putHours(evaluations, hours, 0)
    await periodOf(evaluations)
    const run = await found(evaluations, 'run')
    const [head] = await store.listBatches(run.stored, { after: 399, limit: 1 })
    await engine.transaction([
      { text: 'DELETE FROM batches WHERE evaluation = $1 AND sequence > 400', values: [run.stored.id] },
      {
        text: 'UPDATE evaluations SET batches = 400, samples = 400, digested = 400, digest = $2 WHERE id = $1',
        values: [run.stored.id, new Uint8Array(Buffer.from(String(head.digest), 'hex'))],
      },
    ])
    t.equal(await periodOf(evaluations), await wanted(open()), 'fewer batches')
    await putHours(evaluations, hours.map((at) => at + 7).slice(0, 300), 1000)
    t.equal(await periodOf(evaluations), await wanted(open()), 'others in the place of those that are gone')
  })
}

test('what comes while a period is read is in it wholly or not at all', async (t) => {
  const { store, evaluations: open } = await openCounted('memory:', t.teardown.bind(t))
  let late: (() => Promise<unknown>) | undefined
  const slow = altered(store, {
    async *windowParts(...args) {
      for await (const parts of store.windowParts(...args)) {
        const come = late
        late = undefined
        await come?.()
        yield parts
      }
    },
  })
  const evaluations = new Evaluations(slow, new Scheduler())
  await declare(evaluations, 'run', declaredFor(classRows(1), 3, { window: 'hour' }))
  await putHours(evaluations, hours, 0)
  const before = await wanted(open())
  await periodOf(evaluations, 0, 1)
  late = async () => {
    await putHours(evaluations, [-90, 300, 590], 1000)
    t.equal(await periodOf(evaluations), await wanted(open()), 'the one that comes later')
  }
  t.equal(await periodOf(evaluations), before)
  t.equal(await periodOf(evaluations), await wanted(open()))
})

test('a total is the same where nothing is remembered: where there is no room, and far behind', async (t) => {
  const { evaluations: open } = await openCounted('memory:', t.teardown.bind(t))
  const evaluations = open()
  await declare(evaluations, 'run', declaredFor(classRows(1), 3, { window: 'hour' }))
  await putHours(evaluations, hours, 0)
  const small = new PeriodTotals(1)
  const behind = new PeriodTotals(2 ** 24, 0)
  for (let round = 0; round < 3; round++) {
    const all = await wanted(evaluations)
    const { stored, batches: read } = await found(evaluations, 'run')
    for (const periods of [small, behind]) {
      const { state, batches } = await periods.total(read, 'hour', ever, stored, newTask())
      t.equal(JSON.stringify({ batches, answer: finish(answerOf(state)) }), all)
    }
    await putHours(evaluations, [round], 1000 + round)
  }
})
