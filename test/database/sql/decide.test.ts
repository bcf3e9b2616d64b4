import { test } from 'tap'
import type { Counts, StoredBatch } from '../../../src/database/sql/decide.ts'
import { decide } from '../../../src/database/sql/decide.ts'
import type { NewBatch } from '../../../src/database/store.ts'
import { batchOf } from '../../evaluations/support.ts'

const rules = { maxBatches: 3, now: 77 }
const counts = (id: number, status: 'open' | 'sealed', batches: number): Counts => ({
  id,
  status,
  batches,
  samples: 10,
})

function stored(batch: NewBatch, sequence: number): StoredBatch {
  const { state, labelsDigest, ...rest } = batch
  return { ...rest, sequence, createdAt: 5 }
}

/** The outcomes, each with the sequence. */
function outcomes(...args: Parameters<typeof decide>): string[] {
  return decide(...args).results.map((result) =>
    'batch' in result ? `${result.outcome} ${result.batch.sequence}` : result.outcome,
  )
}

test('new batches count on from what is there', async (t) => {
  const [a, b] = [batchOf(1, 'a'), batchOf(1, 'b', 'b', 5)]
  const { results, inserts, changed } = decide([a, b], [counts(1, 'open', 1), counts(2, 'open', 0)], [], rules)
  const { evaluation, fingerprint, labelsDigest, state, ...figures } = b
  t.same(results[1], { outcome: 'committed', batch: { ...figures, sequence: 3, createdAt: 77 } })
  t.same(inserts, [
    { batch: a, sequence: 2 },
    { batch: b, sequence: 3 },
  ])
  t.same(changed, [{ id: 1, status: 'open', batches: 3, samples: 17 }], 'and no other evaluation')
})

test('what is known is replayed or in conflict, whatever else holds', async (t) => {
  const known = [stored(batchOf(1, 'a'), 1), stored(batchOf(2, 'a'), 4)]
  const evaluations = [counts(1, 'sealed', 3), counts(2, 'open', 3)]
  const puts = [batchOf(1, 'a'), batchOf(1, 'a', 'x'), batchOf(1, 'b'), batchOf(2, 'a'), batchOf(2, 'b')]
  t.same(outcomes(puts, evaluations, known, rules), ['replayed 1', 'conflict 1', 'sealed', 'replayed 4', 'full'])
  const { fingerprint, evaluation, ...batch } = known[0]
  t.same(decide(puts, evaluations, known, rules).results[0], { outcome: 'replayed', batch })
  t.same(decide(puts, evaluations, known, rules).inserts, [])
})

test('the first of a name within a group counts', async (t) => {
  const puts = [batchOf(1, 'a'), batchOf(1, 'a'), batchOf(1, 'a', 'x'), batchOf(11, 'a'), batchOf(1, 'b')]
  t.same(outcomes(puts, [counts(1, 'open', 0), counts(11, 'open', 2)], [], rules), [
    'committed 1',
    'replayed 1',
    'conflict 1',
    'committed 3',
    'committed 2',
  ])
})

test('the limit counts what the group adds', async (t) => {
  const puts = ['a', 'b', 'c', 'a'].map((name) => batchOf(1, name))
  const evaluation = counts(1, 'open', 1)
  t.same(outcomes(puts, [evaluation], [], rules), ['committed 2', 'committed 3', 'full', 'replayed 2'])
  t.equal(evaluation.batches, 1, 'what is given is left as it is')
})

test('nothing goes to an evaluation that is not there', async (t) => {
  t.same(outcomes([batchOf(3, 'a')], [counts(1, 'open', 0)], [], rules), ['gone'])
})
