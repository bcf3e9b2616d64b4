import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'tap'
import type { Evaluation, Store } from '../../src/database/store.ts'
import { KnownGroups } from '../../src/evaluations/known-groups.ts'
import { PeriodTotals } from '../../src/evaluations/period-totals.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { classRows, declare, declaredFor, newTask, storeOf } from './evaluations.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const mebibyte = 2 ** 20

/** The least of some looks: what was collected is given back by another thread, a little later. */
async function memory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < 4; look++) {
    collect()
    await sleep(20)
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    least = Math.min(least, heapUsed + arrayBuffers)
  }
  return least
}

/** An evaluation without batches, as the store has it. */
function storedAs(id: number, declaration: string): Evaluation {
  const incarnation = id.toString(16).padStart(32, '0')
  // what else is stored does not matter where this is used
  return { id, incarnation, declaration, batches: 0, digest: null } as Evaluation
}

function written(options: object): string {
  return JSON.stringify({
    options: { loss: 'cross-entropy', labelFormat: 'index', ...options },
    outputs: 90_000,
    metadata: {},
  })
}

const manyWeights = { classWeights: new Array(90_000).fill(1) }

const declarations: Readonly<Record<string, { readonly options: object; readonly count: number }>> = {
  'many weights': { options: manyWeights, count: 200 },
  'few options': { options: {}, count: 100_000 },
}

for (const [what, { options, count }] of Object.entries(declarations)) {
  test(`however many declarations with ${what} there are, those that are remembered take less than 60 MiB`, async (t) => {
    const evaluations = new Evaluations(await storeOf(t), new Scheduler())
    const declaration = written(options)
    const before = await memory()
    for (let id = 1; id <= count; id++) evaluations.open(storedAs(id, declaration))
    const taken = ((await memory()) - before) / mebibyte
    t.ok(taken < 60, `${taken.toFixed()} MiB`)
    t.ok(taken > 1, 'some are remembered')
    // it is not collected before
    await evaluations.ping()
  })
}

test('totals are remembered with the declarations that they hold, and no answers that were made of them', async (t) => {
  const evaluations = new Evaluations(await storeOf(t), new Scheduler())
  const declaration = written(manyWeights)
  const before = await memory()
  for (let id = 1; id <= 200; id++) {
    const found = evaluations.open(storedAs(id, declaration))
    await evaluations.report(found, newTask(), async () => new Array(90_000).fill(1))
  }
  const taken = ((await memory()) - before) / mebibyte
  t.ok(taken < 80, `${taken.toFixed()} MiB`)
  await evaluations.ping()
})

test('however long the keys of groups are, those that are remembered take less than 40 MiB', async (t) => {
  const known = new KnownGroups()
  const states = (id: number) =>
    new Map(Array.from({ length: 1000 }, (_, at) => [`${id} ${at} ${'x'.repeat(240)}`, undefined]))
  const before = await memory()
  for (let id = 1; id <= 200; id++) {
    const batch = { spec: { groupBy: ['site'] }, groups: [states(id)] } as unknown as Parameters<
      KnownGroups['check']
    >[1]
    await known.check(storedAs(id, ''), batch, 1000, async () => [])
  }
  const taken = ((await memory()) - before) / mebibyte
  t.ok(taken < 40, `${taken.toFixed()} MiB`)
  t.ok(taken > 1, 'some are remembered')
  let asked = 0
  const isAsked = async () => {
    asked++
    return []
  }
  const batch = { spec: {}, groups: [states(200)] } as unknown as Parameters<KnownGroups['check']>[1]
  await known.check(storedAs(200, ''), batch, 1000, isAsked)
  t.equal(asked, 0, 'the last one is remembered')
})

test('the totals of windows that there is no room for are collected', async (t) => {
  const evaluations = new Evaluations(await storeOf(t), new Scheduler())
  const { stored, batches } = await declare(evaluations, 'run', declaredFor(classRows(1), 3, { window: 'hour' }))
  const store = {
    async *windowParts() {
      yield [{ start: 0 }]
    },
    lastWindow: async () => 0,
    listBatches: async () => [{ digest: 'd' }],
  } as unknown as Store
  const periods = new PeriodTotals(1)
  const read = async () => {
    const head = { ...stored, batches: 256, digest: 'd' }
    const never = { from: 0, to: 0, most: 1 }
    await periods.total({ ...batches, store }, 'hour', never, head, newTask())
    return new WeakRef(head)
  }
  const tree = await read()
  // to look at it keeps it until the turn of the event loop ends
  await memory()
  t.ok(tree.deref() === undefined)
  // they are not collected before
  await periods.total(batches, undefined, { from: 0, to: 0, most: 1 }, { batches: 0, digest: null }, newTask())
})
