import { test } from 'tap'
import { Intake } from '../../../src/http/body/intake.ts'
import { Problem } from '../../../src/http/problem.ts'
import { limits } from './support.ts'

test('a budget is shared, and what goes beyond it is refused and not counted', async (t) => {
  const intake = new Intake(limits({ maxInFlightBytes: 100 }))
  t.equal(intake.held, 0)
  intake.hold(60)
  intake.hold(40)
  t.equal(intake.held, 100)
  try {
    intake.hold(1)
    t.fail('nothing is left')
  } catch (error) {
    t.ok(error instanceof Problem)
    const { problem, message, headers } = error as Problem
    t.same(
      [problem, message, headers],
      ['overloaded', 'Too many bytes of requests are in flight.', { 'retry-after': '1' }],
    )
  }
  t.equal(intake.held, 100)
  intake.release(30)
  intake.hold(30)
  intake.release(100)
  t.equal(intake.held, 0)
})
