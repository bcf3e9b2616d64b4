import fp from 'fastify-plugin'
import { Problem } from '../problem.ts'

/** An address at which nothing is served is refused before a body is read. */
export const notFound = fp(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      done(request.is404 ? nothingServed() : undefined)
    })
  },
  { name: 'not-found', dependencies: ['requests-in-flight'] },
)

export function nothingServed(): Problem {
  return new Problem('not-found', 'Nothing is served at this address. /openapi.json lists the available routes.')
}
