import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { test } from 'tap'
import type { Evaluation } from '../../src/database/store.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { storeOf } from './evaluations.ts'

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

const declarations: Readonly<Record<string, { readonly options: object; readonly count: number }>> = {
  'many weights': { options: { classWeights: new Array(90_000).fill(1) }, count: 200 },
  'few options': { options: {}, count: 100_000 },
}

for (const [what, { options, count }] of Object.entries(declarations)) {
  test(`however many declarations with ${what} there are, those that are remembered take less than 60 MiB`, async (t) => {
    const evaluations = new Evaluations(await storeOf(t), new Scheduler())
    const written = JSON.stringify({
      options: { loss: 'cross-entropy', labelFormat: 'index', ...options },
      outputs: 90_000,
      metadata: {},
    })
    const before = await memory()
    for (let id = 1; id <= count; id++) {
      const incarnation = id.toString(16).padStart(32, '0')
      evaluations.open({ id, incarnation, declaration: written } as Evaluation)
    }
    const taken = ((await memory()) - before) / mebibyte
    t.ok(taken < 60, `${taken.toFixed()} MiB`)
    t.ok(taken > 1, 'some are remembered')
    // it is not collected before
    await evaluations.ping()
  })
}
