import type { FastifyInstance } from 'fastify'
import { unsupportedMediaType } from '../error-handler.ts'

/** A body without a Content-Type is not parsed; where one is needed it is refused as a body of no known type. */
export function requiredBody(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _reply, done) => {
    const isMissing = request.body === undefined && request.routeOptions.schema?.body !== undefined
    done(isMissing ? unsupportedMediaType(request) : undefined)
  })
}
