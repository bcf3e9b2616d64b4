import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { t as root, test } from 'tap'
import { metricsRoute } from '../../src/routes/metrics.ts'
import { eventually } from '../eventually.ts'
import { appOf, ask, listener, post } from '../support.ts'

const { lines, logger } = listener()
const app = await appOf(root, {}, logger)
const mae = { loss: 'mae', labelFormat: 'values', predictions: [2, 5], labels: [1, 2] }

/** What the metrics say, when all requests so far have been counted. */
async function scraped(): Promise<string> {
  const { status, type, text } = await ask(app, { url: '/metrics' })
  if (status !== 200 || type !== 'text/plain') throw new Error(`${status} ${type}`)
  return text
}

function countOf(text: string, pattern: RegExp): number {
  return text.split('\n').filter((line) => pattern.test(line)).length
}

async function eventuallyCounted(pattern: RegExp): Promise<boolean> {
  let text = ''
  const look = async () => {
    text = await scraped()
  }
  await look()
  return eventually(() => {
    void look()
    return pattern.test(text)
  })
}

test('requests, their bodies and rows are counted', async (t) => {
  await post(app, '/v1/loss', mae)
  const line = '{"predictions":[1,2],"labels":[1,2]}\n'
  const ndjson = `{"loss":"mse","labelFormat":"values"}\n${line}${line}`
  const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' }
  await app.inject({ method: 'POST', url: '/v1/loss', headers, payload: gzipSync(ndjson) })
  const route = 'http_route="/v1/loss",http_request_method="POST",http_response_status_code="200"'
  t.ok(await eventuallyCounted(new RegExp(`^http_server_request_duration_seconds_count{${route}} 2$`, 'm')))
  const text = await scraped()
  t.ok(text.includes(`\nlossmeter_body_bytes_total{format="json"} ${JSON.stringify(mae).length}\n`))
  t.ok(text.includes(`\nlossmeter_body_bytes_total{format="ndjson"} ${ndjson.length}\n`))
  t.ok(text.includes('\nlossmeter_rows_total{loss="mae",label_format="values"} 2\n'))
  t.ok(text.includes('\nlossmeter_rows_total{loss="mse",label_format="values"} 4\n'))
  t.notOk(text.includes('http_server_request_duration_seconds_sum{http_route="/v1/loss"} 0\n'))
})

test('evaluations, batches and the store are counted', async (t) => {
  const put = (url: string, payload: object) => app.inject({ method: 'PUT', url, payload })
  const declaration = { loss: 'mae', labelFormat: 'values', outputs: 1 }
  await put('/v1/evaluations/a', declaration)
  await put('/v1/evaluations/a', declaration)
  await put('/v1/evaluations/a', { ...declaration, loss: 'mse' })
  for (const predictions of [[1], [1], [2]]) await put('/v1/evaluations/a/batches/x', { predictions, labels: [2] })
  const text = await scraped()
  for (const line of [
    'lossmeter_declarations_total{outcome="created"} 1',
    'lossmeter_declarations_total{outcome="exists"} 1',
    'lossmeter_declarations_total{outcome="conflict"} 1',
    'lossmeter_batches_total{outcome="committed"} 1',
    'lossmeter_batches_total{outcome="replayed"} 1',
    'lossmeter_batches_total{outcome="conflict"} 1',
    'lossmeter_commit_batches_count 3',
    'db_client_operation_duration_seconds_count{db_system_name="sqlite",db_operation_name="commit",error_type=""} 3',
    'lossmeter_refusals_total{reason="conflict",limit=""} 2',
  ]) {
    t.ok(text.includes(`\n${line}\n`), line)
  }
})

test('a refusal names the limit', async (t) => {
  await post(app, '/v1/loss', {
    ...mae,
    include: ['perSample'],
    predictions: Array(200_001).fill(1),
    labels: Array(200_001).fill(1),
  })
  t.ok((await scraped()).includes('lossmeter_refusals_total{reason="limit-exceeded",limit="maxAnswerNumbers"} 1'))
})

test('ten thousand random addresses and odd methods make one series each', async (t) => {
  const series = /^http_server_request_duration_seconds_count\{/
  await app.inject('/nope')
  t.ok(await eventuallyCounted(/_count\{http_route="",http_request_method="GET",http_response_status_code="404"\} 1/))
  const before = await scraped()
  const random = () => Math.random().toString(36).slice(2)
  for (let round = 0; round < 100; round++) {
    await Promise.all(Array.from({ length: 100 }, () => app.inject(`/${random()}/${random()}?${random()}=${random()}`)))
  }
  t.ok(
    await eventuallyCounted(/_count\{http_route="",http_request_method="GET",http_response_status_code="404"\} 10001/),
  )
  const after = await scraped()
  t.equal(countOf(after, series), countOf(before, series))
  // the store may have been asked for the first time meanwhile
  const ofRequests = /^http_server_/
  t.equal(countOf(after, ofRequests), countOf(before, ofRequests))
  await app.inject({ method: 'QUERY' as never, url: '/v1/loss' })
  t.ok(
    await eventuallyCounted(
      /_count\{http_route="\/v1\/loss",http_request_method="_OTHER",http_response_status_code="405"\} 1/,
    ),
  )
})

test('scrapes are not in the log, and HEAD is answered', async (t) => {
  t.equal((await app.inject({ method: 'HEAD', url: '/metrics' })).statusCode, 200)
  await app.inject('/v1/losses')
  t.ok(await eventually(() => lines.some((line) => line.includes('/v1/losses'))))
  t.notOk(lines.some((line) => line.includes('"/metrics"')))
})

test('who asks at the same time gets the same text, who asks later gets another', async (t) => {
  const app = Fastify().setSerializerCompiler(() => String)
  t.teardown(() => app.close())
  let written = 0
  const text = async () => {
    const count = ++written
    await nextTurn()
    return `${count}`
  }
  await metricsRoute(app, { contentType: 'text/plain', text })
  const bodyOf = async () => (await app.inject('/metrics')).body
  t.same(await Promise.all([bodyOf(), bodyOf(), bodyOf()]), ['1', '1', '1'])
  t.equal(await bodyOf(), '2')
})

test('it asks for the scope metrics where keys are needed', async (t) => {
  const folder = t.testdir({ 'keys.json': JSON.stringify([keyOf('scraper', 'metrics'), keyOf('reader', 'read')]) })
  const guarded = await appOf(t, { API_KEYS_FILE: join(folder, 'keys.json') })
  const statusWith = async (headers: Record<string, string>) => {
    return (await ask(guarded, { url: '/metrics', headers })).status
  }
  t.equal(await statusWith({}), 401)
  t.equal(await statusWith({ authorization: 'Bearer reader' }), 403)
  t.equal(await statusWith({ authorization: 'Bearer scraper' }), 200)
})

function keyOf(key: string, scope: string): object {
  return { name: key, sha256: createHash('sha256').update(key).digest('hex'), scopes: [scope] }
}

test('it is never limited', async (t) => {
  const limited = await appOf(t, { REQUESTS_PER_MINUTE: '1' })
  for (let round = 0; round < 3; round++) t.equal((await limited.inject('/metrics')).statusCode, 200)
})
