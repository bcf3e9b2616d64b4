import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import accepts from '@fastify/accepts'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Fastify, { LogController } from 'fastify'
import type { Config } from './config.ts'
import { registerBodies } from './http/body/register.ts'
import { answerClientError } from './http/client-error.ts'
import { limitsOf } from './http/limits.ts'
import { refuseOtherMethods } from './http/methods.ts'
import { registerOpenapi } from './http/openapi.ts'
import { handleError, Problem, pathOf } from './http/problem.ts'
import { validatorCompiler } from './http/validation.ts'
import { catalogueRoute } from './routes/catalogue.ts'
import { exploreRoute } from './routes/explore.ts'
import { healthRoutes } from './routes/health.ts'
import { limitsRoute } from './routes/limits.ts'
import { lossRoute } from './routes/loss/route.ts'
import { miniBatchRoute } from './routes/mini-batches.ts'
import { problemRoutes } from './routes/problems.ts'
import { sweepRoute } from './routes/sweeps.ts'

/** The service as a Fastify instance that is ready to listen or to be injected. `isClosing` makes /readyz fail. */
export async function buildApp(
  config: Config,
  logger: FastifyBaseLogger | false = false,
  isClosing = () => false,
): Promise<FastifyInstance> {
  const limits = limitsOf(config)
  const app = Fastify({
    ...(logger === false ? { logger } : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    // bodies are bounded in size and time where they are read, see http/body
    bodyLimit: Number.MAX_SAFE_INTEGER,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT_MS,
    http: {
      headersTimeout: config.HEADERS_TIMEOUT_MS,
      requestTimeout: 0,
      connectionsCheckingInterval: 500,
      requireHostHeader: false,
    },
    genReqId: requestIdOf,
    clientErrorHandler: answerClientError,
    frameworkErrors: refuseAddress,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler(handleError)
  app.setNotFoundHandler(() => {
    throw notFound()
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders).header('x-request-id', request.id)
    done(request.is404 ? notFound() : hasNoHost(request) ? hostMissing() : undefined)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url } = request
    request.log.info(
      { method, path: pathOf(url), status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime * 10) / 10 },
      'answered',
    )
    done()
  })

  if (config.CORS_ORIGIN !== undefined)
    await app.register(cors, { origin: originsOf(config.CORS_ORIGIN), exposedHeaders: ['x-request-id', 'retry-after'] })
  await app.register(accepts)
  registerBodies(app, limits)

  await refuseOtherMethods(app, async () => {
    await registerOpenapi(app)
    await app.register(lossRoute)
    await app.register(miniBatchRoute)
    await app.register(sweepRoute)
    await app.register(catalogueRoute)
    await app.register(limitsRoute, { limits })
    await app.register(problemRoutes)
    await app.register(exploreRoute)
    await app.register(healthRoutes, { isClosing })
  })
  await app.ready()
  return app
}

/** Nothing but this service's own files; Swagger UI draws its icons from data: addresses. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  upgradeInsecureRequests: null,
}

/** What helmet sets, asked for once: it would put the policy together anew for every answer. */
const securityHeaders: Record<string, string> = await headersOfHelmet()

async function headersOfHelmet(): Promise<Record<string, string>> {
  const app = Fastify()
  await app.register(helmet, {
    contentSecurityPolicy: { directives: contentSecurityPolicy },
    strictTransportSecurity: false,
    // for browsers that are no more
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })
  app.get('/', (_request, reply) => reply.send(reply.raw.getHeaders()))
  return (await app.inject('/')).json()
}

function originsOf(origin: string): string | string[] {
  return origin === '*' ? origin : origin.split(',').map((part) => part.trim())
}

/** The client's x-request-id where it is one harmless word, else a new one. */
function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
}

/** Answers where the router itself gives up, before any hook. */
function refuseAddress(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const detail = 'The address is malformed: a part of it is badly encoded or too long.'
  reply.headers(securityHeaders).header('x-request-id', request.id)
  handleError(new Problem('bad-request', detail), request, reply)
}

function notFound(): Problem {
  return new Problem('not-found', 'Nothing is served at this address. /openapi.json lists the addresses there are.')
}

// Node's own answer would be no problem document
function hasNoHost({ headers, raw }: FastifyRequest): boolean {
  return headers.host === undefined && raw.httpVersion === '1.1'
}

function hostMissing(): Problem {
  return new Problem('bad-request', 'A request of HTTP/1.1 needs the header Host.')
}
