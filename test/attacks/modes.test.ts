import { test } from 'tap'

// what follows reads it when it is loaded
process.env.ATTACKS_WITH = 'keys,tls,workers'
const { generous, judge, mostOfThree } = await import('./attack.ts')
const { attacks } = await import('./attacks.ts')
const { Stage } = await import('./stage.ts')
const { fuzz, summary } = await import('../fuzz/fuzz.ts')

/** What may go otherwise with keys, under TLS and with two workers than without. */
const chosen = /handshake|in pieces of any size/
const seed = 20_261_126

const stage = new Stage(true)
for (const attack of attacks.filter(({ name, isShort }) => isShort && chosen.test(name))) {
  await test(`${attack.name}, with keys, under TLS, against two workers`, async (t) => {
    const { faults, answers, figures } = await judge(attack, stage, generous, mostOfThree)
    t.same(faults, [], JSON.stringify({ answers, figures }))
  })
}
await stage.clear()

test('requests made from the document, with keys, under TLS, to two workers', async (t) => {
  const report = await fuzz(300, seed)
  t.equal(report.found.length, 0, summary(report, seed))
  t.ok(Number(report.counts['right 200']) > 20, JSON.stringify(report.counts))
})
