import { test } from 'tap'
import { onPostgres, onSqlite } from './databases.ts'
import { run } from './round.ts'

/** The same kills each time; `npm run test:faults` makes others. */
const seed = Number(process.env.FAULTS_SEED ?? 20_261_126)
const extent = { kills: 3, seed, latestEvent: 10_000 }

for (const open of [onSqlite, onPostgres]) {
  test(`no batch is lost or counted twice, whatever is killed: ${open.name}, seed ${seed}`, async (t) => {
    const result = await run(await open(t, extent))
    t.same(result.faults, [])
    t.match(result, { kills: extent.kills, lost: 0, twice: 0, gaps: 0 })
    t.ok(result.outages > 0)
    t.ok(result.cut > 0)
    t.ok(result.interims > 0)
    t.ok(result.batches > 100)
  })
}
