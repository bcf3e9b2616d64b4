import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ProblemName } from './problem.ts'
import { Problem, problemBody, problemMediaType, problems } from './problem.ts'

const named: Record<string, ProblemName> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
}

/** Answers what is no HTTP request, or came too slowly, with a problem on the bare socket. */
export function answerClientError(this: FastifyInstance, error: Error & { code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const name = named[error.code] ?? 'bad-request'
  const { status, title, meaning } = problems[name]
  this.log.debug({ code: error.code }, 'client error')
  if (socket.writable) {
    const body = JSON.stringify(problemBody(new Problem(name, meaning), '/', ''))
    socket.write(
      `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  }
  socket.destroySoon()
}
