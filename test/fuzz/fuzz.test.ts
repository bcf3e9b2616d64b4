import { test } from 'tap'
import { fuzz, longestTurn, summary } from './fuzz.ts'
import { withBody } from './requests.ts'

const requests = 2000
/** The same requests each time; `npm run test:fuzz` makes others. */
const seed = 20_261_126

test(`${requests} requests made from the document`, async (t) => {
  const report = await fuzz(requests, seed)
  t.equal(report.found.length, 0, summary(report, seed))
  t.ok(report.turn <= longestTurn, `a turn of ${report.turn} ms, seed ${seed}`)
  const seen = Object.keys(report.counts)
  for (const name of ['right 200', 'almost right 422', 'hostile 400']) t.ok(seen.includes(name), name)
  for (const { method, path } of withBody) t.ok(report.reached.has(`${method} ${path}`), `${method} ${path} succeeded`)
})
