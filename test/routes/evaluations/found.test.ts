import { test } from 'tap'
import { resolve } from '../../../src/loss/resolve.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { noEvaluation, stateOf, tallyOf, timeOf } from '../../../src/routes/evaluations/found.ts'
import { appOf } from '../../support.ts'
import { evaluationOf, foundOf, send, threeClasses } from './support.ts'

test('a name that is long or strange is quoted', async (t) => {
  t.equal(noEvaluation('run "7"').message, 'There is no evaluation "run \\"7\\"".')
  t.match(noEvaluation('x'.repeat(128)).message, `"${'x'.repeat(63)}…"`)
})

test('times are in UTC, and the retention counts from the last write', async (t) => {
  const stored = { name: 'a', status: 'open', batches: 2, createdAt: 0, updatedAt: 86_400_000 } as const
  const found = { ...foundOf(), stored: stored as never }
  const state = {
    evaluation: 'a',
    status: 'open',
    batches: 2,
    expectedBatches: undefined,
    expectedSamples: undefined,
    metadata: {},
    createdAt: '1970-01-01T00:00:00.000Z',
    updatedAt: '1970-01-02T00:00:00.000Z',
  }
  t.same(stateOf(found, 30), { ...state, expiresAt: '1970-02-01T00:00:00.000Z' })
  t.same(stateOf(found, 0), { ...state, expiresAt: null })
  t.equal(timeOf(1.5e12), '2017-07-14T02:40:00.000Z')
})

test('an evaluation knows its K before the first batch', async (t) => {
  t.same(tallyOf(emptyTally, 3), { ...emptyTally, outputs: 3 })
  const some = { ...emptyTally, samples: 2, outputs: 3 }
  t.equal(tallyOf(some, 3), some)
  t.equal(resolve({ loss: 'cross-entropy', labelFormat: 'index' }).decision, 'class')
})

test('an evaluation is found by its name, and a list shows its figures', async (t) => {
  const app = await appOf(t)
  await evaluationOf(app, 'found', { ...threeClasses, include: ['confusion'] })
  t.equal((await send(app, 'GET', '/Found')).status, 404)
  const { body } = await send(app, 'GET', '')
  const [entry] = (body as { evaluations: Record<string, unknown>[] }).evaluations
  t.match(entry, { evaluation: 'found', batches: 3, samples: 6, outputs: 3, lossStatus: 'finite' })
  t.equal(entry.loss, ((await send(app, 'GET', '/found')).body as { loss: number }).loss)
})
