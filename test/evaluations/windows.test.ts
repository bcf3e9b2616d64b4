import { t as root, test } from 'tap'
import { openEngine } from '../../src/database/open.ts'
import { SqlStore } from '../../src/database/sql/sql-store.ts'
import type { NewBatch, Store } from '../../src/database/store.ts'
import { verify } from '../../src/evaluations/maintenance/verify.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { answerOf } from '../../src/loss/evaluation.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { sharedPostgres } from '../database/postgres/server.ts'
import { evaluate, finish } from '../loss/support.ts'
import { altered, byRow, classRows, declare, declaredFor, evaluated, found, newTask, together } from './evaluations.ts'

const server = await sharedPostgres(root)
const hour = 3_600_000
const rows = byRow(classRows(30))
const limits = { maxEvaluations: 100, maxBatches: 1000 }

async function stored(evaluations: Evaluations, from: number, to: number): Promise<void> {
  const run = await found(evaluations, 'run')
  const batches = rows
    .slice(from, to)
    .map((row, at) => ({ ...evaluated(run, `b${from + at}`, row), window: ((from + at) % 3) * hour }))
  await evaluations.put(run, batches)
}

/** The answers of all windows as JSON, which has every bit of every number. */
async function windowsOf(evaluations: Evaluations): Promise<string[]> {
  const range = { from: -1, to: 10 * hour, most: 100 }
  const answers: string[] = []
  for await (const { state } of evaluations.windows(await found(evaluations, 'run'), range, newTask())) {
    answers.push(JSON.stringify(finish(answerOf(state))))
  }
  return answers
}

function wanted(count: number): string[] {
  return [0, 1, 2].map((window) =>
    JSON.stringify(evaluate(together(rows.slice(0, count).filter((_, at) => at % 3 === window)))),
  )
}

const urls = { SQLite: async () => 'memory:', PostgreSQL: () => server.createDatabase() }

for (const [kind, urlOf] of Object.entries(urls)) {
  test(`${kind}: two replicas agree, keep what they read, and trust it only as far as the store has it`, async (t) => {
    const engine = await openEngine(await urlOf())
    await engine.ready()
    const store = new SqlStore(engine, limits)
    t.teardown(() => store.close())
    let kept = 0
    let read = 0
    const counting: Store = altered(store, {
      putWindows: async (evaluation, windows) => {
        kept += windows.length
        await store.putWindows(evaluation, windows)
      },
      async *windowParts(...args) {
        for await (const parts of store.windowParts(...args)) {
          read += parts.length
          yield parts
        }
      },
    })
    const [a, b] = [new Evaluations(counting, new Scheduler()), new Evaluations(counting, new Scheduler())]
    await declare(a, 'run', declaredFor(classRows(30), 3, { window: 'hour' }))
    await stored(a, 0, 27)
    t.same(await windowsOf(a), wanted(27))
    t.same([kept, read], [3, 27])
    await stored(b, 27, 30)
    t.same(await windowsOf(b), wanted(30))
    t.same([kept, read], [3, 27 + 6], 'what is kept, and what came since')
    const findings: string[] = []
    const check = (mends: boolean) =>
      verify(engine, store, { mends, found: (_, difference) => findings.push(difference) })
    t.match(await check(false), { differences: 0, folds: 3 })
    // a sum of other batches than those that it says, as no accident makes it
    await engine.write({ text: 'UPDATE windows SET batches = batches + 1 WHERE start = $1', values: [hour] })
    t.match(await check(false), { differences: 1, mended: 0 })
    t.match(await check(true), { differences: 1, mended: 1 })
    t.same(new Set(findings), new Set(['the sum that is kept of the window of 1970-01-01T01:00:00.000Z is another']))
    t.match(await check(false), { differences: 0 })
    // the store is put back, and other batches come in the place of the last ones
    const { id } = (await found(a, 'run')).stored
    const [head] = await store.listBatches((await found(a, 'run')).stored, { after: 19, limit: 1 })
    await engine.transaction([
      { text: 'DELETE FROM batches WHERE evaluation = $1 AND sequence > 20', values: [id] },
      {
        text: 'UPDATE evaluations SET batches = 20, samples = 20, digested = 20, digest = $2 WHERE id = $1',
        values: [id, new Uint8Array(Buffer.from(String(head.digest), 'hex'))],
      },
    ])
    const restored = new Evaluations(counting, new Scheduler())
    t.same(await windowsOf(restored), wanted(20))
    const run = await found(restored, 'run')
    const again = rows.slice(20, 30).map((row, at): Omit<NewBatch, 'evaluation'> & { tally: undefined } => ({
      ...evaluated(run, `b${20 + at}`, row),
      tally: undefined,
      window: 5 * hour,
    }))
    await restored.put(run, again)
    const late = JSON.stringify(evaluate(together(rows.slice(20))))
    t.same(await windowsOf(restored), [...wanted(20), late], 'the same rows in another window are other batches')
    t.same(await windowsOf(b), [...wanted(20), late])
  })
}
