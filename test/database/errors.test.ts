import { test } from 'tap'
import type { Reason } from '../../src/database/errors.ts'
import { EvaluationGone, StoreUnavailable, StoreUnusable } from '../../src/database/errors.ts'

test('a store that is unavailable says why, and nothing of its place', async (t) => {
  const cause = new Error('connect ECONNREFUSED 10.0.0.1:5432')
  const messages: Readonly<Record<Reason, string>> = {
    'disk-full': 'The disk of the store of evaluations is full.',
    'read-only': 'The store of evaluations can only be read.',
    locked: 'The store of evaluations is locked by another program.',
    corrupt: 'The store of evaluations is damaged.',
    'out-of-reach': 'The store of evaluations is out of reach.',
    closed: 'The store of evaluations is closed.',
    'newer-release': 'The evaluation was declared by a newer release of the service.',
  }
  for (const [reason, message] of Object.entries(messages)) {
    const error = new StoreUnavailable(reason as Reason, cause)
    t.match(error, { name: 'StoreUnavailable', reason, message, cause })
    t.equal(error.isOfOne, reason === 'corrupt' || reason === 'newer-release')
  }
})

test('a store that is unusable says what to change', async (t) => {
  t.match(new StoreUnusable('this'), { name: 'StoreUnusable', message: 'this' })
})

test('an evaluation that is gone says so', async (t) => {
  t.match(new EvaluationGone(), { name: 'EvaluationGone', message: 'The evaluation was deleted.' })
})
