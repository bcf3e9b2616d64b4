import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../problem.ts'

/** A request of HTTP/1.1 needs one host (RFC 9112, section 3.2); Node's own refusal would be no problem document. */
export const host = fp(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      const fault = faultOf(request)
      done(fault === undefined ? undefined : new Problem('bad-request', fault))
    })
  },
  { name: 'host', dependencies: ['requests-in-flight'] },
)

function faultOf({ headers, raw: { httpVersion, rawHeaders } }: FastifyRequest): string | undefined {
  if (headers.host === undefined)
    return httpVersion === '1.1' ? 'An HTTP/1.1 request must include a Host header.' : undefined
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at].length === 4 && rawHeaders[at].toLowerCase() === 'host') hosts++
  }
  return hosts > 1 ? 'A request may include only one Host header.' : undefined
}
