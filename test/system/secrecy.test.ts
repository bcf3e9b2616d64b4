import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'tap'
import { eventually } from '../eventually.ts'
import { withinAMinute } from '../minute.ts'
import { collectorOf } from '../operation/collector.ts'
import { linesOf, linesWith, portOf, start, until } from '../service.ts'
import { appOf, listener } from '../support.ts'

const key = 'lm_geheimer-schluessel-4711'
const wrongKey = 'lm_falscher-schluessel-0815'
/** Numbers that nothing else has. */
const secrets = ['0.7182818', '0.2817181', '731924657', '0.31337', '"secret-metadata"', 'geheim', wrongKey]
const keys = [
  { name: 'trainer', sha256: createHash('sha256').update(key).digest('hex'), scopes: ['evaluate', 'read', 'write'] },
]

const right = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[0.7182818, 0.2817182]], labels: [0] }
const evaluation = '/v1/evaluations/run'
const row = (name: string) => `{"batch":"${name}","predictions":[[0.7182818,0.2817182]],"labels":[0]}\n`
const multipart = [
  ['loss', 'mse'],
  ['labelFormat', 'values'],
  ['predictions', '[0.31337]'],
  ['labels', '[731924657]'],
]
  .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
  .join('')

/** Right requests, wrong ones and broken ones, of each kind. */
const requests: [string, string, string, string | object, string?][] = [
  ['POST', '/v1/loss', 'application/json', right],
  ['POST', '/v1/loss?secret=geheim', 'application/json', right],
  ['POST', '/v1/loss', 'application/json', { ...right, labels: [731924657] }],
  ['POST', '/v1/loss', 'application/json', { ...right, predictions: [[0.7182818, 0.31337]] }],
  ['POST', '/v1/loss', 'application/json', { ...right, geheim: 0.31337 }],
  ['POST', '/v1/loss', 'application/json', '{"predictions": [0.7182818, 731924657x'],
  [
    'POST',
    '/v1/loss',
    'application/x-ndjson',
    `{"loss":"mse","labelFormat":"values"}\n{"predictions":[0.31337],"labels":["geheim"]}\n`,
  ],
  ['POST', '/v1/loss', 'multipart/form-data; boundary=x', `${multipart}--x--\r\n`],
  ['POST', '/v1/loss', 'multipart/form-data; boundary=x', multipart],
  ['POST', '/v1/loss', 'application/octet-stream', '{"parameters":{"loss":"geheim"}}0.31337'],
  ['POST', '/v1/loss', 'geheim/geheim', 'geheim'],
  ['POST', '/v1/comparisons', 'application/json', { ...right, baseline: [[0.2817181, 0.7182819]] }],
  ['POST', '/v1/sweeps', 'application/json', { ...right, parameter: { name: 'geheim' }, values: [0.31337] }],
  ['POST', '/v1/mini-batches', 'application/json', { populationSize: 731924657, size: -1, seed: 1, replacement: true }],
  [
    'PUT',
    evaluation,
    'application/json',
    { ...{ loss: 'cross-entropy', labelFormat: 'index', outputs: 2 }, metadata: { a: 'secret-metadata' } },
  ],
  ['PUT', evaluation, 'application/json', { loss: 'cross-entropy', labelFormat: 'index', outputs: 731924657 }],
  ['PUT', `${evaluation}/batches/a`, 'application/json', { predictions: [[0.7182818, 0.2817182]], labels: [0] }],
  ['PUT', `${evaluation}/batches/a`, 'application/json', { predictions: [[0.2817181, 0.7182819]], labels: [0] }],
  ['POST', `${evaluation}/batches`, 'application/x-ndjson', `${row('b')}${row('b').replace('[0]', '[731924657]')}`],
  ['GET', evaluation, 'application/json', ''],
  ['POST', '/v1/loss', 'application/json', right, `Bearer ${wrongKey}`],
  ['POST', '/v1/loss', 'application/json', right, `Basic ${wrongKey}`],
]

test('neither the log nor the traces show data, queries, keys or tokens, whatever is sent', async (t) => {
  const { lines, logger } = listener()
  const collector = await collectorOf(t)
  const app = await appOf(
    t,
    {
      API_KEYS_FILE: join(t.testdir({ 'keys.json': JSON.stringify(keys) }), 'keys.json'),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
    logger,
  )
  for (const [method, url, type, payload, authorization = `Bearer ${key}`] of requests) {
    const answer = await app.inject({
      method: method as 'POST',
      url,
      headers: { 'content-type': type, authorization },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    })
    t.ok(answer.statusCode < 500, `${method} ${url} ${answer.statusCode}`)
  }
  t.ok(
    await eventually(() => lines.filter((line) => /"msg":"(answered|aborted)"/.test(line)).length === requests.length),
  )
  t.ok(await eventually(() => collector.spans.filter(({ kind }) => kind === 2).length === requests.length))
  t.ok(lines.some((line) => line.includes('"owner":"trainer"') && line.includes('"loss":"cross-entropy"')))
  const told = { log: lines.join(''), traces: JSON.stringify(collector.spans), metrics: await app.metrics?.text() }
  for (const [where, text] of Object.entries(told)) {
    for (const secret of [key, ...secrets]) t.notOk(text?.includes(secret), `${secret} in the ${where}`)
  }
})

test('nor does the log that several workers write, with quotas that are used up', async (t) => {
  const service = start(t, {
    WORKERS: '2',
    LOG_LEVEL: 'trace',
    DATABASE_URL: `sqlite:${join(t.testdir({ 'keys.json': JSON.stringify(keys) }), 'lossmeter.sqlite')}`,
    API_KEYS_FILE: join(t.testdirName, 'keys.json'),
    REQUESTS_PER_MINUTE: String(requests.length + 3),
    BYTES_PER_MINUTE: '100000',
  })
  const port = await portOf(service)
  await until(() => linesWith(service, 'all workers are listening')[0])
  await withinAMinute(20)
  const statuses: number[] = []
  for (const [method, url, type, payload, authorization = `Bearer ${key}`] of [...requests, ...requests]) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
    const headers = { 'content-type': type, authorization, connection: 'close' }
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, { method, headers, ...(method !== 'GET' && { body }) })
    statuses.push(answer.status)
    await answer.arrayBuffer()
  }
  t.ok(statuses.includes(429))
  t.ok(await eventually(() => linesOf(service).filter(({ msg }) => msg === 'answered').length >= statuses.length))
  service.child.kill('SIGTERM')
  t.same(await service.ended, [0, null])
  const told = `${service.output.text}${service.output.errors}`
  for (const secret of [key, ...secrets]) t.notOk(told.includes(secret), secret)
})
