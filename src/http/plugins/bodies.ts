import fp from 'fastify-plugin'
import { registerBodies } from '../bodies.ts'
import { unsupportedMediaType } from '../error-handler.ts'
import type { Limits } from '../limits.ts'

/** Reads JSON bodies. A body without a Content-Type is not parsed; a route that needs one refuses it as of no known type. */
export const bodies = fp(
  async (app, { limits }: { readonly limits: Limits }) => {
    registerBodies(app, limits)
    app.addHook('preValidation', (request, _reply, done) => {
      const isMissing = request.body === undefined && request.routeOptions.schema?.body !== undefined
      done(isMissing ? unsupportedMediaType(request) : undefined)
    })
  },
  { name: 'bodies', dependencies: ['request-context'] },
)
