import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

/** The parser undoes `chunked` alone and would take what any other coding has made for the body itself. */
export function transferEncoding(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const coding = request.headers['transfer-encoding']
    const isKnown = coding === undefined || coding.toLowerCase() === 'chunked'
    done(isKnown ? undefined : new Problem('bad-request', 'Transfer-Encoding may only be chunked.'))
  })
}
