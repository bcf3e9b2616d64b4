import type { FastifyInstance } from 'fastify'
import { unsupportedMediaType } from '../problem.ts'

/** A body without a Content-Type is not parsed; where one is needed it is refused as a body of no known type. */
export function requiredBody(app: FastifyInstance): void {
  app.addHook('preValidation', ({ body, routeOptions: { schema, config } }, _reply, done) => {
    done(schema?.body !== undefined && body === undefined ? unsupportedMediaType(config.accepts) : undefined)
  })
}
