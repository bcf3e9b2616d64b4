import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { Evaluations } from '../../src/evaluations/service.ts'
import type { ShownFigures } from '../../src/evaluations/shown.ts'
import { showRegularly } from '../../src/evaluations/shown.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { evaluate } from '../loss/support.ts'
import {
  altered,
  byRow,
  classRows,
  declare,
  declaredFor,
  evaluated,
  found,
  newTask,
  storeOf,
  together,
} from './evaluations.ts'

const hour = 3_600_000
const rows = byRow(classRows(9))

function figuresOf(some: typeof rows) {
  const { loss, lossStatus, accuracy } = evaluate(together(some))
  return { loss, lossStatus, accuracy }
}

test('the metrics show the last window that has begun, or all rows, of evaluations that ask for it', async (t) => {
  const store = await storeOf(t)
  const evaluations = new Evaluations(store, new Scheduler())
  const declared = declaredFor(classRows(9), 3)
  await declare(evaluations, 'all', { ...declared, metrics: true })
  await declare(evaluations, 'hourly', { ...declared, metrics: true, window: 'hour' })
  await declare(evaluations, 'empty', { ...declared, metrics: true, window: 'hour' })
  await declare(evaluations, 'quiet', declared)
  for (const name of ['all', 'hourly', 'quiet']) {
    const run = await found(evaluations, name)
    const windowed = rows.map((row, at) => ({
      ...evaluated(run, `b${at}`, row),
      window: name === 'hourly' ? (at % 3) * hour : null,
    }))
    await evaluations.put(run, windowed)
  }
  const ofAll = { owner: 'ann', evaluation: 'all', ...figuresOf(rows) }
  const hourly = (window: number) => ({
    owner: 'ann',
    evaluation: 'hourly',
    ...figuresOf(rows.filter((_, at) => at % 3 === window)),
  })
  t.same(await evaluations.shown(9, 3 * hour, newTask()), [ofAll, hourly(2)])
  t.same(await evaluations.shown(9, 2 * hour - 1, newTask()), [ofAll, hourly(1)])
  t.same(await evaluations.shown(1, 3 * hour, newTask()), [ofAll])
  const broken = altered(store, { lastWindow: async () => Promise.reject(new Error('no')) })
  t.same(await new Evaluations(broken, new Scheduler()).shown(9, 3 * hour, newTask()), [ofAll], 'what cannot be read')
})

test('they are looked at every ten seconds, and while the store is out of reach nothing is shown', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
  t.teardown(() => mock.timers.reset())
  const figure: ShownFigures = { owner: '', evaluation: 'a', loss: 1, lossStatus: 'finite', accuracy: null }
  const answers = [async () => [figure], async () => Promise.reject(new Error('out of reach')), async () => [figure]]
  const shown: (readonly ShownFigures[])[] = []
  const end = showRegularly({ shown: () => (answers.shift() ?? answers[0])() }, new Scheduler(), (figures) =>
    shown.push(figures),
  )
  for (let round = 0; round < 3; round++) {
    if (round === 2) end()
    mock.timers.tick(10_000)
    for (let turn = 0; turn < 20; turn++) await setImmediate()
  }
  t.same(shown, [[figure], []])
})
