import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
import type { SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import type { FastifyBaseLogger } from 'fastify'
import packageJson from '../../package.json' with { type: 'json' }
import { parseDatabaseUrl } from '../database/database-url.ts'
import type { Store } from '../database/store.ts'
import type { Trace, TraceParent } from './traceparent.ts'

type Api = typeof import('@opentelemetry/api')

export interface TracingConfig {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined
  readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined
  readonly OTEL_TRACES_SAMPLER_ARG: number
}

const closingMilliseconds = 1000

export class RequestTrace implements Trace {
  readonly #api: Api
  readonly #tracer: Tracer
  readonly #span: Span
  readonly #context: Context

  constructor(api: Api, tracer: Tracer, span: Span) {
    this.#api = api
    this.#tracer = tracer
    this.#span = span
    this.#context = api.trace.setSpan(api.ROOT_CONTEXT, span)
  }

  get id(): string {
    return this.#span.spanContext().traceId
  }

  begin(part: string, target?: Attributes): (hasFailed?: boolean) => void {
    const { CLIENT, INTERNAL } = this.#api.SpanKind
    const options = target === undefined ? { kind: INTERNAL } : { kind: CLIENT, attributes: target }
    const span = this.#tracer.startSpan(part, options, this.#context)
    // messages of errors may contain what was sent, so spans do not have them
    return (hasFailed) => endSpan(this.#api, span, hasFailed)
  }

  end(attributes: Attributes, hasFailed: boolean): void {
    this.#span.setAttributes(attributes)
    endSpan(this.#api, this.#span, hasFailed)
  }
}

function endSpan(api: Api, span: Span, hasFailed = false): void {
  if (hasFailed) span.setStatus({ code: api.SpanStatusCode.ERROR })
  span.end()
}

/** Makes the spans of requests, and sends them to a collector in the background. */
export class Tracing {
  readonly #api: Api
  readonly #provider: TracerProvider
  readonly #tracer: Tracer
  readonly #current = new AsyncLocalStorage<Trace>()

  constructor(api: Api, provider: TracerProvider) {
    this.#api = api
    this.#provider = provider
    this.#tracer = provider.getTracer(packageJson.name, packageJson.version)
  }

  /** Begins the span of a request, within the trace of its client if it has one. */
  begin(name: string, parent: TraceParent | undefined, state: unknown): RequestTrace {
    const { ROOT_CONTEXT, SpanKind, createTraceState, trace } = this.#api
    const traceState = typeof state === 'string' ? { traceState: createTraceState(state) } : {}
    const context =
      parent === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, { ...parent, ...traceState, isRemote: true })
    const span = this.#tracer.startSpan(name, { kind: SpanKind.SERVER }, context)
    return new RequestTrace(this.#api, this.#tracer, span)
  }

  /** Runs what asks the store on behalf of a request. */
  within(trace: Trace | undefined, run: () => void): void {
    if (trace === undefined) run()
    else this.#current.run(trace, run)
  }

  /** The same store, each of whose operations is a span of the request that asks for it. */
  observed(store: Store, databaseUrl: string): Store {
    const current = this.#current
    const database = attributesOf(databaseUrl)
    return new Proxy(store, {
      get(target, name) {
        const operation = Reflect.get(target, name)
        return (...args: unknown[]) => {
          const result = operation.apply(target, args)
          // iterators are read by the request itself
          if (!(result instanceof Promise)) return result
          const end = current
            .getStore()
            ?.begin(`store ${String(name)}`, { ...database, 'db.operation.name': String(name) })
          result.then(
            () => end?.(),
            () => end?.(true),
          )
          return result
        }
      },
    })
  }

  /** Sends what is left, as long as there is time for it. */
  async close(milliseconds = closingMilliseconds): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds)
    })
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late])
    clearTimeout(timer)
  }
}

/**
 * Begins to trace where a collector is named; else nothing of OpenTelemetry's SDK is loaded. A collector that is out of reach
 * costs spans, of which so many wait at most, and nothing else; the log says once when it is, and when it is back.
 */
export async function openTracing(config: TracingConfig, log: FastifyBaseLogger): Promise<Tracing | undefined> {
  const url = endpointOf(config)
  if (url === undefined) return undefined
  const [api, sdk, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const { name, version } = packageJson
  const exporter = telling(new OTLPTraceExporter({ url }), log)
  const provider = new sdk.TracerProvider({
    // what the operator sets in the environment wins
    resource: resources
      .defaultResource()
      .merge(
        resources.resourceFromAttributes({
          'service.name': name,
          'service.version': version,
          'service.instance.id': randomUUID(),
        }),
      )
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.OTEL_TRACES_SAMPLER_ARG) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })],
  })
  return new Tracing(api, provider)
}

/** The attributes by which OpenTelemetry describes a database. SQLite is a file, so it has no address. */
function attributesOf(databaseUrl: string): Readonly<Record<string, string>> {
  const address = parseDatabaseUrl(databaseUrl)
  if (address.engine === 'sqlite') return { 'db.system.name': 'sqlite' }
  const { hostname, searchParams } = new URL(address.url)
  const host = hostname || searchParams.get('host')
  return { 'db.system.name': 'postgresql', ...(host && { 'server.address': host }) }
}

/** The URL for spans, as OpenTelemetry defines it: their own, or below that of all signals. */
export function endpointOf(config: TracingConfig): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ofTraces } = config
  return ofTraces ?? (all && `${all.replace(/\/$/, '')}/v1/traces`)
}

/** An exporter whose failures are logged when they begin and when they end. */
export function telling(exporter: SpanExporter, log: FastifyBaseLogger): SpanExporter {
  let isFailing = false
  return {
    export: (spans, done) => {
      exporter.export(spans, (result) => {
        const fails = result.code !== 0
        if (fails && !isFailing) log.warn({ err: result.error }, 'traces cannot be sent')
        if (!fails && isFailing) log.info('traces are sent again')
        isFailing = fails
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
