import { test } from 'tap'
import { rateLimited, rateLimitFields } from '../../src/access/quota-refusals.ts'

test('the fields are those of the draft, for what is limited', async (t) => {
  const left = { requests: 1, bytes: 0 }
  t.same(rateLimitFields({ requestsPerMinute: 5, bytesPerMinute: 800 }, left, 30), {
    'ratelimit-policy': '"requests";q=5;w=60;qu="requests", "bytes";q=800;w=60;qu="content-bytes"',
    ratelimit: '"requests";r=1;t=30, "bytes";r=0;t=30',
  })
  t.same(rateLimitFields({ requestsPerMinute: 0, bytesPerMinute: 1000 }, { requests: 0, bytes: 100 }, 1), {
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
