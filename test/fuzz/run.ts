// Requests made from the OpenAPI document: npm run test:fuzz
// FUZZ_REQUESTS=1000 sends fewer; FUZZ_SEED=1 sends those of a former run again.
import { fuzz, longestTurn, summary } from './fuzz.ts'

const requests = Number(process.env.FUZZ_REQUESTS ?? 100_000)
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 32)

process.stdout.write(`seed ${seed}\n`)
const report = await fuzz(requests, seed)
process.stdout.write(`${summary(report, seed)}\n`)
process.exit(report.found.length === 0 && report.turn <= longestTurn ? 0 : 1)
