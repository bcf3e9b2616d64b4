import { test } from 'tap'
import type { HalfRows } from '../../../src/evaluations/half-rows.ts'
import type { TakeOutcome } from '../../../src/evaluations/joins.ts'
import { Problem } from '../../../src/http/problem.ts'
import { LimitExceeded } from '../../../src/loss/validation-errors.ts'
import { HalfQueue } from '../../../src/routes/evaluations/half-queue.ts'

function rowsOf(...keys: string[]): HalfRows {
  return {
    half: 'labels',
    keys,
    digests: Buffer.alloc(16 * keys.length),
    payloads: Buffer.alloc(8 * keys.length),
    ends: keys.map((_, at) => 8 * (at + 1)),
    times: undefined,
    state: undefined,
  }
}

test('rows of several lines are taken together, and a conflict is told by its line and its place in it', async (t) => {
  const taken: HalfRows[] = []
  const queue = new HalfQueue(
    'run',
    async (rows) => {
      taken.push(rows)
      return { outcome: 'taken', accepted: 2, replayed: 0, conflicts: [0, 2], joined: 1 }
    },
    true,
  )
  await queue.flush()
  t.equal(taken.length, 0, 'nothing is not taken')
  queue.add(rowsOf('sa'), 1)
  queue.refuse(2, 'no JSON')
  queue.add(rowsOf('i1', 'i2'), 3)
  await queue.flush()
  t.match(taken, [{ keys: ['sa', 'i1', 'i2'], ends: [8, 16, 24], payloads: { length: 24 } }])
  t.match(queue.answer, {
    ...{ received: 3, accepted: 2, replayed: 0, conflicts: 2, joined: 1, refused: 1 },
    errors: [
      { id: 'a', index: 0, line: 1 },
      { line: 2, detail: 'no JSON' },
      { id: 2, index: 1, line: 3 },
    ],
  })
})

test('what is not taken is refused', async (t) => {
  const refusals: Record<Exclude<TakeOutcome['outcome'], 'taken'>, object> = {
    sealed: { problem: 'sealed', message: 'The evaluation "run" is sealed.' },
    gone: { problem: 'not-found' },
    full: { limit: 'maxBatches' },
    crowded: { limit: 'maxWaitingRows' },
  }
  for (const [outcome, refusal] of Object.entries(refusals)) {
    const queue = new HalfQueue('run', async () => ({ outcome }) as TakeOutcome, false)
    queue.add(rowsOf('sa'))
    const error = await queue.flush().catch((error) => error)
    t.ok(error instanceof Problem || error instanceof LimitExceeded)
    t.match(error, refusal, outcome)
  }
})
