import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { t as root, test } from 'tap'

import { StoreUnavailable } from '../../src/database/errors.ts'
import type { Half } from '../../src/database/halves.ts'
import { openStore } from '../../src/database/open.ts'
import type { Store } from '../../src/database/store.ts'
import type { Declared } from '../../src/evaluations/declaration.ts'
import { readHalf } from '../../src/evaluations/half-rows.ts'
import type { TakeOutcome } from '../../src/evaluations/joins.ts'
import type { OpenEvaluation } from '../../src/evaluations/open-evaluation.ts'
import type { RowId } from '../../src/evaluations/row-ids.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { answerOf } from '../../src/loss/evaluation.ts'
import { ValueList } from '../../src/loss/value-list.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { sharedPostgres } from '../database/postgres/server.ts'
import { seeded } from '../formats/support.ts'
import type { Request } from '../loss/support.ts'
import { evaluate, finish, tensorsOf, unlimited } from '../loss/support.ts'
import { altered, byRow, classRows, declare, declaredFor, found, newTask, reportOf, together } from './evaluations.ts'

const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
root.teardown(() => rmSync(folder, { recursive: true }))
const server = await sharedPostgres(root)

let files = 0
const urls: Readonly<Record<string, () => Promise<string>>> = {
  memory: async () => 'memory:',
  'a SQLite file': async () => `sqlite:${join(folder, `store-${files++}`)}`,
  PostgreSQL: () => server.createDatabase(),
}

const hour = 3_600_000
const within = 'P1D'
const start = 1_800_000_000_000

interface Replica {
  readonly store: Store
  readonly evaluations: Evaluations
}

/** Replicas on one database, whose clock the test sets. */
async function replicasOn(t: Test, url: string, clock: { now: number }, count: number): Promise<Replica[]> {
  const replicas: Replica[] = []
  for (let at = 0; at < count; at++) {
    const store = await openStore(url, { maxEvaluations: 100, maxBatches: 1_000_000 }, () => clock.now)
    t.teardown(() => store.close())
    const evaluations = new Evaluations(store, new Scheduler(), undefined, undefined, () => clock.now)
    replicas.push({ store, evaluations })
  }
  return replicas
}

/** Sends the halves of some rows of a request. */
async function take(
  evaluations: Evaluations,
  evaluation: OpenEvaluation,
  half: Half,
  request: Request,
  rows: readonly number[],
  idOf: (row: number) => RowId = (row) => `row-${row}`,
  maxWaitingRows = Number.POSITIVE_INFINITY,
  timeOf?: (row: number) => number,
): Promise<TakeOutcome> {
  const some = (values: unknown) => rows.map((row) => (values as unknown[])[row])
  const sampleWeights = request.sampleWeights && (some(request.sampleWeights) as number[])
  const tensors = tensorsOf({
    ...request,
    predictions: some(request.predictions),
    labels: some(request.labels),
    sampleWeights,
  })
  const ids = new ValueList(rows.map(idOf))
  const { predictions, labels } = tensors
  const at = timeOf && new ValueList(rows.map(timeOf))
  const content =
    half === 'predictions' ? { ids, predictions, sampleWeights: tensors.sampleWeights, at } : { ids, labels }
  const read = finish(readHalf(evaluation.declared, half, content, { ...unlimited, maxJoinRows: 10_000 }))
  const context = { ...unlimited, maxStateBytes: Number.POSITIVE_INFINITY, maxWaitingRows, task: newTask() }
  return evaluations.joins.take(evaluation, read, context, async () => undefined)
}

/** The answers of all windows by their starts, as JSON, which has every bit of every number. */
async function windowsOf(evaluations: Evaluations, name: string): Promise<Map<number, string>> {
  const windows = new Map<number, string>()
  const range = { from: -1, to: Number.MAX_SAFE_INTEGER, most: 2000 }
  for await (const { start, state } of evaluations.windows(await found(evaluations, name), range, newTask())) {
    windows.set(start, JSON.stringify(finish(answerOf(state))))
  }
  return windows
}

/** The answers to the rows of each hour. */
function hoursOf(request: Request, timeOf: (row: number) => number): Map<number, string> {
  const rows = byRow(request)
  const hours = Map.groupBy(rows.keys(), (row) => Math.floor(timeOf(row) / hour) * hour)
  const ordered = [...hours].sort(([a], [b]) => a - b)
  return new Map(ordered.map(([start, own]) => [start, JSON.stringify(evaluate(together(own.map((at) => rows[at]))))]))
}

function declaredAs(request: Request): Declared {
  return declaredFor(request, 3, { join: { within } })
}

function shuffled<Value>(values: readonly Value[], next: (below: number) => number): Value[] {
  const all = [...values]
  for (let at = all.length - 1; at > 0; at--) {
    const other = next(at + 1)
    const kept = all[at]
    all[at] = all[other]
    all[other] = kept
  }
  return all
}

for (const [kind, urlOf] of Object.entries(urls)) {
  const isShared = kind !== 'memory'

  test(`${kind}: halves in any order, sent up to three times by several clients to two replicas, are all rows once`, async (t) => {
    const replicas = await replicasOn(t, await urlOf(), { now: start }, isShared ? 2 : 1)
    const request = classRows(400)
    await declare(replicas[0].evaluations, 'all', declaredAs(request))
    const next = seeded(7)
    const bodies: { half: Half; rows: number[] }[] = []
    for (const half of ['predictions', 'labels'] as const) {
      const sent = Array.from({ length: 400 }, (_, row) => Array(1 + next(3)).fill(row)).flat()
      for (let rest = shuffled(sent, next); rest.length > 0; ) bodies.push({ half, rows: rest.splice(0, 1 + next(40)) })
    }
    let [accepted, joined, conflicts] = [0, 0, 0]
    const queue = shuffled(bodies, next)
    const client = async ({ evaluations }: Replica) => {
      const evaluation = await found(evaluations, 'all')
      for (let body = queue.pop(); body !== undefined; body = queue.pop()) {
        const taken = await take(evaluations, evaluation, body.half, request, body.rows)
        if (taken.outcome !== 'taken') throw new Error(taken.outcome)
        accepted += taken.accepted
        joined += taken.joined
        conflicts += taken.conflicts.length
      }
    }
    await Promise.all([...replicas, ...replicas, ...replicas].map(client))
    t.same({ accepted, joined, conflicts }, { accepted: 800, joined: 400, conflicts: 0 })
    for (const { evaluations } of replicas) {
      t.equal(await reportOf(evaluations, 'all'), JSON.stringify(evaluate(request)))
      const { stored } = await found(evaluations, 'all')
      t.match(stored, { samples: 400, waitingPredictions: 0, waitingLabels: 0, expired: 0 })
    }
  })

  test(`${kind}: each row counts in the window of its time, in whatever order its halves come`, async (t) => {
    const replicas = await replicasOn(t, await urlOf(), { now: start }, isShared ? 2 : 1)
    const request = classRows(200)
    const next = seeded(11)
    const times = Array.from({ length: 200 }, () => start - next(5 * hour))
    const timeOf = (row: number) => times[row]
    await declare(replicas[0].evaluations, 'hourly', { ...declaredAs(request), window: 'hour' })
    const all = Array.from({ length: 200 }, (_, row) => row)
    const bodies: { half: Half; rows: number[] }[] = []
    for (const half of ['predictions', 'labels', 'predictions', 'labels'] as const) {
      for (let rest = shuffled(all, next); rest.length > 0; ) bodies.push({ half, rows: rest.splice(0, 1 + next(40)) })
    }
    let joined = 0
    const queue = shuffled(bodies, next)
    const client = async ({ evaluations }: Replica) => {
      const evaluation = await found(evaluations, 'hourly')
      for (let body = queue.pop(); body !== undefined; body = queue.pop()) {
        const taken = await take(evaluations, evaluation, body.half, request, body.rows, undefined, undefined, timeOf)
        joined += taken.outcome === 'taken' ? taken.joined : Number.NaN
      }
    }
    await Promise.all([...replicas, ...replicas].map(client))
    t.equal(joined, 200)
    const wanted = hoursOf(request, timeOf)
    for (const { evaluations } of replicas) {
      t.same(await windowsOf(evaluations, 'hourly'), wanted)
      t.equal(await reportOf(evaluations, 'hourly'), JSON.stringify(evaluate(request)))
    }
  })

  test(`${kind}: rows of more windows than a transaction takes join once, though others write in between`, async (t) => {
    const [{ store, evaluations }] = await replicasOn(t, await urlOf(), { now: start }, 1)
    const request = classRows(700)
    const all = Array.from({ length: 700 }, (_, row) => row)
    const timeOf = (row: number) => start - row * hour
    const evaluation = await declare(evaluations, 'many', { ...declaredAs(request), window: 'hour' })
    await take(evaluations, evaluation, 'predictions', request, all, undefined, undefined, timeOf)
    await take(evaluations, evaluation, 'labels', { ...request, labels: all.map(() => 2) }, [690])
    let writes = 0
    const meddled = altered(store, {
      putHalves: async (write) => {
        if (++writes === 2) await take(evaluations, evaluation, 'labels', request, [0, 1])
        return store.putHalves(write)
      },
    })
    const other = new Evaluations(meddled, new Scheduler(), undefined, undefined, () => start)
    const taken = await take(other, await found(other, 'many'), 'labels', request, all)
    const isConflict = (request.labels as number[])[690] !== 2
    t.same(taken, {
      outcome: 'taken',
      accepted: 697,
      joined: 697,
      replayed: isConflict ? 2 : 3,
      conflicts: isConflict ? [690] : [],
    })
    t.equal(writes, 3)
    const labels = (request.labels as number[]).with(690, 2)
    t.same(await windowsOf(evaluations, 'many'), hoursOf({ ...request, labels }, timeOf))
  })

  test(`${kind}: a body of more rows than are written at once counts each id once, wherever in it the id stands again`, async (t) => {
    const [{ evaluations }] = await replicasOn(t, await urlOf(), { now: start }, 1)
    const request = classRows(9000)
    const evaluation = await declare(evaluations, 'long', declaredAs(request))
    const all = Array.from({ length: 9000 }, (_, row) => row)
    // the id of row 0 comes again with other content, and that of row 1 with the same
    const idOf = (row: number) => `row-${row === 8998 ? 0 : row}`
    const predicted = await take(evaluations, evaluation, 'predictions', request, all.with(8999, 1), idOf)
    t.same(predicted, { outcome: 'taken', accepted: 8998, joined: 0, replayed: 1, conflicts: [8998] })
    const labelled = await take(evaluations, evaluation, 'labels', request, all.slice(0, 8998), idOf)
    t.same(labelled, { outcome: 'taken', accepted: 8998, joined: 8998, replayed: 0, conflicts: [] })
    t.equal(await reportOf(evaluations, 'long'), JSON.stringify(evaluate(together(byRow(request).slice(0, 8998)))))
  })

  test(`${kind}: long bodies that are cut off anywhere and sent again have the sums of one request`, async (t) => {
    const [{ store, evaluations }] = await replicasOn(t, await urlOf(), { now: start }, 1)
    const request = classRows(9000)
    await declare(evaluations, 'cut', declaredAs(request))
    const all = Array.from({ length: 9000 }, (_, row) => row)
    // the process ends before one of the transactions of a body, or after it, before the answer
    for (const half of ['predictions', 'labels'] as const) {
      for (const [ends, isWritten] of [
        [1, true],
        [2, false],
        [1, true],
      ] as const) {
        let writes = 0
        const cut = altered(store, {
          putHalves: async (write) => {
            const isLast = ++writes === ends
            if (isLast && !isWritten) throw new StoreUnavailable('out-of-reach')
            const result = await store.putHalves(write)
            if (isLast) throw new StoreUnavailable('out-of-reach')
            return result
          },
        })
        const other = new Evaluations(cut, new Scheduler(), undefined, undefined, () => start)
        await t.rejects(take(other, await found(other, 'cut'), half, request, all), StoreUnavailable)
      }
      const replayed = await take(evaluations, await found(evaluations, 'cut'), half, request, all)
      t.same(replayed, { outcome: 'taken', accepted: 0, joined: 0, replayed: 9000, conflicts: [] })
    }
    t.equal(await reportOf(evaluations, 'cut'), JSON.stringify(evaluate(request)))
  })

  test(`${kind}: both halves of a row that come at once join once`, async (t) => {
    const replicas = await replicasOn(t, await urlOf(), { now: start }, isShared ? 2 : 1)
    const request = classRows(60)
    const [one, other] = [replicas[0], replicas[replicas.length - 1]]
    const first = await declare(one.evaluations, 'met', declaredAs(request))
    const second = await found(other.evaluations, 'met')
    let joined = 0
    for (let row = 0; row < 60; row++) {
      const taken = await Promise.all([
        take(one.evaluations, first, 'predictions', request, [row]),
        take(other.evaluations, second, 'labels', request, [row]),
        take(other.evaluations, second, 'predictions', request, [row]),
      ])
      for (const each of taken) joined += each.outcome === 'taken' ? each.joined : Number.NaN
    }
    t.equal(joined, 60)
    t.equal(await reportOf(one.evaluations, 'met'), JSON.stringify(evaluate(request)))
  })

  test(`${kind}: a half that has waited too long is not there, is counted as expired, and is swept`, async (t) => {
    const clock = { now: start }
    const [{ store, evaluations }] = await replicasOn(t, await urlOf(), clock, 1)
    const request = classRows(6)
    const evaluation = await declare(evaluations, 'late', declaredAs(request))
    await take(evaluations, evaluation, 'predictions', request, [0, 1, 2, 3])
    await take(evaluations, evaluation, 'labels', request, [3, 5])
    clock.now += 24 * hour - 1
    t.match(await take(evaluations, evaluation, 'labels', request, [0]), { joined: 1 }, 'in the last moment')
    clock.now += 1
    t.match(
      await take(evaluations, evaluation, 'labels', request, [1]),
      { accepted: 1, joined: 0 },
      'a moment too late',
    )
    const idsOf = async (half: Half) =>
      (await evaluations.joins.waiting(await found(evaluations, 'late'), half, undefined, 9)).map(({ id }) => id)
    t.same(await idsOf('predictions'), [])
    t.same(await idsOf('labels'), ['row-1'])
    t.match((await found(evaluations, 'late')).stored, { waitingPredictions: 1, waitingLabels: 2, expired: 1 })
    t.same(await store.sweepHalves(), { expired: 2, isMore: true })
    t.same(await store.sweepHalves(), { expired: 0, isMore: false })
    t.match((await found(evaluations, 'late')).stored, { waitingPredictions: 0, waitingLabels: 1, expired: 3 })
    t.same(await store.countWaiting(), { predictions: 0, labels: 1 })
    t.match(
      await take(evaluations, evaluation, 'predictions', request, [1, 0]),
      { joined: 1, replayed: 1 },
      'a joined row is still known',
    )
    clock.now += 24 * hour
    while ((await store.sweepHalves()).isMore);
    t.match((await found(evaluations, 'late')).stored, {
      samples: 3,
      waitingPredictions: 0,
      waitingLabels: 0,
      expired: 3,
    })
  })

  test(`${kind}: thousands of halves expire in steps, and what came since is left`, async (t) => {
    const clock = { now: start }
    const [{ store, evaluations }] = await replicasOn(t, await urlOf(), clock, 1)
    const request = classRows(2600)
    const evaluation = await declare(evaluations, 'many', declaredAs(request))
    const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)
    // of some rows both halves, of others one or the other; all expire in one millisecond, or in two
    await take(evaluations, evaluation, 'predictions', request, rows(0, 2000))
    await take(evaluations, evaluation, 'labels', request, [...rows(0, 700), ...rows(2000, 2600)])
    clock.now += 12 * hour
    await take(evaluations, evaluation, 'labels', request, rows(700, 710))
    clock.now += 12 * hour
    const steps: number[] = []
    for (let isMore = true; isMore; ) {
      const step = await store.sweepHalves()
      steps.push(step.expired)
      isMore = step.isMore
    }
    t.same(steps, [1600, 290, 0])
    t.match((await found(evaluations, 'many')).stored, {
      samples: 710,
      waitingPredictions: 0,
      waitingLabels: 0,
      expired: 1890,
    })
    t.match(await take(evaluations, evaluation, 'labels', request, rows(700, 710)), { replayed: 10 }, 'still known')
    t.match(await take(evaluations, evaluation, 'predictions', request, rows(710, 720)), { accepted: 10, joined: 0 })
  })

  test(`${kind}: a clock that jumps loses no row and counts none twice`, async (t) => {
    const clock = { now: start }
    const replicas = await replicasOn(t, await urlOf(), clock, isShared ? 2 : 1)
    const request = classRows(300)
    const all = Array.from({ length: 300 }, (_, row) => row)
    await declare(replicas[0].evaluations, 'jumps', declaredAs(request))
    const counts = { accepted: 0, replayed: 0 }
    // forth by less than rows wait, and back however far
    for (const [at, jump] of [0, 12, -10, 11, -24 * 700].entries()) {
      clock.now += jump * hour
      const { evaluations } = replicas[at % replicas.length]
      const evaluation = await found(evaluations, 'jumps')
      // some halves come for the first time, and those before them again
      const some = all.slice(0, 60 * (at + 1))
      for (const half of ['predictions', 'labels'] as const) {
        const rows = half === 'labels' && at % 2 === 1 ? some.slice(0, 60 * at) : some
        const taken = await take(evaluations, evaluation, half, request, rows)
        if (taken.outcome !== 'taken') throw new Error(taken.outcome)
        t.same(taken.conflicts, [])
        counts.accepted += taken.accepted
        counts.replayed += taken.replayed
      }
    }
    t.same(counts, { accepted: 600, replayed: 2 * 60 * (1 + 2 + 3 + 4) - 2 * 60 })
    for (const { evaluations } of replicas) {
      t.equal(await reportOf(evaluations, 'jumps'), JSON.stringify(evaluate(request)))
    }
  })

  test(`${kind}: what came while the clock was set back is not forgotten earlier than what came before`, async (t) => {
    const clock = { now: start }
    const [{ store, evaluations }] = await replicasOn(t, await urlOf(), clock, 1)
    const request = classRows(4)
    const evaluation = await declare(evaluations, 'back', declaredAs(request))
    const send = (half: Half, rows: readonly number[]) => take(evaluations, evaluation, half, request, rows)
    await send('predictions', [0])
    clock.now -= 20 * hour
    t.match(await send('predictions', [1, 2]), { accepted: 2 })
    t.match(await send('labels', [1]), { joined: 1 })
    t.equal((await found(evaluations, 'back')).stored.updatedAt, start)
    clock.now = start + 24 * hour - 1
    t.same(await store.sweepHalves(), { expired: 0, isMore: false })
    t.match(await send('predictions', [0, 1]), { replayed: 2 }, 'what waits, and what has joined')
    t.match(await send('labels', [1, 2]), { joined: 1, replayed: 1 })
    t.equal((await found(evaluations, 'back')).stored.updatedAt, clock.now)
  })

  test(`${kind}: so many halves may wait, and what is deleted or sealed takes none`, async (t) => {
    const [{ store, evaluations }] = await replicasOn(t, await urlOf(), { now: start }, 1)
    const request = classRows(6)
    const evaluation = await declare(evaluations, 'few', declaredAs(request))
    t.match(await take(evaluations, evaluation, 'predictions', request, [0, 1], undefined, 2), { accepted: 2 })
    t.same(await take(evaluations, evaluation, 'labels', request, [1, 2], undefined, 2), { outcome: 'crowded' })
    t.match(await take(evaluations, evaluation, 'labels', request, [1], undefined, 2), { joined: 1 })
    t.match((await found(evaluations, 'few')).stored, { waitingPredictions: 1, waitingLabels: 0, batches: 1 })
    await store.change('ann', 'few', { seals: true })
    t.same(await take(evaluations, evaluation, 'labels', request, [0]), { outcome: 'sealed' })
    await evaluations.delete('ann', 'few')
    t.same(await take(evaluations, evaluation, 'labels', request, [0]), { outcome: 'gone' })
    while (await store.sweep());
    t.same(await store.readHalves(evaluation.stored, ['srow-0', 'srow-1']), [])
  })
}
