import { test } from 'tap'
import { guardedLog, takeGuardedNegativeLogs } from '../../../src/loss/numerics/guarded-log.ts'

// With epsilon 1/4 every expected logarithm is a multiple of ln 2.
const epsilon = 0.25
test('-log y of many is that of each, by every policy', async (t) => {
  for (const policy of ['add-epsilon', 'clip', 'clamp', 'exact'] as const) {
    const y = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 0 : (i / 1000) ** 30))
    const logs = Float64Array.from([...y, 1])
    takeGuardedNegativeLogs(logs, policy, epsilon)
    t.same(
      Array.from(logs),
      [...y, 1].map((each) => 0 - guardedLog(each, policy, epsilon)),
      policy,
    )
  }
})
