import { test } from 'tap'
import type { LogPolicy } from '../../../src/loss/formats.ts'
import {
  guardedLog,
  guardedLogOfComplement,
  guardedLogOfLog,
  isGuarded,
  logElasticity,
  logSlope,
  smallestUnguarded,
  takeGuardedNegativeLogs,
} from '../../../src/loss/numerics/guarded-log.ts'
import { misses } from '../support.ts'

// With epsilon 1/4 every expected logarithm is a multiple of ln 2.
const epsilon = 0.25
const ln2 = Math.LN2
const least = 5e-324
const ofLeast = -744.4400719213812 // log 2^-1074 = -1074 ln 2

test('log y by policy', async (t) => {
  const cases: [policy: LogPolicy, y: number, log: number][] = [
    ['add-epsilon', 0, -2 * ln2], // log 1/4
    ['add-epsilon', 0.25, -ln2], // log 1/2
    ['add-epsilon', 0.75, 0], // log 1
    ['clip', 0, -2 * ln2], // up to 1/4
    ['clip', 0.125, -2 * ln2],
    ['clip', 0.25, -2 * ln2],
    ['clip', 0.5, -ln2],
    ['clip', 1, -0.2876820724517809], // down to 3/4: ln 3 - 2 ln 2
    ['clamp', 0, -100],
    ['clamp', least, -100],
    ['clamp', 1e-40, -92.10340371976183], // -40 ln 10
    ['clamp', 0.5, -ln2],
    ['exact', 0, Number.NEGATIVE_INFINITY],
    ['exact', least, ofLeast],
    ['exact', 0.5, -ln2],
    ['exact', 1, 0],
  ]
  for (const [policy, y, log] of cases) {
    t.same(misses(guardedLog(y, policy, epsilon), log), [], `log ${y}, ${policy}`)
    if (y === 0) continue
    t.same(misses(guardedLogOfLog(Math.log(y), y, policy, epsilon), log, 1e-15), [], `log ${y} by its log, ${policy}`)
  }
  t.equal(guardedLogOfLog(-800, 0, 'exact', epsilon), -800, 'where y itself underflows')
  t.equal(guardedLogOfLog(-800, 0, 'clamp', epsilon), -100)
  t.same(misses(guardedLogOfLog(-800, 0, 'add-epsilon', epsilon), -2 * ln2), [])
  t.same(misses(guardedLogOfLog(-800, 0, 'clip', epsilon), -2 * ln2), [])
})

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

test('log(1 - y) by policy', async (t) => {
  const cases: [policy: LogPolicy, y: number, log: number][] = [
    ['add-epsilon', 1, -2 * ln2],
    ['add-epsilon', 0.75, -ln2],
    ['add-epsilon', 0.25, 0],
    ['clip', 1, -2 * ln2],
    ['clip', 0.5, -ln2],
    ['clip', 0, -0.2876820724517809],
    ['clamp', 1, -100],
    ['clamp', 0.5, -ln2],
    ['clamp', 1e-20, -1e-20], // 1 - y rounds to 1, whose logarithm would be 0
    ['exact', 1, Number.NEGATIVE_INFINITY],
    ['exact', 0.5, -ln2],
    ['exact', 1e-20, -1e-20],
  ]
  for (const [policy, y, log] of cases) {
    t.same(misses(guardedLogOfComplement(y, policy, epsilon), log), [], `log(1 - ${y}), ${policy}`)
  }
})

test('a guard acts below epsilon, for clamp below log -100, never for exact', async (t) => {
  const cases: [policy: LogPolicy, y: number, guarded: boolean][] = [
    ['add-epsilon', 0.2, true],
    ['add-epsilon', 0.25, false],
    ['clip', 0.2, true],
    ['clip', 0.25, false],
    ['clip', 1, false],
    ['clamp', 3e-44, true], // e^-100 is 3.72e-44
    ['clamp', 4e-44, false],
    ['exact', 0, false],
  ]
  for (const [policy, y, guarded] of cases) {
    t.equal(isGuarded(y, policy, epsilon), guarded, `${y}, ${policy}`)
    t.equal(y < smallestUnguarded(policy, epsilon), guarded, `${y}, ${policy}`)
  }
})

test('the derivative of the guarded logarithm, and y times it', async (t) => {
  const cases: [policy: LogPolicy, y: number, slope: number, elasticity: number][] = [
    ['add-epsilon', 0, 4, 0], // 1 / (y + 1/4)
    ['add-epsilon', 0.25, 2, 0.5],
    ['clip', 0.125, 0, 0], // flat below 1/4
    ['clip', 0.5, 2, 1],
    ['clip', 0.875, 0, 0], // flat above 3/4
    ['clamp', 0, 0, 0],
    ['clamp', 0.5, 2, 1],
    ['exact', 0.5, 2, 1],
    ['exact', 0.125, 8, 1],
  ]
  for (const [policy, y, slope, elasticity] of cases) {
    t.equal(logSlope(y, policy, epsilon), slope, `d log ${y}, ${policy}`)
    t.equal(logElasticity(y, policy, epsilon), elasticity, `${y} d log ${y}, ${policy}`)
  }
})
