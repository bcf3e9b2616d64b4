import { test } from 'tap'
import type { Store } from '../../src/database/store.ts'
import { comparisonOf } from '../../src/evaluations/comparison.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import type { Request } from '../loss/support.ts'
import { stateOf, tallyBytes } from '../loss/support.ts'
import {
  altered,
  classRows,
  cutAt,
  declare,
  declaredFor,
  found,
  newTask,
  owner,
  put,
  storeOf,
  together,
} from './evaluations.ts'
import { sweepAll } from './support.ts'

/** The same labels and weights, with the predictions of another model. */
function otherModel(request: Request): Request {
  const predictions = (request.predictions as number[][]).map(([a, b, c]) => [b, c, a])
  return { ...request, predictions }
}

async function evaluationsOf(t: { after(release: () => Promise<void>): unknown }, url?: string) {
  const store = await storeOf(t, url)
  return { store, evaluations: new Evaluations(store, new Scheduler()) }
}

async function stored(evaluations: Evaluations, name: string, requests: readonly Request[], first = 0) {
  const evaluation = await declare(evaluations, name, declaredFor(requests[0], 3))
  await put(evaluations, evaluation, requests, first)
  return found(evaluations, name)
}

/** The standard error over batches, in ordinary arithmetic. */
function expected(one: readonly Request[], other: readonly Request[]) {
  const pairs = one.map((request, at) => {
    const [x, y] = [request, other[at]].map((each) => numbersOf(each))
    return { d: x.loss - y.loss, w: x.weight }
  })
  const total = pairs.reduce((sum, { w }) => sum + w, 0)
  const mean = pairs.reduce((sum, { d }) => sum + d, 0) / total
  const spread = pairs.reduce((sum, { d, w }) => sum + (d - mean * w) ** 2, 0)
  const m = pairs.length
  return { mean, standardError: Math.sqrt((m / (m - 1)) * spread) / total }
}

function numbersOf(request: Request): { loss: number; weight: number } {
  const { loss, weight } = stateOf(request).tally
  const double = ({ mantissa, exponent }: typeof loss) => Number(mantissa) * 2 ** exponent
  return { loss: double(loss), weight: double(weight) }
}

function areNear(found: number | null, wanted: number): boolean {
  return found !== null && Math.abs(found - wanted) <= 1e-12 * Math.abs(wanted)
}

test('batches of one name and the same labels are paired, whichever evaluation has more', async (t) => {
  const { store, evaluations } = await evaluationsOf(t)
  const requests = cutAt(classRows(90), (at) => (at % 3) + 1)
  const others = requests.map(otherModel)
  // b0 to b19 in one, b5 to b44 in the other, whose b7 has other labels
  const one = await stored(evaluations, 'one', requests.slice(0, 20))
  const wrong = others
    .slice(5)
    .with(2, { ...others[7], labels: (others[7].labels as number[]).map((label) => (label + 1) % 3) })
  const other = await stored(evaluations, 'other', wrong, 5)
  const paired = [5, 6, ...Array.from({ length: 12 }, (_, at) => 8 + at)]
  const [mine, theirs] = [paired.map((at) => requests[at]), paired.map((at) => others[at])]
  const comparison = await comparisonOf(store, one, other, newTask())
  t.same(comparison.batches, { paired: 14, onlyPredictions: 5, onlyBaseline: 25, labelsDiffer: 1 })
  t.equal(tallyBytes(comparison.predictions), tallyBytes(stateOf(together(mine)).tally))
  t.equal(tallyBytes(comparison.baseline), tallyBytes(stateOf(together(theirs)).tally))
  const { mean, standardError } = expected(mine, theirs)
  t.ok(areNear(comparison.difference.loss, mean))
  t.ok(areNear(comparison.difference.standardError, standardError))
  const { difference, ...back } = await evaluations.compare(other, one, newTask())
  t.same(back, {
    predictions: comparison.baseline,
    baseline: comparison.predictions,
    batches: { paired: 14, onlyPredictions: 25, onlyBaseline: 5, labelsDiffer: 1 },
  })
  t.same(
    [difference.loss, difference.standardError],
    [-Number(comparison.difference.loss), comparison.difference.standardError],
  )
})

test('infinite losses say so, and one pair has no standard error', async (t) => {
  const { store, evaluations } = await evaluationsOf(t)
  const never: Request = { ...classRows(1), logPolicy: 'exact', predictions: [[0, 0.5, 0.5]], labels: [0] }
  const sure: Request = { ...never, predictions: [[1, 0, 0]] }
  const [one, other, third] = [
    await stored(evaluations, 'one', [never]),
    await stored(evaluations, 'other', [sure]),
    await stored(evaluations, 'third', [never]),
  ]
  t.match((await comparisonOf(store, one, other, newTask())).difference, { loss: null, lossStatus: 'infinite' })
  t.match((await comparisonOf(store, one, third, newTask())).difference, { loss: null, lossStatus: 'undefined' })
  t.match((await comparisonOf(store, other, other, newTask())).difference, {
    loss: 0,
    standardError: null,
    interval: null,
  })
})

test('each page has its time, and bytes that are no state, or no evaluation, are told', async (t) => {
  const { store, evaluations } = await evaluationsOf(t)
  const one = await stored(
    evaluations,
    'one',
    cutAt(classRows(3), () => 1),
  )
  const pages = (state: Uint8Array): Store['pairs'] =>
    async function* () {
      yield [{ name: 'b0', states: [state, state] as const }]
    }
  await t.rejects(comparisonOf(altered(store, { pairs: pages(Buffer.alloc(10)) }), one, one, newTask()), {
    name: 'StoreUnavailable',
  })
  const task = new Scheduler().task(0, () => new Error('overtime'))
  t.match((await comparisonOf(store, one, one, task)).batches, { paired: 3 })
  await evaluations.delete(owner, 'one')
  await sweepAll(store)
  await t.rejects(comparisonOf(store, one, one, newTask()), { name: 'EvaluationGone' })
})
