import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { EvaluationGone, StoreUnavailable } from '../../src/database/errors.ts'
import type { Store } from '../../src/database/store.ts'
import { blockBatches } from '../../src/evaluations/block-ranges.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { eventually } from '../eventually.ts'
import { problemsWithSections } from '../loss/problems.ts'
import type { Request } from '../loss/support.ts'
import { evaluate } from '../loss/support.ts'
import { listener } from '../support.ts'
import {
  altered,
  byRow,
  classRows,
  cutAt,
  declare,
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

interface Scope {
  after(release: () => Promise<void>): unknown
}

function serviceOf(store: Store): Evaluations {
  return new Evaluations(store, new Scheduler())
}

/** Services of so many replicas on one file. */
async function replicasOf(t: Scope, count: number): Promise<{ services: Evaluations[]; stores: Store[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(async () => rmSync(folder, { recursive: true }))
  const stores: Store[] = []
  for (let replica = 0; replica < count; replica++) stores.push(await storeOf(t, `sqlite:${join(folder, 'store')}`))
  return { services: stores.map(serviceOf), stores }
}

/** What one evaluation of all rows answers, as JSON. */
function wanted(request: Request): string {
  return JSON.stringify(evaluate(request))
}

/** The same, put in an order that some numbers decide. */
function shuffled<Item>(items: readonly Item[], next: () => number): Item[] {
  const left = [...items]
  return items.map(() => left.splice(next() % left.length, 1)[0])
}

test('any rows cut anywhere, in any order, through any replica, report as one evaluation of all', async (t) => {
  const { services } = await replicasOf(t, 3)
  let runs = 0
  const picks = fc.infiniteStream(fc.nat({ max: 1000 }))
  const property = fc.asyncProperty(problemsWithSections, picks, async (request, pick) => {
    const next = () => pick.next().value ?? 0
    const name = `run-${runs++}`
    const declared = declaredFor(request, (request.predictions as number[][])[0].length)
    await Promise.all(services.map((service) => declare(service, name, declared)))
    const batches = shuffled(
      cutAt(request, () => 1 + (next() % 3)).map((batch, at) => ({ batch, name: `b${at}` })),
      next,
    )
    const puts = batches.flatMap((batch) => {
      // some are sent twice, at the same time, to different replicas
      const copies = next() % 3 === 0 ? 2 : 1
      return Array.from({ length: copies }, async () => {
        const service = services[next() % services.length]
        const evaluation = await found(service, name)
        const [result] = await service.put(evaluation, [evaluated(evaluation, batch.name, batch.batch)])
        return result.outcome
      })
    })
    const outcomes = await Promise.all(puts)
    const committed = outcomes.filter((outcome) => outcome === 'committed').length
    if (committed !== batches.length) return false
    const reports = await Promise.all(services.map((service) => reportOf(service, name)))
    return reports.every((report) => report === wanted(request))
  })
  await fc.assert(property, { seed: 61, numRuns: 60 })
})

test('replicas that take turns report every batch acknowledged before, bit for bit, over many blocks', async (t) => {
  const rows = classRows(1500)
  const requests = cutAt(rows, (at) => 1 + (at % 3))
  const { services, stores } = await replicasOf(t, 3)
  for (const service of services) await declare(service, 'run', declaredFor(rows, 3))
  let at = 0
  for (let round = 0; at < requests.length; round++) {
    const size = [1, 130, 7, 60, 299][round % 5]
    const service = services[round % 3]
    const batches = requests.slice(at, at + size)
    await put(service, await found(service, 'run'), batches, at)
    at += batches.length
    const reader = services[(round + 1) % 3]
    t.equal(await reportOf(reader, 'run'), wanted(together(requests.slice(0, at))), `${at} batches`)
  }
  for (const service of services) t.equal(await reportOf(service, 'run'), wanted(rows))
  const { stored } = await found(services[0], 'run')
  t.match(stored, { batches: requests.length, samples: 1500 })
  t.equal((await stores[0].folds(stored, 0, 99)).length, Math.floor(requests.length / blockBatches))
  t.equal(await reportOf(serviceOf(stores[2]), 'run'), wanted(rows), 'and so does one that has just started')
})

test('evaluations are compared over the batches there were when they were found', async (t) => {
  const evaluations = serviceOf(await storeOf(t))
  const requests = byRow(classRows(5))
  for (const name of ['one', 'other']) {
    await put(evaluations, await declare(evaluations, name, declaredFor(requests[0], 3)), requests.slice(0, 3))
  }
  const [one, other] = [await found(evaluations, 'one'), await found(evaluations, 'other')]
  for (const evaluation of [one, other]) await put(evaluations, evaluation, requests.slice(3), 3)
  const compared = await evaluations.compare(one, other, newTask())
  t.match(compared, {
    predictions: { samples: 3 },
    difference: { loss: 0 },
    batches: { paired: 3, onlyPredictions: 0 },
  })
})

test('a batch goes to what its name stands for now, and the store is asked only where that is not known', async (t) => {
  const { services, stores } = await replicasOf(t, 2)
  let finds = 0
  const counting = altered(stores[0], {
    find(owner, name) {
      finds++
      return stores[0].find(owner, name)
    },
  })
  const [service, other] = [serviceOf(counting), services[1]]
  const request = classRows(1)
  const wide = { ...request, predictions: [[0.1, 0.2, 0.3, 0.4]] }
  /** Puts a row of three outputs or of four, as declared. */
  const putRow = (name: string) =>
    service.withRemembered(owner, 'run', async (evaluation) => {
      const batch = evaluated(evaluation, name, evaluation.declared.outputs === 3 ? request : wide)
      const [{ outcome }] = await service.put(evaluation, [batch])
      if (outcome !== 'committed') throw new Error(outcome)
      return evaluation.declared.outputs
    })
  t.equal(await putRow('a'), undefined, 'there is none')
  await declare(other, 'run', declaredFor(request, 3))
  t.equal(await putRow('a'), 3)
  t.equal(finds, 2)
  t.equal(await putRow('b'), 3)
  t.equal(finds, 2, 'it is remembered')
  await t.rejects(
    service.withRemembered(owner, 'run', () => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
  t.equal(finds, 3, 'it may have been another')
  await other.delete(owner, 'run')
  await declare(other, 'run', declaredFor(wide, 4))
  t.equal(await putRow('c'), 4, 'what was declared anew elsewhere')
  t.equal(await putRow('d'), 4)
  t.equal(finds, 4)
  await other.change(owner, 'run', { seals: true })
  await t.rejects(putRow('e'), { message: 'sealed' })
  await other.delete(owner, 'run')
  t.equal(await putRow('f'), undefined)
  t.equal(await putRow('f'), undefined, 'nor is it there later')
  const down = () => Promise.reject(new StoreUnavailable('out-of-reach'))
  const before = finds
  await declare(service, 'run', declaredFor(request, 3))
  await t.rejects(service.withRemembered(owner, 'run', down), { name: 'StoreUnavailable' })
  t.equal(finds, before, 'a store that is out of reach is not asked once more')
  await service.delete(owner, 'run')
  t.equal(await service.withRemembered(owner, 'run', down), undefined, 'what was deleted here is not remembered')
})

test('blocks are folded in the background, once, while a report need not wait', async (t) => {
  const store = await storeOf(t)
  let folded = 0
  const counting = altered(store, {
    async putFolds(id, folds) {
      await store.putFolds(id, folds)
      folded += folds.length
    },
  })
  const service = serviceOf(counting)
  const rows = classRows(3 * blockBatches + 5)
  const evaluation = await declare(service, 'run', declaredFor(rows, 3))
  const batches = byRow(rows)
  // the first block is of two replicas
  await put(serviceOf(store), evaluation, batches.slice(0, 1))
  await put(service, evaluation, batches.slice(1), 1)
  t.ok(await eventually(() => folded === 3))
  const folds = await store.folds(evaluation.stored, 0, 9)
  t.same(
    folds.map(({ slot, last }) => [slot, last]),
    [
      [0, 128],
      [1, 256],
      [2, 384],
    ],
  )
  t.equal(await reportOf(service, 'run'), wanted(rows))
  t.equal(folded, 3)
})

test('blocks of batches without sections that one replica stored are folded without reading them', async (t) => {
  const store = await storeOf(t)
  const read: (number | undefined)[] = []
  let folded = 0
  const watched = altered(store, {
    async putFolds(id, folds) {
      await store.putFolds(id, folds)
      folded += folds.length
    },
    states(id, after, last) {
      read.push(after?.batches)
      return store.states(id, after, last)
    },
  })
  const service = serviceOf(watched)
  const { include: _, ...rows } = classRows(3 * blockBatches)
  const evaluation = await declare(service, 'run', declaredFor(rows, 3))
  const batches = byRow(rows)
  await put(service, evaluation, batches.slice(0, 200))
  // the second block is of two replicas
  await put(serviceOf(store), evaluation, batches.slice(200, 201), 200)
  await put(service, evaluation, batches.slice(201), 201)
  t.ok(await eventually(() => folded === 3))
  t.same(read, [blockBatches])
  t.equal(await reportOf(service, 'run'), wanted(rows))
})

test('a fold in the background that fails is made up for by the next report', async (t) => {
  const store = await storeOf(t)
  let isDown = true
  let tries = 0
  const failing = altered(store, {
    states(id, after, last) {
      tries++
      if (isDown) throw new StoreUnavailable('out-of-reach')
      return store.states(id, after, last)
    },
  })
  const service = serviceOf(failing)
  const rows = classRows(blockBatches + 1)
  const evaluation = await declare(service, 'run', declaredFor(rows, 3))
  const [first, ...others] = byRow(rows)
  // so that this replica has not all states of the block at hand
  await put(serviceOf(store), evaluation, [first])
  await put(service, evaluation, others, 1)
  await t.rejects(reportOf(service, 'run'), { name: 'StoreUnavailable', reason: 'out-of-reach' })
  t.ok(tries > 0)
  isDown = false
  t.equal(await reportOf(service, 'run'), wanted(rows))
  t.equal((await store.folds(evaluation.stored, 0, 9)).length, 1)
})

test('a fold that fails is counted, and logged once an outage, or once for each kind where the store is not to blame', async (t) => {
  const store = await storeOf(t)
  const full = new StoreUnavailable('disk-full')
  const type = new TypeError('x')
  const fates = [full, full, undefined, full, new EvaluationGone(), type, type, full]
  let tries = 0
  const failing = altered(store, {
    async putFolds() {
      const error = fates[tries++]
      if (error !== undefined) throw error
    },
  })
  const { lines, logger } = listener()
  let failed = 0
  const counts = { declared() {}, put() {}, joined() {}, foldFailed: () => failed++ }
  const service = new Evaluations(failing, new Scheduler(), counts, logger)
  const { include: _, ...rows } = classRows(blockBatches * fates.length)
  await put(service, await declare(service, 'run', declaredFor(rows, 3)), byRow(rows))
  t.ok(await eventually(() => tries === fates.length && failed === 6))
  t.match(
    lines.map((line) => JSON.parse(line)),
    [
      { level: 40, msg: 'batches cannot be folded', err: { reason: 'disk-full' } },
      { level: 30, msg: 'batches can be folded again' },
      { level: 40, msg: 'batches cannot be folded', err: { reason: 'disk-full' } },
      { level: 50, msg: 'batches cannot be folded', err: { type: 'TypeError', message: 'x' } },
    ],
  )
  t.equal(lines.length, 4)
  t.equal(await reportOf(service, 'run'), wanted(rows), 'reports go on')
})

test('a fold in the background that cannot read its batches is logged, too', async (t) => {
  const store = await storeOf(t)
  const failing = altered(store, {
    folds() {
      throw new RangeError('wrong slot')
    },
  })
  const { lines, logger } = listener()
  const service = new Evaluations(failing, new Scheduler(), undefined, logger)
  const rows = classRows(blockBatches)
  await put(service, await declare(service, 'run', declaredFor(rows, 3)), byRow(rows))
  t.ok(await eventually(() => lines.length > 0))
  t.match(JSON.parse(lines[0]), { err: { message: 'wrong slot' } })
})

test('declarations are kept read, as far as there is room', async (t) => {
  const service = serviceOf(await storeOf(t))
  const small = await declare(service, 'small', declaredFor(classRows(1), 3))
  t.equal((await found(service, 'small')).declared, small.declared)
  const metadata = { text: 'x'.repeat(2 ** 22) }
  for (let at = 0; at < 4; at++) await declare(service, `large-${at}`, declaredFor(classRows(1), 3, { metadata }))
  const again = await found(service, 'small')
  t.not(again.declared, small.declared)
  t.same(again.declared, small.declared)
})
