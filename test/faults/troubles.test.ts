import { test } from 'tap'
import { postgresTroubles } from './postgres-troubles.ts'
import { sqliteTroubles } from './sqlite-troubles.ts'
import { isRoot } from './troubles.ts'

for (const { name, isShort = false, needsRoot = false, attempt } of [...sqliteTroubles, ...postgresTroubles]) {
  if (!isShort) continue
  test(name, { skip: needsRoot && !isRoot }, async (t) => {
    const { faults } = await attempt(t)
    t.same(faults, [])
  })
}
