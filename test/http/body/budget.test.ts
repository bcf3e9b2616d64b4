import { test } from 'tap'
import { InFlightBudget } from '../../../src/http/body/budget.ts'
import { Problem } from '../../../src/http/problem.ts'
import { limits } from './support.ts'

test('a budget is shared, and what goes beyond it is refused and not counted', async (t) => {
  const budget = new InFlightBudget(limits({ maxInFlightBytes: 100 }))
  t.equal(budget.held, 0)
  budget.hold(60)
  budget.hold(40)
  t.equal(budget.held, 100)
  try {
    budget.hold(1)
    t.fail('nothing is left')
  } catch (error) {
    t.ok(error instanceof Problem)
    const { problem, message, headers } = error as Problem
    t.same(
      [problem, message, headers],
      ['overloaded', 'Too many bytes of requests are in flight.', { 'retry-after': '1' }],
    )
  }
  t.equal(budget.held, 100)
  budget.release(30)
  budget.hold(30)
  budget.release(100)
  t.equal(budget.held, 0)
})
