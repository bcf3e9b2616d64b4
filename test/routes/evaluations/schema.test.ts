import { test } from 'tap'
import {
  batchesQuery,
  batchName,
  comparisonQuery,
  curveQuery,
  declaration,
  eventsQuery,
  listQuery,
  namedBatch,
  sealRequest,
} from '../../../src/routes/evaluations/schema.ts'

test('queries have numbers in bounds, and defaults', async (t) => {
  t.same(listQuery.parse({}), { limit: 100 })
  t.same(listQuery.parse({ prefix: 'run-', after: '7', limit: '1000' }), { prefix: 'run-', after: 7, limit: 1000 })
  t.same(batchesQuery.parse({ after: '0' }), { after: 0, limit: 100 })
  t.same(curveQuery.parse({}), { points: 200 })
  t.same(eventsQuery.parse({}), {})
  t.same(comparisonQuery.parse({ with: 'run-6' }), { with: 'run-6' })
  const wrong: [{ safeParse(value: unknown): { success: boolean } }, object][] = [
    [listQuery, { after: '0' }],
    [listQuery, { limit: '1e9' }],
    [listQuery, { limit: '' }],
    [listQuery, { prefix: 'a b' }],
    [listQuery, { prefix: 'x'.repeat(129) }],
    [batchesQuery, { after: '1.5' }],
    [curveQuery, { points: '0' }],
    [eventsQuery, { after: 'x' }],
    [comparisonQuery, {}],
    [comparisonQuery, { with: 'a/b' }],
    [eventsQuery, { typo: '1' }],
  ]
  for (const [schema, query] of wrong) t.equal(schema.safeParse(query).success, false, JSON.stringify(query))
})

test('names have 1 to 128 characters that need no escape', async (t) => {
  for (const name of ['a', '.', '..', 'A-z_0~9', 'x'.repeat(128)]) t.ok(batchName.safeParse(name).success, name)
  for (const name of ['', 'a/b', 'a b', 'ä', 'x'.repeat(129), 7, null, 'a\n']) {
    t.notOk(batchName.safeParse(name).success, String(name))
  }
})

test('bodies have the fields that are named, and no others', async (t) => {
  const declared = { loss: 'mse', labelFormat: 'values', outputs: 1, metadata: { a: 'b' }, expectedBatches: 0 }
  t.same(declaration.parse(declared), declared)
  for (const more of [{ predictions: [] }, { outputs: 2 ** 18 + 1 }, { expectedSamples: -1 }, { metadata: [] }]) {
    t.notOk(declaration.safeParse({ ...declared, ...more }).success, JSON.stringify(more))
  }
  t.notOk(declaration.safeParse({ ...declared, metadata: { a: 'x'.repeat(1025) } }).success)
  t.ok(sealRequest.safeParse({ status: 'sealed' }).success)
  t.notOk(sealRequest.safeParse({ status: 'open' }).success)
  const { error } = namedBatch.safeParse({ batch: 'a', predictoins: [] })
  t.match(error?.issues.map(({ message }) => message).join(), 'did you mean "predictions"?')
})
