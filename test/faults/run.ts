// Kills, outages and broken connections, and what is stored in the end: npm run test:faults
// FAULTS_KILLS=20 kills fewer; FAULTS_SEED=1 sends what a former run sent; FAULTS_STORES=sqlite takes one store.
// FAULTS_TROUBLES=full takes the troubles whose names match.
import { onPostgres, onSqlite } from './databases.ts'
import { joinUnderKills } from './joins.ts'
import { postgresTroubles } from './postgres-troubles.ts'
import type { Result } from './round.ts'
import { run } from './round.ts'
import { sqliteTroubles } from './sqlite-troubles.ts'
import { table, troubleTable } from './table.ts'
import type { Trial } from './trial.ts'
import { isRoot } from './troubles.ts'

const kills = Number(process.env.FAULTS_KILLS ?? 100)
const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 2 ** 32)
const chosen = new RegExp(process.env.FAULTS_STORES ?? '')
const stores = { sqlite: onSqlite, postgres: onPostgres }
const troubled = new RegExp(process.env.FAULTS_TROUBLES ?? '')
const mostFaults = 20
const joinedRows = 100_000
let joinFaults = 0

process.stdout.write(`seed ${seed}\n`)
const results: Result[] = []
const trials = new Map<string, Trial>()
const ends: (() => Promise<void>)[] = []
try {
  for (const [name, open] of Object.entries(stores).filter(([name]) => chosen.test(name))) {
    const setting = await open({ teardown: (end) => ends.push(end) }, { kills, seed, latestEvent: 1000 })
    const result = await run(setting)
    results.push(result)
    tell(name, result.faults)
    const { databaseUrl, replicas } = await open(
      { teardown: (end) => ends.push(end) },
      { kills, seed, latestEvent: 1000 },
    )
    const { faults, resent, bodies } = await joinUnderKills({ databaseUrl, replicas, kills, rows: joinedRows, seed })
    tell(`joins on ${name}: ${kills} kills, ${bodies} bodies, ${resent} requests sent again`, faults)
    joinFaults += faults.length
  }
  for (const { name, needsRoot = false, attempt } of [...sqliteTroubles, ...postgresTroubles]) {
    if (!troubled.test(name) || (needsRoot && !isRoot)) continue
    const trial = await attempt({ teardown: (end) => ends.push(end) })
    trials.set(name, trial)
    tell(name, trial.faults)
  }
} finally {
  for (const end of ends.reverse()) await end()
}
process.stdout.write(`\n${table(results)}\n\n${troubleTable(trials)}\n`)
const all = [...results, ...trials.values()]
process.exit(joinFaults === 0 && all.every(({ faults }) => faults.length === 0) ? 0 : 1)

function tell(name: string, faults: readonly string[]): void {
  const seconds = (performance.now() / 1000).toFixed()
  process.stderr.write(`${faults.length === 0 ? 'holds ' : 'BREAKS'} ${name}, ${seconds} s\n`)
  for (const fault of faults.slice(0, mostFaults)) process.stderr.write(`  ${fault}\n`)
}
