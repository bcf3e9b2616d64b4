import { test } from 'tap'
import { generous, judge, mostOfThree } from './attack.ts'
import { attacks } from './attacks.ts'
import { Stage } from './stage.ts'

const stage = new Stage(true)

for (const attack of attacks.filter(({ isShort }) => isShort)) {
  await test(attack.name, async (t) => {
    const { faults, answers, figures } = await judge(attack, stage, generous, mostOfThree)
    t.same(faults, [], JSON.stringify({ answers, figures }))
  })
}
await stage.clear()
