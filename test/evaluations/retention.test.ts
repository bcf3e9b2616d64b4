import { spawnSync } from 'node:child_process'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import { test } from 'tap'
import type { Store } from '../../src/database/store.ts'
import { sweepRegularly } from '../../src/evaluations/retention.ts'
import { auditExpiry } from '../../src/routes/evaluations/audit.ts'
import { listener } from '../support.ts'
import { altered, storeOf } from './evaluations.ts'

const minute = 60_000
const day = 86_400_000

function ignore(): void {}

/** A store without halves of rows, which answers at once. */
const noHalves: Pick<Store, 'sweepHalves' | 'countWaiting'> = {
  sweepHalves: async () => ({ expired: 0, isMore: false }),
  countWaiting: async () => ({ predictions: 0, labels: 0 }),
}

/** A store that has nothing to delete, and what it was asked to delete: all before those times. */
async function sweptStore(
  t: Test,
): Promise<{ readonly store: Store; readonly calls: readonly (number | undefined)[] }> {
  const calls: (number | undefined)[] = []
  const store = altered(await storeOf(t), {
    ...noHalves,
    async sweep(before) {
      calls.push(before)
      return false
    },
  })
  return { store, calls }
}

/** Lets everything happen that is due. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

test('every minute sweeps in small steps, what is older than the days that are kept', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 100 * day })
  t.teardown(() => mock.timers.reset())
  const calls: (number | undefined)[] = []
  let left = 3
  const store = altered(await storeOf(t), {
    ...noHalves,
    async sweep(before) {
      calls.push(before)
      return --left > 0
    },
  })
  const end = sweepRegularly(store, 30, (error) => t.fail(String(error)))
  mock.timers.tick(minute - 1)
  await settled()
  t.same(calls, [])
  mock.timers.tick(1)
  await settled()
  t.same(calls, new Array(3).fill(70 * day + minute), 'until nothing is left to do')
  left = 1
  mock.timers.tick(minute)
  await settled()
  t.same(calls.slice(3), [70 * day + 2 * minute])
  end()
  mock.timers.tick(10 * minute)
  await settled()
  t.equal(calls.length, 4)
})

test('each evaluation that expires is logged', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 100 * day })
  t.teardown(() => mock.timers.reset())
  const store = await storeOf(t)
  const declaration = { declaration: '{}', expectedBatches: null, expectedSamples: null }
  await store.declare('ann', 'old', declaration)
  await store.declare('', 'of no owner', declaration)
  mock.timers.setTime(129 * day)
  await store.declare('ann', 'new', declaration)
  const { lines, logger } = listener()
  const swept = Promise.withResolvers<void>()
  const counts = { expired: ignore, swept: ignore, waiting: () => swept.resolve() }
  const end = sweepRegularly(store, 30, (error) => t.fail(String(error)), counts, auditExpiry(logger))
  mock.timers.setTime(131 * day)
  // an hour is waited whether it was right to set the clock forward
  for (let round = 0; round <= 60; round++) {
    mock.timers.tick(minute)
    await settled()
  }
  await swept.promise
  end()
  t.match(
    lines.map((line) => JSON.parse(line)),
    [
      { level: 30, audit: 'expire', owner: 'ann', evaluation: 'old', msg: 'an evaluation has expired' },
      { level: 30, audit: 'expire', owner: undefined, evaluation: 'of no owner' },
    ],
  )
  t.equal(lines.length, 2)
})

test('nothing is deleted for an hour after the clock was set forward, unless it was set back meanwhile', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  let now = 100 * day
  const clock = mock.method(Date, 'now', () => now)
  t.teardown(() => {
    mock.timers.reset()
    clock.mock.restore()
  })
  const { store, calls } = await sweptStore(t)
  const end = sweepRegularly(store, 30, (error) => t.fail(String(error)))
  const pass = async (minutes: number) => {
    for (let passed = 0; passed < minutes; passed++) {
      now += minute
      mock.timers.tick(minute)
      await settled()
    }
  }
  await pass(1)
  t.same(calls, [70 * day + minute])
  now = 500 * day
  await pass(60)
  t.equal(calls.length, 1)
  await pass(2)
  t.same(calls.slice(1), [470 * day + 61 * minute, 470 * day + 62 * minute])
  now = 900 * day
  await pass(10)
  t.equal(calls.length, 3)
  now = 501 * day
  await pass(2)
  t.same(calls.slice(3), [471 * day + minute, 471 * day + 2 * minute])
  end()
})

test('a retention of 0 days expires nothing', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { store, calls } = await sweptStore(t)
  const end = sweepRegularly(store, 0, ignore)
  mock.timers.tick(minute)
  await settled()
  t.same(calls, [undefined])
  end()
})

test('a sweep that fails is told of, and tried again a minute later', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let calls = 0
  const store = altered(await storeOf(t), {
    ...noHalves,
    async sweep() {
      calls++
      throw new Error(`no. ${calls}`)
    },
  })
  const failures: unknown[] = []
  const end = sweepRegularly(store, 1, (error) => failures.push(error))
  for (let round = 0; round < 2; round++) {
    mock.timers.tick(minute)
    await settled()
  }
  t.same(failures.map(String), ['Error: no. 1', 'Error: no. 2'])
  mock.timers.tick(minute)
  end()
  await settled()
  t.equal(calls, 3)
  t.equal(failures.length, 2, 'after the end nobody is told')
})

test('it ends between two steps', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let calls = 0
  const store = altered(await storeOf(t), {
    ...noHalves,
    async sweep() {
      if (++calls === 2) end()
      return true
    },
  })
  const end = sweepRegularly(store, 1, ignore)
  mock.timers.tick(minute)
  await settled()
  mock.timers.tick(10 * minute)
  await settled()
  t.equal(calls, 2)
})

test('it is told when nothing is left to be deleted: at the start, and after each sweep that did not fail', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let fails = true
  const store = altered(await storeOf(t), {
    ...noHalves,
    async sweep() {
      if (fails) throw new Error('locked')
      return false
    },
  })
  let swept = 0
  const end = sweepRegularly(store, 1, ignore, { expired: ignore, waiting: ignore, swept: () => swept++ })
  t.equal(swept, 1)
  mock.timers.tick(minute)
  await settled()
  t.equal(swept, 1)
  fails = false
  mock.timers.tick(minute)
  await settled()
  t.equal(swept, 2)
  end()
})

test('it does not keep the process alive, neither before the first sweep nor after one', async (t) => {
  const source = new URL('../../src/evaluations/retention.ts', import.meta.url).href
  const imported = `import { sweepRegularly } from ${JSON.stringify(source)}`
  const before = `${imported}; sweepRegularly({}, 30, () => {})`
  // a minute is a millisecond, and the process stays until the second sweep
  const after = `${imported}
    const setReal = setTimeout
    globalThis.setTimeout = (run) => setReal(run, 1)
    const stay = setReal(() => {}, 60_000)
    let sweeps = 0
    const sweep = async () => {
      if (++sweeps === 2) clearTimeout(stay)
      return false
    }
    sweepRegularly({ sweep }, 30, () => {})
    process.on('exit', () => console.log(sweeps))`
  for (const [script, output] of [
    [before, ''],
    [after, '2\n'],
  ]) {
    const options = { timeout: 30_000, encoding: 'utf8' } as const
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], options)
    t.same([status, stdout], [0, output])
  }
})
