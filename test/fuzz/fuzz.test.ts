import { test } from 'tap'
import { fuzz, longestTurn, summary } from './fuzz.ts'
import { withBody } from './requests.ts'

const requests = 2000

test(`${requests} requests made from the document`, async (t) => {
  const seed = Date.now() % 2 ** 32
  const report = await fuzz(requests, seed)
  t.comment(`seed ${seed}`)
  t.equal(report.found.length, 0, summary(report, seed))
  t.ok(report.turn <= longestTurn, `a turn of ${report.turn} ms, seed ${seed}`)
  const seen = Object.keys(report.counts)
  for (const name of ['right 200', 'almost right 422', 'hostile 400']) t.ok(seen.includes(name), name)
  for (const { method, path } of withBody) t.ok(report.reached.has(`${method} ${path}`), `${method} ${path} succeeded`)
})
