import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { logWhenClosed } from './plugins/access-log.ts'
import { securityHeaders } from './plugins/security-headers.ts'
import type { ProblemName } from './problem.ts'
import { handleError, Problem, problemBody, problemMediaType, problems } from './problem.ts'

const named: Record<string, ProblemName> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
}

/** Answers what is no HTTP request, or came too slowly, with a problem on the bare socket. */
export function answerClientError(this: FastifyInstance, error: Error & { code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const name = named[error.code] ?? 'bad-request'
  const { status, title, meaning } = problems[name]
  const reqId = randomUUID()
  this.log.info({ reqId, status, code: error.code }, 'refused')
  if (socket.writable) {
    const body = JSON.stringify(problemBody(new Problem(name, meaning), '/', reqId))
    const head = [
      `HTTP/1.1 ${status} ${title}`,
      `Content-Type: ${problemMediaType}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${reqId}`,
      'Connection: close',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  }
  socket.destroySoon()
}

/** Answers where the router itself gives up, before any hook. */
export function refuseAddress(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const detail = 'The address is malformed: a part of it is badly encoded or too long.'
  logWhenClosed(request, reply)
  reply.headers(securityHeaders).header('x-request-id', request.id)
  handleError(new Problem('bad-request', detail), request, reply)
}
