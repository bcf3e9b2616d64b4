import { test } from 'tap'
import { best, generous } from './attack.ts'
import { attacks } from './attacks.ts'
import { Stage } from './stage.ts'

const tries = 3
const stage = new Stage(true)

for (const attack of attacks.filter(({ isShort }) => isShort)) {
  await test(attack.name, async (t) => {
    const { faults, answers, figures } = await best(attack, stage, generous, tries)
    t.same(faults, [], JSON.stringify({ answers, figures }))
  })
}
await stage.clear()
