import type { Server as HttpsServer } from 'node:https'
import accepts from '@fastify/accepts'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { openAccess } from './access/open.ts'
import { access } from './access/plugin.ts'
import { rateLimit } from './access/rate-limit.ts'
import type { Config } from './config.ts'
import { onBehalfOf } from './database/caller.ts'
import { parseDatabaseUrl } from './database/database-url.ts'
import { openStore } from './database/open.ts'
import { storeProbe } from './evaluations/probe.ts'
import { sweepRegularly } from './evaluations/retention.ts'
import { Evaluations } from './evaluations/service.ts'
import { showRegularly } from './evaluations/shown.ts'
import { createInstance } from './http/instance.ts'
import type { Limits } from './http/limits.ts'
import { limitsOf } from './http/limits.ts'
import { refuseOtherMethods } from './http/methods.ts'
import { openapi } from './http/openapi.ts'
import { accessLog } from './http/plugins/access-log.ts'
import { basePath } from './http/plugins/base-path.ts'
import { bodies } from './http/plugins/bodies.ts'
import { cors } from './http/plugins/cors.ts'
import { host } from './http/plugins/host.ts'
import { metrics } from './http/plugins/metrics.ts'
import { notFound } from './http/plugins/not-found.ts'
import { requestId } from './http/plugins/request-id.ts'
import { requestsInFlight } from './http/plugins/requests-in-flight.ts'
import { security } from './http/plugins/security-headers.ts'
import { traces } from './http/plugins/traces.ts'
import { transferEncoding } from './http/plugins/transfer-encoding.ts'
import { requestContext } from './http/request-context.ts'
import type { Metrics } from './operation/metrics.ts'
import type { MetricsSnapshot } from './operation/metrics-snapshot.ts'
import type { Tracing } from './operation/tracing.ts'
import { openTracing } from './operation/tracing.ts'
import type { Ledger } from './quotas/ledger.ts'
import { PostgresLedger } from './quotas/postgres-ledger.ts'
import type { Quota } from './quotas/quotas.ts'
import { Quotas } from './quotas/quotas.ts'
import { documentAccess, requireKeys } from './routes/access-document.ts'
import { catalogueRoute } from './routes/catalogue.ts'
import { clientsRoute } from './routes/clients.ts'
import { comparisonRoute } from './routes/comparisons/route.ts'
import { auditExpiry } from './routes/evaluations/audit.ts'
import { batchRoutes } from './routes/evaluations/batches.ts'
import { evaluationComparisonRoute } from './routes/evaluations/comparison.ts'
import { curveRoute } from './routes/evaluations/curve.ts'
import { evaluationRoutes } from './routes/evaluations/evaluations.ts'
import { eventRoute } from './routes/evaluations/events.ts'
import type { EvaluationRouteOptions } from './routes/evaluations/found.ts'
import { imageRoutes } from './routes/evaluations/images.ts'
import { joinedRoutes, waitingRoute } from './routes/evaluations/joined.ts'
import { lineRoutes } from './routes/evaluations/lines.ts'
import { listRoute } from './routes/evaluations/list.ts'
import { totalRoute } from './routes/evaluations/total.ts'
import { windowsRoute } from './routes/evaluations/windows.ts'
import type { HealthOptions } from './routes/health.ts'
import { healthRoutes } from './routes/health.ts'
import { limitsRoute } from './routes/limits.ts'
import { lossRoute } from './routes/loss/route.ts'
import type { MetricsOptions } from './routes/metrics.ts'
import { metricsRoute } from './routes/metrics.ts'
import { miniBatchRoute } from './routes/mini-batches.ts'
import { pageRoutes } from './routes/page-routes.ts'
import { notFoundPages } from './routes/problem-pages.ts'
import { problemRoutes } from './routes/problems.ts'
import { sweepRoute } from './routes/sweeps.ts'
import { inferenceRoutes } from './routes/v2/route.ts'
import { Connections } from './wire/server.ts'
import { Tls } from './wire/tls.ts'

export interface Cluster {
  /** Counts what clients send to all of them. */
  readonly ledger: Ledger
  onMetrics(snapshot: () => Promise<MetricsSnapshot>): void
  /** The metrics of all, in the text format of Prometheus. */
  scrape(): Promise<string>
}

export interface AppOptions {
  readonly isClosing?: () => boolean
  /** Whether it deletes old evaluations; one of several workers does. */
  readonly sweeps?: boolean | undefined
  /** The other workers; undefined where there are none. */
  readonly cluster?: Cluster | undefined
}

/** The service as a Fastify instance that is ready to listen or to be injected. A plugin out of its order fails here. */
export async function buildApp(
  config: Config,
  logger: FastifyBaseLogger | false = false,
  { isClosing = () => false, sweeps = true, cluster }: AppOptions = {},
): Promise<FastifyInstance> {
  const limits = limitsOf(config)
  const tls = await Tls.open(config)
  const connections = new Connections(limits, config.KEEP_ALIVE_TIMEOUT_MS, tls)
  const app = createInstance(config, connections, logger)
  const authorities = await openAccess(config, app.log)
  const tracing = await openTracing(config, app.log)
  const isBehindProxies = config.TRUST_PROXY !== undefined

  await app.register(accepts)
  await app.register(accessLog)
  await app.register(requestContext, { limits, isBehindProxies })
  await app.register(requestId)
  await app.register(traces, { tracing })
  await app.register(security)
  await app.register(requestsInFlight, { limits, isBehindProxies })
  await app.register(metrics)
  await app.register(host)
  await app.register(transferEncoding)
  await app.register(notFound)
  await app.register(notFoundPages)
  await app.register(basePath, { base: config.BASE_PATH ?? '' })
  await app.register(cors, { origins: config.CORS_ORIGIN })
  await app.register(access, { authorities })
  await app.register(rateLimit, { standard: quotaOf(config), quotas: openQuotas(config, app.log, cluster) })
  await app.register(documentAccess)
  await app.register(bodies, { limits })

  const { scheduler } = app.resources
  connections.waitFor(scheduler)
  app.server.on('connection', () => scheduler.shortenNextSlice())
  tls?.renew(app.server as HttpsServer, app.log)
  app.addHook('onClose', async () => tls?.close())

  const counted = app.getDecorator<Metrics>('metrics')
  const evaluations = await openEvaluations(app, config, limits, counted, tracing, sweeps)
  cluster?.onMetrics(() => counted.snapshot())
  const scraped = { contentType: counted.contentType, text: () => cluster?.scrape() ?? counted.text() }
  const store = storeProbe(
    () => evaluations.evaluations.ping(),
    (err) => app.log.warn({ err }, 'the evaluation store cannot be used'),
  )
  // the service starts without its database, which may come later
  void store.isReady()
  counted.watchStoreState(() => store.isReady())
  if (tls !== undefined) counted.watchCertificate(() => tls.expires)
  const probes = { isClosing, store, load: evaluations.load }
  await app.register(routes, { evaluations, limits, probes, scraped, isOpen: authorities === undefined })
  await app.ready()
  return app
}

interface RouteOptions {
  readonly evaluations: EvaluationRouteOptions
  readonly limits: Limits
  readonly probes: HealthOptions
  readonly scraped: MetricsOptions
  /** Whether a request without a key is answered as well. */
  readonly isOpen: boolean
}

const routes = fp(
  async (app, { evaluations, limits, probes, scraped, isOpen }: RouteOptions) => {
    await refuseOtherMethods(app, async () => {
      await app.register(openapi, { adapt: isOpen ? () => {} : requireKeys })
      await app.register(lossRoute)
      await app.register(comparisonRoute)
      await app.register(miniBatchRoute)
      await app.register(sweepRoute)
      await app.register(storeRoutes, evaluations)
      await app.register(inferenceRoutes, probes)
      await app.register(catalogueRoute)
      await app.register(limitsRoute, { limits })
      await app.register(problemRoutes)
      await app.register(pageRoutes)
      await app.register(clientsRoute)
      await app.register(healthRoutes, probes)
      await app.register(metricsRoute, scraped)
    })
  },
  { name: 'routes', dependencies: ['access', 'rate-limit', 'access-document', 'bodies'] },
)

/** Those that work with the store, each on behalf of its client. */
async function storeRoutes(app: FastifyInstance, evaluations: EvaluationRouteOptions): Promise<void> {
  app.addHook('preHandler', (request, _reply, done) => onBehalfOf(request.work, done))
  await app.register(evaluationRoutes, evaluations)
  await app.register(listRoute, evaluations)
  await app.register(totalRoute, evaluations)
  await app.register(batchRoutes, evaluations)
  await app.register(lineRoutes, evaluations)
  await app.register(joinedRoutes, evaluations)
  await app.register(waitingRoute, evaluations)
  await app.register(curveRoute, evaluations)
  await app.register(imageRoutes, evaluations)
  await app.register(windowsRoute, evaluations)
  await app.register(evaluationComparisonRoute, evaluations)
  await app.register(eventRoute, evaluations)
}

function quotaOf({ REQUESTS_PER_MINUTE: requestsPerMinute, BYTES_PER_MINUTE: bytesPerMinute }: Config): Quota {
  return { requestsPerMinute, bytesPerMinute }
}

/** Quotas are shared by all replicas with PostgreSQL, else by all workers. */
function openQuotas({ DATABASE_URL: url }: Config, log: FastifyBaseLogger, cluster: Cluster | undefined): Quotas {
  const ledger = parseDatabaseUrl(url).engine === 'postgres' ? new PostgresLedger(url) : cluster?.ledger
  return new Quotas(ledger, log)
}

async function openEvaluations(
  app: FastifyInstance,
  config: Config,
  limits: Limits,
  counted: Metrics,
  tracing: Tracing | undefined,
  sweeps: boolean,
): Promise<EvaluationRouteOptions & Pick<HealthOptions, 'load'>> {
  const store = await openStore(config.DATABASE_URL, limits, Date.now, counted, app.log)
  counted.watchStore(() => store.load.waiting)
  const warn = (err: unknown) => app.log.warn({ err }, 'the evaluation store cannot be used')
  const days = config.EVALUATION_RETENTION_DAYS
  const endSweeping = sweeps ? sweepRegularly(store, days, warn, counted, auditExpiry(app.log)) : undefined
  const ending = new AbortController()
  app.addHook('preClose', async () => ending.abort())
  const { scheduler } = app.resources
  const evaluations = new Evaluations(
    tracing?.observed(store, config.DATABASE_URL) ?? store,
    scheduler,
    counted,
    app.log,
  )
  const endShowing = sweeps ? showRegularly(evaluations, scheduler, (figures) => counted.shown(figures)) : undefined
  app.addHook('onClose', async () => {
    endSweeping?.()
    endShowing?.()
    await store.close()
  })
  return {
    evaluations,
    retentionDays: days,
    load: () => store.load,
    ending: AbortSignal.any([ending.signal, app.connections.ending]),
  }
}
