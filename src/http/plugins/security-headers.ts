import type { IncomingMessage } from 'node:http'
import { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** Nothing but this service's own files; Swagger UI draws its icons from data: addresses. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "base-uri 'none'",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "object-src 'none'",
  "script-src 'self'",
  "script-src-attr 'none'",
  "style-src 'self'",
].join(';')

/** What tells a browser to trust an answer with as little as possible. Strict-Transport-Security is for whoever ends TLS to say. */
export const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

const securityLines = Object.entries(securityHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** What node:http writes each head with; not documented. */
const { _storeHeader: storeHeader } = ServerResponse.prototype as unknown as {
  _storeHeader(statusLine: string, headers: unknown): void
}

/** A response that has the security headers from the start: given one by one, each would be checked and joined again every time. */
export class SecuredResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  _storeHeader(statusLine: string, headers: unknown): void {
    storeHeader.call(this, statusLine + securityLines, headers)
  }
}

/** Every answer has the security headers. */
export function security(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    secure(reply)
    done()
  })
}

/** Gives an answer the security headers, where its response does not write them itself, as of an injected request. */
export function secure(reply: FastifyReply): void {
  if (!(reply.raw instanceof SecuredResponse)) reply.headers(securityHeaders)
}
