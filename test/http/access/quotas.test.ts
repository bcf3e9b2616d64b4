import { test } from 'tap'
import { Quotas, rateLimited, rateLimitFields } from '../../../src/http/access/quotas.ts'

test('what is sent counts until the next minute of the clock', async (t) => {
  let now = 120_000
  const quotas = new Quotas(() => now)
  quotas.of('a').requests++
  quotas.of('a').bytes += 5
  t.same(
    [quotas.of('a'), quotas.of('b'), quotas.size, quotas.secondsLeft],
    [{ requests: 1, bytes: 5 }, { requests: 0, bytes: 0 }, 2, 60],
  )
  now = 179_999
  t.same([quotas.of('a'), quotas.secondsLeft], [{ requests: 1, bytes: 5 }, 1])
  now = 180_000
  t.same([quotas.of('a'), quotas.size], [{ requests: 0, bytes: 0 }, 1])
})

test('however many clients there are, memory is bounded', async (t) => {
  const quotas = new Quotas(() => 0)
  for (let client = 0; client < 150_000; client++) quotas.of(`client ${client}`).requests++
  t.equal(quotas.size, 100_000)
  t.equal(quotas.of('client 149999').requests, 1)
})

test('the fields are those of the draft, for what is limited', async (t) => {
  const usage = { requests: 4, bytes: 900 }
  t.same(rateLimitFields({ requestsPerMinute: 5, bytesPerMinute: 800 }, usage, 30), {
    'ratelimit-policy': '"requests";q=5;w=60;qu="requests", "bytes";q=800;w=60;qu="content-bytes"',
    ratelimit: '"requests";r=1;t=30, "bytes";r=0;t=30',
  })
  t.same(rateLimitFields({ requestsPerMinute: 0, bytesPerMinute: 1000 }, usage, 1), {
    'ratelimit-policy': '"bytes";q=1000;w=60;qu="content-bytes"',
    ratelimit: '"bytes";r=100;t=1',
  })
})

test('a refusal says which quota, and when to come again', async (t) => {
  t.match(rateLimited('bytesPerMinute', 800, 7), {
    problem: 'rate-limited',
    message: 'This client may send 800 bytes of bodies in a minute; the next minute begins in 7 s.',
    extensions: { limit: 'bytesPerMinute', allowed: 800 },
    headers: { 'retry-after': '7' },
  })
  t.match(rateLimited('requestsPerMinute', 3, 1).message, /^This client may send 3 requests in a minute/)
})
