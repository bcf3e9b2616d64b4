import { test } from 'tap'
import type { CurvePoint } from '../../src/evaluations/curve.ts'
import { curveOf } from '../../src/evaluations/curve.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import type { Request } from '../loss/support.ts'
import { evaluate } from '../loss/support.ts'
import {
  altered,
  classRows,
  cutAt,
  declare,
  declaredFor,
  headAt,
  newTask,
  put,
  storeOf,
  together,
} from './evaluations.ts'

/** The curve as it follows from the rows: groups of a size, each evaluated at once, and all up to its end. */
function expectedCurve(batches: readonly Request[], size: number, times: readonly number[]): CurvePoint[] {
  const points = Math.ceil(batches.length / size)
  return Array.from({ length: points }, (_, point) => {
    const [from, to] = [point * size, Math.min((point + 1) * size, batches.length)]
    return {
      fromSequence: from + 1,
      toSequence: to,
      createdAt: times[to - 1],
      ...figuresOf(batches.slice(from, to)),
      cumulative: figuresOf(batches.slice(0, to)),
    }
  })
}

function figuresOf(batches: readonly Request[]) {
  const { samples, loss, lossStatus, accuracy, standardError } = evaluate(together(batches))
  return { samples, loss, lossStatus, accuracy, standardError }
}

async function stored(t: { after(release: () => Promise<void>): unknown }, requests: readonly Request[]) {
  const store = await storeOf(t)
  const evaluations = new Evaluations(store, new Scheduler())
  const { batches } = await declare(evaluations, 'run', declaredFor(requests[0], 3))
  await put(evaluations, await declare(evaluations, 'run', declaredFor(requests[0], 3)), requests)
  const listed = await store.listBatches(batches.evaluation, { limit: 1000 })
  return { store, evaluations, batches, times: listed.map(({ createdAt }) => createdAt) }
}

test('every point is what its rows give, and so is all up to it', async (t) => {
  // batches of one, two and three rows
  const requests = cutAt(classRows(900), (at) => (at % 3) + 1)
  const { batches, times } = await stored(t, requests)
  const cases: [last: number, points: number, size: number][] = [
    [1, 1, 1],
    [10, 10, 1],
    [10, 9, 2],
    [127, 100, 2],
    [129, 33, 4],
    [300, 100, 4],
    [300, 5, 64],
    [300, 3, 128],
    [450, 2, 256],
    [450, 1, 512],
  ]
  for (const [last, points, size] of cases) {
    const curve = await curveOf(batches, await headAt(batches, last), points, newTask())
    t.strictSame(curve, expectedCurve(requests.slice(0, last), size, times), `${last} batches in ${points} points`)
    t.ok(curve.length <= points)
    t.equal(curve.at(-1)?.toSequence, last)
  }
})

test('long curves are read from blocks, not from their batches', async (t) => {
  const requests = cutAt(classRows(700), () => 1)
  const { store, batches, times } = await stored(t, requests)
  const before = await curveOf(batches, await headAt(batches, 700), 5, newTask())
  const asked: (number | undefined)[][] = []
  const watched = altered(store, {
    states(id, after, last) {
      asked.push([after?.batches, last])
      return store.states(id, after, last)
    },
  })
  t.strictSame(await curveOf({ ...batches, store: watched }, await headAt(batches, 700), 5, newTask()), before)
  t.same(asked, [[640, 700]])
  t.strictSame(before, expectedCurve(requests, 256, times))
})

test('groups without weight, and infinite losses, are null', async (t) => {
  const { batches } = await stored(t, [
    { ...classRows(1), logPolicy: 'exact', predictions: [[0, 1, 0]], labels: [0], sampleWeights: [1] },
    { ...classRows(1), logPolicy: 'exact', sampleWeights: [0] },
  ])
  const infinite = { loss: null, lossStatus: 'infinite', standardError: null }
  const nothing = { ...infinite, lossStatus: 'undefined' }
  t.match(await curveOf(batches, await headAt(batches, 2), 2, newTask()), [
    { ...infinite, samples: 1, accuracy: 0, cumulative: { ...infinite, samples: 1, accuracy: 0 } },
    { ...nothing, samples: 1, accuracy: null, cumulative: { ...infinite, samples: 2, accuracy: 0 } },
  ])
})
