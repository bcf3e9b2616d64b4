import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import Fastify, { LogController } from 'fastify'
import type { Config } from '../config.ts'
import type { Connections } from '../wire/server.ts'
import { answerClientError, refuseAddress } from './client-error.ts'
import { handleError } from './error-handler.ts'
import { addressBelow } from './plugins/base-path.ts'
import { requestIdOf } from './plugins/request-id.ts'
import { validatorCompiler } from './validation.ts'

type InstanceConfig = Pick<Config, 'BASE_PATH' | 'TRUST_PROXY'>

export function createInstance(
  config: InstanceConfig,
  connections: Connections,
  logger: FastifyBaseLogger | false,
): FastifyInstance {
  const app = Fastify({
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    // the body reader bounds the size and the time of bodies
    bodyLimit: Number.MAX_SAFE_INTEGER,
    serverFactory: (listener) => connections.serve(listener),
    forceCloseConnections: false,
    genReqId: requestIdOf,
    ...(config.BASE_PATH !== undefined && { rewriteUrl: addressBelow(config.BASE_PATH) }),
    trustProxy: proxiesOf(config),
    clientErrorHandler: answerClientError,
    frameworkErrors: refuseAddress,
    return503OnClosing: false,
    // names of evaluations and batches have up to 128 characters, each of which may be percent-encoded
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 3 * 128 },
  })
  if (logger !== false) app.log = logger
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler(handleError)
  app.decorate('connections', connections)
  return app
}

function proxiesOf({
  TRUST_PROXY: proxies,
}: InstanceConfig): string | false | ((address: string, hop: number) => boolean) {
  if (proxies === undefined) return false
  return /^\d+$/.test(proxies) ? (_address, hop) => hop < Number(proxies) : proxies
}
