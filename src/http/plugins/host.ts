import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../problem.ts'

/** A request of HTTP/1.1 needs a host (RFC 9112, section 3.2); Node's own refusal would be no problem document. */
export function host(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done(hasNoHost(request) ? new Problem('bad-request', 'An HTTP/1.1 request must include a Host header.') : undefined)
  })
}

function hasNoHost({ headers, raw }: FastifyRequest): boolean {
  return headers.host === undefined && raw.httpVersion === '1.1'
}
