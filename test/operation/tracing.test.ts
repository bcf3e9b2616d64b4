import { spawnSync } from 'node:child_process'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import { test } from 'tap'
import type { Store } from '../../src/database/store.ts'
import { endpointOf, openTracing, telling } from '../../src/operation/tracing.ts'
import { eventually } from '../eventually.ts'
import { listener } from '../support.ts'
import { collectorOf, valuesOf } from './collector.ts'

const silent = listener().logger
const none = {
  OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: undefined,
  OTEL_TRACES_SAMPLER_ARG: 1,
}
const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1 }

/** Tracing that is there. */
async function opened(url: string, share = 1) {
  const config = { ...none, OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: share }
  const tracing = await openTracing(config, silent)
  if (tracing === undefined) throw new Error('no tracing')
  return tracing
}

test('spans go below the address of all signals, or to their own', async (t) => {
  t.equal(endpointOf(none), undefined)
  t.equal(endpointOf({ ...none, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1' }), 'http://a:1/v1/traces')
  t.equal(endpointOf({ ...none, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1/b/' }), 'http://a:1/b/v1/traces')
  const own = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/d' }
  t.equal(endpointOf({ ...none, ...own }), 'http://c/d')
  t.equal(await openTracing(none, silent), undefined)
})

test('the spans of a request reach the collector, within the trace of its client', async (t) => {
  const collector = await collectorOf(t)
  const tracing = await opened(collector.url)
  const trace = tracing.begin('POST /a', parent, 'vendor=1')
  t.equal(trace.id, parent.traceId)
  trace.begin('decode')()
  trace.begin('fold')(true)
  trace.end({ 'http.route': '/a' }, false)
  const alone = tracing.begin('GET /b', undefined, undefined)
  t.match(alone.id, /^[\da-f]{32}$/)
  alone.end({}, true)
  await tracing.close()
  t.same(collector.paths, ['/v1/traces'])
  t.match(collector.resources, [{ 'service.name': 'lossmeter', 'service.version': /^\d/ }])
  const [decode, fold, request, other] = collector.spans
  t.match(request, { ...{ name: 'POST /a', traceId: parent.traceId, parentSpanId: parent.spanId }, kind: 2 })
  t.equal(request.traceState, 'vendor=1')
  t.same(valuesOf(request.attributes), { 'http.route': '/a' })
  for (const part of [decode, fold]) t.match(part, { traceId: parent.traceId, parentSpanId: request.spanId })
  t.same([decode.name, decode.status.code, fold.name, fold.status.code], ['decode', 0, 'fold', 2])
  t.match(other, { name: 'GET /b', traceId: alone.id, status: { code: 2 } })
})

test('of traces that begin here a share is sent, of those of clients what they say', async (t) => {
  const collector = await collectorOf(t)
  const tracing = await opened(collector.url, 0)
  tracing.begin('not', undefined, undefined).end({}, false)
  tracing.begin('sampled', parent, undefined).end({}, false)
  tracing.begin('not sampled', { ...parent, traceFlags: 0 }, undefined).end({}, false)
  await tracing.close()
  t.same(
    collector.spans.map(({ name }) => name),
    ['sampled'],
  )
})

test('operations of the store are spans of the request that asks', async (t) => {
  const collector = await collectorOf(t)
  const tracing = await opened(collector.url)
  const error = new Error('locked')
  const store = tracing.observed(
    {
      ping: async () => undefined,
      sweep: async () => {
        throw error
      },
      subscribe: () => () => undefined,
    } as Partial<Store> as Store,
    'postgres://ann:secret@db.example:5433/x',
  )
  const trace = tracing.begin('a', undefined, undefined)
  await new Promise<void>((resolve) => {
    tracing.within(trace, async () => {
      await store.ping()
      await t.rejects(store.sweep(), error)
      store.subscribe(1, () => undefined)
      resolve()
    })
  })
  await store.ping()
  await new Promise<void>((resolve) => tracing.within(undefined, resolve))
  trace.end({}, false)
  await tracing.close()
  t.same(
    collector.spans.map(({ name, status }) => [name, status.code]),
    [
      ['store ping', 0],
      ['store sweep', 2],
      ['a', 0],
    ],
  )
  const [ping, , request] = collector.spans
  t.same([ping.kind, request.kind], [3, 2], 'CLIENT and SERVER')
  t.same(valuesOf(ping.attributes), {
    'db.system.name': 'postgresql',
    'db.operation.name': 'ping',
    'server.address': 'db.example',
  })
  t.match(collector.resources, [{ 'service.instance.id': /^[\da-f-]{36}$/ }])
})

test('a collector that does not answer holds up neither requests nor the end', async (t) => {
  const collector = await collectorOf(t)
  collector.status = 0
  const tracing = await opened(collector.url)
  for (let span = 0; span < 10_000; span++) tracing.begin('a', undefined, undefined).end({}, false)
  const began = performance.now()
  await tracing.close(100)
  t.ok(performance.now() - began < 5000)
})

test('the log tells once that traces cannot be sent, and that they are again', async (t) => {
  const { lines, logger } = listener()
  const results = [1, 1, 0, 0, 1]
  const inner: SpanExporter = {
    export: (_spans, done) => done({ code: Number(results.shift()), error: new Error('refused') }),
    shutdown: async () => void results.push(7),
  }
  const exporter = telling(inner, logger)
  const codes: number[] = []
  while (results.length > 0) exporter.export([] as ReadableSpan[], ({ code }) => codes.push(code))
  t.same(codes, [1, 1, 0, 0, 1])
  t.same(
    lines.map((line) => JSON.parse(line)).map(({ level, msg }) => [level, msg]),
    [
      [40, 'traces cannot be sent'],
      [30, 'traces are sent again'],
      [40, 'traces cannot be sent'],
    ],
  )
  await exporter.shutdown()
  t.same(results, [7])
})

test('a collector that is not there ends nothing', async (t) => {
  const { lines, logger } = listener()
  const gone = await openTracing({ ...none, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/x' }, logger)
  gone?.begin('a', undefined, undefined).end({}, false)
  await gone?.close(200)
  t.ok(await eventually(() => lines.length <= 1))
})

test('nothing of the SDK is loaded while no collector is named', async (t) => {
  const app = new URL('../../src/app.ts', import.meta.url).href
  const config = new URL('../../src/config.ts', import.meta.url).href
  const code = `
    import { registerHooks } from 'node:module'
    let loaded = 0
    registerHooks({ load: (url, context, next) => {
      if (/@opentelemetry.(?!api)/.test(url)) loaded++
      return next(url, context)
    } })
    const { buildApp } = await import(${JSON.stringify(app)})
    const { parseConfig } = await import(${JSON.stringify(config)})
    for (const more of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }]) {
      const app = await buildApp(parseConfig({ DATABASE_URL: 'memory:', ...more }))
      await app.inject('/v1/losses')
      await app.close()
      console.log(loaded > 0)
    }
    process.exit()`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  t.same([stdout.trim().split('\n'), stderr], [['false', 'true'], ''])
})
