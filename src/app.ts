import type { Server as HttpsServer } from 'node:https'
import accepts from '@fastify/accepts'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import Fastify, { LogController } from 'fastify'
import { openAccess } from './access/open.ts'
import { access } from './access/plugin.ts'
import { rateLimit } from './access/rate-limit.ts'
import type { Config } from './config.ts'
import { parseDatabaseUrl } from './database/database-url.ts'
import { openStore } from './database/open.ts'
import { storeProbe } from './evaluations/probe.ts'
import { sweepRegularly } from './evaluations/retention.ts'
import { Evaluations } from './evaluations/service.ts'
import { registerBodies } from './http/bodies.ts'
import { answerClientError, refuseAddress } from './http/client-error.ts'
import type { Limits } from './http/limits.ts'
import { limitsOf } from './http/limits.ts'
import { refuseOtherMethods } from './http/methods.ts'
import { registerOpenapi } from './http/openapi.ts'
import { accessLog } from './http/plugins/access-log.ts'
import { addressBelow, basePath } from './http/plugins/base-path.ts'
import { cors } from './http/plugins/cors.ts'
import { host } from './http/plugins/host.ts'
import { metrics } from './http/plugins/metrics.ts'
import { notFound } from './http/plugins/not-found.ts'
import { requestId, requestIdOf } from './http/plugins/request-id.ts'
import { requestsInFlight } from './http/plugins/requests-in-flight.ts'
import { requiredBody } from './http/plugins/required-body.ts'
import { security } from './http/plugins/security-headers.ts'
import { traces } from './http/plugins/traces.ts'
import { transferEncoding } from './http/plugins/transfer-encoding.ts'
import { handleError } from './http/problem.ts'
import { requestWork } from './http/request-context.ts'
import { validatorCompiler } from './http/validation.ts'
import type { Metrics } from './operation/metrics.ts'
import type { MetricsSnapshot } from './operation/metrics-snapshot.ts'
import type { Tracing } from './operation/tracing.ts'
import { openTracing } from './operation/tracing.ts'
import type { Ledger } from './quotas/ledger.ts'
import { PostgresLedger } from './quotas/postgres-ledger.ts'
import { Quotas } from './quotas/quotas.ts'
import { documentAccess } from './routes/access-document.ts'
import { catalogueRoute } from './routes/catalogue.ts'
import { comparisonRoute } from './routes/comparisons/route.ts'
import { batchRoutes } from './routes/evaluations/batches.ts'
import { evaluationComparisonRoute } from './routes/evaluations/comparison.ts'
import { curveRoute } from './routes/evaluations/curve.ts'
import { evaluationRoutes } from './routes/evaluations/evaluations.ts'
import { eventRoute } from './routes/evaluations/events.ts'
import type { EvaluationRouteOptions } from './routes/evaluations/found.ts'
import { lineRoutes } from './routes/evaluations/lines.ts'
import { exploreRoute } from './routes/explore.ts'
import { healthRoutes } from './routes/health.ts'
import { limitsRoute } from './routes/limits.ts'
import { lossRoute } from './routes/loss/route.ts'
import { metricsRoute } from './routes/metrics.ts'
import { miniBatchRoute } from './routes/mini-batches.ts'
import { notFoundPages } from './routes/problem-pages.ts'
import { problemRoutes } from './routes/problems.ts'
import { sweepRoute } from './routes/sweeps.ts'
import { inferenceRoutes } from './routes/v2/route.ts'
import { Connections } from './wire/server.ts'
import { Tls } from './wire/tls.ts'

/** What several workers share. */
export interface Cluster {
  /** Counts what clients send to all of them. */
  readonly ledger: Ledger
  /** Has others ask for the metrics of this one. */
  onMetrics(snapshot: () => Promise<MetricsSnapshot>): void
  /** The metrics of all, in the text format of Prometheus. */
  scrape(): Promise<string>
}

export interface AppOptions {
  /** Makes /readyz fail. */
  readonly isClosing?: () => boolean
  /** Whether it deletes old evaluations; of several workers one does. */
  readonly sweeps?: boolean | undefined
  /** The other workers; undefined where there are none. */
  readonly cluster?: Cluster | undefined
}

/** The service as a Fastify instance that is ready to listen or to be injected. */
export async function buildApp(
  config: Config,
  logger: FastifyBaseLogger | false = false,
  { isClosing = () => false, sweeps = true, cluster }: AppOptions = {},
): Promise<FastifyInstance> {
  const limits = limitsOf(config)
  const tls = await Tls.open(config)
  const connections = new Connections(limits, config.KEEP_ALIVE_TIMEOUT_MS, tls)
  const app = Fastify({
    // its logger would cost each request a child and two listeners
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    // bodies are bounded in size and time where they are read, see http/body
    bodyLimit: Number.MAX_SAFE_INTEGER,
    serverFactory: (listener) => connections.serve(listener),
    // they are closed by app.connections
    forceCloseConnections: false,
    genReqId: requestIdOf,
    ...(config.BASE_PATH !== undefined && { rewriteUrl: addressBelow(config.BASE_PATH) }),
    trustProxy: proxiesOf(config),
    clientErrorHandler: answerClientError,
    frameworkErrors: refuseAddress,
    return503OnClosing: false,
    // names of evaluations and batches may be as long, and each character may be escaped
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 3 * 128 },
  })
  if (logger !== false) app.log = logger
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler(handleError)

  const authorities = await openAccess(config, app.log)
  // with TLS the server is one of node:https
  tls?.renew(app.server as HttpsServer, app.log)
  app.addHook('onClose', async () => {
    authorities?.close()
    tls?.close()
  })

  const tracing = await openTracing(config, app.log)

  app.decorate('connections', connections)
  accessLog(app)
  const isBehindProxies = config.TRUST_PROXY !== undefined
  requestWork(app, limits, isBehindProxies)
  connections.waitFor(app.resources.scheduler)
  app.server.on('connection', () => app.resources.scheduler.shortenNextSlice())
  requestId(app)
  traces(app, tracing)
  security(app)
  requestsInFlight(app, limits, isBehindProxies)
  const counted = metrics(app)
  host(app)
  transferEncoding(app)
  notFound(app)
  notFoundPages(app)
  basePath(app, config.BASE_PATH ?? '')
  await cors(app, config.CORS_ORIGIN)
  access(app, authorities)
  rateLimit(
    app,
    { requestsPerMinute: config.REQUESTS_PER_MINUTE, bytesPerMinute: config.BYTES_PER_MINUTE },
    openQuotas(app, config, cluster),
  )
  documentAccess(app, authorities === undefined)
  await app.register(accepts)
  registerBodies(app, limits)
  requiredBody(app)

  const evaluations = await openEvaluations(app, config, limits, counted, tracing, sweeps)
  await refuseOtherMethods(app, async () => {
    await registerOpenapi(app)
    await app.register(lossRoute)
    await app.register(comparisonRoute)
    await app.register(miniBatchRoute)
    await app.register(sweepRoute)
    await app.register(evaluationRoutes, evaluations)
    await app.register(batchRoutes, evaluations)
    await app.register(lineRoutes, evaluations)
    await app.register(curveRoute, evaluations)
    await app.register(evaluationComparisonRoute, evaluations)
    await app.register(eventRoute, evaluations)
    await app.register(inferenceRoutes, { isClosing })
    await app.register(catalogueRoute)
    await app.register(limitsRoute, { limits })
    await app.register(problemRoutes)
    await app.register(exploreRoute)
    await app.register(healthRoutes, { isClosing, isStoreReady: storeProbe(() => evaluations.evaluations.ping()) })
    cluster?.onMetrics(() => counted.snapshot())
    const text = () => cluster?.scrape() ?? counted.text()
    await app.register(metricsRoute, { contentType: counted.contentType, text })
  })
  await app.ready()
  return app
}

/** Counts what clients send: with PostgreSQL for all replicas, else for all workers. */
function openQuotas(app: FastifyInstance, { DATABASE_URL: url }: Config, cluster: Cluster | undefined): Quotas {
  const ledger = parseDatabaseUrl(url).engine === 'postgres' ? new PostgresLedger(url) : cluster?.ledger
  const quotas = new Quotas(ledger, app.log)
  app.addHook('onClose', () => quotas.close())
  return quotas
}

/** Whose X-Forwarded-For is believed. */
function proxiesOf({ TRUST_PROXY: proxies }: Config): string | false | ((address: string, hop: number) => boolean) {
  if (proxies === undefined) return false
  return /^\d+$/.test(proxies) ? (_address, hop) => hop < Number(proxies) : proxies
}

/** Opens the store, which is closed with the service. */
async function openEvaluations(
  app: FastifyInstance,
  config: Config,
  limits: Limits,
  counted: Metrics,
  tracing: Tracing | undefined,
  sweeps: boolean,
): Promise<EvaluationRouteOptions> {
  const store = await openStore(config.DATABASE_URL, limits, Date.now, counted)
  const warn = (err: unknown) => app.log.warn({ err }, 'the store of evaluations cannot be used')
  // a database that is out of reach at the start may come later
  void store.ping().catch(warn)
  const endSweeping = sweeps ? sweepRegularly(store, config.EVALUATION_RETENTION_DAYS, warn) : undefined
  const ending = new AbortController()
  app.addHook('preClose', async () => ending.abort())
  app.addHook('onClose', async () => {
    endSweeping?.()
    await store.close()
  })
  const evaluations = new Evaluations(tracing?.observed(store) ?? store, app.resources.scheduler, counted)
  return {
    evaluations,
    retentionDays: config.EVALUATION_RETENTION_DAYS,
    ending: AbortSignal.any([ending.signal, app.connections.ending]),
  }
}
