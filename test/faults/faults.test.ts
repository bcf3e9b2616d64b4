import { join } from 'node:path'
import { test } from 'tap'
import { folderOf, onPostgres, onSqlite } from './databases.ts'
import { joinUnderKills, joinWhileFull } from './joins.ts'
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

  test(`each row counts once in its window, whatever is killed: ${open.name}, seed ${seed}`, async (t) => {
    const { databaseUrl, replicas } = await open(t, extent)
    const result = await joinUnderKills({ databaseUrl, replicas, kills: extent.kills, rows: 5000, seed })
    t.same(result.faults, [])
    t.ok(result.resent > 0)
  })
}

test(`each row counts once, though the file may grow no more for some time, seed ${seed}`, async (t) => {
  const result = await joinWhileFull(`sqlite:${join(folderOf(t), 'joined.sqlite')}`, 5000, seed)
  t.same(result.faults, [])
  t.ok(result.resent > 0)
})
