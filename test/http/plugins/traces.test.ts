import { test } from 'tap'
import { traces } from '../../../src/http/plugins/traces.ts'
import { eventually } from '../../eventually.ts'
import { collectorOf, valuesOf } from '../../operation/collector.ts'
import { appOf, listener } from '../../support.ts'
import { bare, connected, portOf, standIns } from './support.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const json = { 'content-type': 'application/json' }
const mae = { loss: 'mae', labelFormat: 'values', predictions: [2, 5], labels: [1, 2] }

test('a request is a span, and so are its parts', async (t) => {
  const collector = await collectorOf(t)
  const log = listener()
  const app = await appOf(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, log.logger)
  const send = (method: 'POST' | 'PUT', url: string, payload: object, headers = {}) =>
    app.inject({ method, url, payload: JSON.stringify(payload), headers: { ...json, ...headers } })
  await send('POST', '/v1/loss', mae, { traceparent, 'x-request-id': 'mine' })
  await send('POST', '/v1/loss?a=geheim', mae)
  await send('PUT', '/v1/evaluations/a', { loss: 'mae', labelFormat: 'values', outputs: 1 })
  await send('PUT', '/v1/evaluations/a/batches/b', { predictions: [2, 5], labels: [1, 2] })
  await app.inject({
    method: 'POST',
    url: '/v1/evaluations/a/batches',
    payload: '{"batch":"c","predictions":[2],"labels":[1]}\n',
    headers: { 'content-type': 'application/x-ndjson' },
  })
  await app.inject('/nope')
  await app.inject('/livez')
  t.ok(await eventually(() => collector.spans.some(({ name }) => name === 'GET')))
  const request = collector.spans.find(({ name }) => name === 'POST /v1/loss')
  t.match(request, { traceId, parentSpanId: '00f067aa0ba902b7', kind: 2, status: { code: 0 } })
  t.same(valuesOf(request?.attributes ?? []), {
    'http.request.method': 'POST',
    'http.route': '/v1/loss',
    'http.response.status_code': 200,
    'url.path': '/v1/loss',
    'url.scheme': 'http',
    'lossmeter.request_id': 'mine',
    'lossmeter.body.bytes': JSON.stringify(mae).length,
    'lossmeter.body.format': 'json',
    'lossmeter.rows': 2,
    'lossmeter.loss': 'mae',
    'lossmeter.label_format': 'values',
  })
  const partsOf = (name: string) => {
    const whole = collector.spans.find((span) => span.name === name)
    return collector.spans.filter(({ parentSpanId }) => parentSpanId === whole?.spanId).map((span) => span.name)
  }
  t.same(new Set(partsOf('POST /v1/loss')), new Set(['receive', 'decode', 'fold']))
  const put = partsOf('PUT /v1/evaluations/:evaluation/batches/:batch')
  t.same(new Set(put), new Set(['receive', 'decode', 'fold', 'store putBatches']))
  const lines = partsOf('POST /v1/evaluations/:evaluation/batches')
  t.same(new Set(lines), new Set(['receive', 'fold', 'store find', 'store putBatches']))
  t.notOk(collector.spans.some(({ name }) => name.includes('livez')))
  t.notOk(JSON.stringify(collector.spans).includes('geheim'))
  t.ok(await eventually(() => log.lines.some((line) => line.includes(`"traceId":"${traceId}"`))))
})

test('below a base path the span has the template of the route all the same', async (t) => {
  const collector = await collectorOf(t)
  const app = await appOf(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, BASE_PATH: '/models' })
  await app.inject('/models/v1/evaluations/a')
  t.ok(await eventually(() => collector.spans.some(({ kind }) => kind === 2)))
  const { name, attributes } = collector.spans.find(({ kind }) => kind === 2) ?? { attributes: [] }
  t.equal(name, 'GET /v1/evaluations/:evaluation')
  t.match(valuesOf(attributes), { 'http.route': '/v1/evaluations/:evaluation', 'url.path': '/models/v1/evaluations/a' })
})

test('what fails, and what is left before the answer, is a failed span', async (t) => {
  const told: unknown[] = []
  const trace = { end: (attributes: Record<string, unknown>, hasFailed: boolean) => told.push([attributes, hasFailed]) }
  const app = bare(t)
  app.decorateRequest('work')
  app.addHook('onRequest', async (request) => {
    request.work = { bytes: 0, rows: 0 } as never
  })
  await standIns(app, 'request-context')
  const within = (_trace: unknown, run: () => void) => run()
  await app.register(traces, { tracing: { begin: () => trace, within, close: async () => undefined } as never })
  let isAsked = false
  app.get('/never', (_request, _reply) => {
    isAsked = true
  })
  app.get('/fails', (_request, reply) => reply.code(503).send('no'))
  await app.inject('/fails')
  const socket = await connected(t, await portOf(app))
  socket.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n')
  t.ok(await eventually(() => isAsked))
  socket.destroy()
  t.ok(await eventually(() => told.length === 2))
  t.match(told, [
    [{ 'http.route': '/fails', 'http.response.status_code': 503 }, true],
    [{ 'http.route': '/never', 'http.response.status_code': undefined }, true],
  ])
})

test('without a collector the trace of a client is in the log line all the same', async (t) => {
  const { lines, logger } = listener()
  const app = await appOf(t, {}, logger)
  await app.inject({ url: '/v1/losses', headers: { traceparent } })
  await app.inject({ url: '/v1/limits', headers: { traceparent: 'nonsense' } })
  t.ok(await eventually(() => lines.filter((line) => line.includes('answered')).length === 2))
  t.ok(lines.some((line) => line.includes(`"traceId":"${traceId}"`)))
  t.notOk(lines.some((line) => line.includes('nonsense')))
})
