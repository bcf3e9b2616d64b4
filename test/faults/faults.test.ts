import { test } from 'tap'
import { onPostgres, onSqlite } from './databases.ts'
import { run } from './round.ts'

const extent = { kills: 3, seed: Date.now() % 2 ** 32, latestEvent: 10_000 }

for (const open of [onSqlite, onPostgres]) {
  test(`no batch is lost or counted twice, whatever is killed: ${open.name}, seed ${extent.seed}`, async (t) => {
    const result = await run(await open(t, extent))
    t.same(result.faults, [])
    t.match(result, { kills: extent.kills, lost: 0, twice: 0, gaps: 0 })
    t.ok(result.outages > 0)
    t.ok(result.cut > 0)
    t.ok(result.interims > 0)
    t.ok(result.batches > 100)
  })
}
