// Every attack against the service as docker-compose.yml runs it, as one table in Markdown: npm run test:attacks
// ATTACKS=sweep takes the attacks whose names match; ATTACKS_TRIES=3 tries each three times; it must hold each time.
import type { Attack, Result } from './attack.ts'
import { judge, promised } from './attack.ts'
import { attacks } from './attacks.ts'
import { Stage } from './stage.ts'
import { table } from './table.ts'

const chosen = new RegExp(process.env.ATTACKS ?? '')
const tries = Number(process.env.ATTACKS_TRIES ?? 1)

const stage = new Stage(false)
const results = new Map<Attack, Result>()
for (const attack of attacks.filter(({ name }) => chosen.test(name))) {
  const begin = performance.now()
  const result = await judge(attack, stage, promised, { needed: tries, tries })
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  results.set(attack, result)
  const verdict = result.faults.length === 0 ? 'holds' : `BREAKS: ${result.faults.join('; ')}`
  process.stderr.write(`${attack.name}, ${seconds} s: ${verdict}\n`)
}
const broken = Array.from(results.values()).filter(({ faults }) => faults.length > 0)
process.stdout.write(`\n${table(results)}\n\n${results.size - broken.length} of ${results.size} attacks held\n`)
process.exit(broken.length === 0 ? 0 : 1)
