// Kills, outages and broken connections, and what is stored in the end: npm run test:faults
// FAULTS_KILLS=20 kills fewer; FAULTS_SEED=1 sends what a former run sent; FAULTS_STORES=sqlite takes one store.
import { onPostgres, onSqlite } from './databases.ts'
import type { Result } from './round.ts'
import { run } from './round.ts'
import { table } from './table.ts'

const kills = Number(process.env.FAULTS_KILLS ?? 100)
const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 2 ** 32)
const chosen = new RegExp(process.env.FAULTS_STORES ?? '')
const stores = { sqlite: onSqlite, postgres: onPostgres }
const mostFaults = 20

process.stdout.write(`seed ${seed}\n`)
const results: Result[] = []
const ends: (() => Promise<void>)[] = []
try {
  for (const [name, open] of Object.entries(stores).filter(([name]) => chosen.test(name))) {
    const setting = await open({ teardown: (end) => ends.push(end) }, { kills, seed, latestEvent: 1000 })
    const result = await run(setting)
    results.push(result)
    process.stderr.write(`${name}: ${result.faults.length} faults\n`)
    for (const fault of result.faults.slice(0, mostFaults)) process.stderr.write(`  ${fault}\n`)
  }
} finally {
  for (const end of ends) await end()
}
process.stdout.write(`\n${table(results)}\n`)
process.exit(results.every(({ faults }) => faults.length === 0) ? 0 : 1)
