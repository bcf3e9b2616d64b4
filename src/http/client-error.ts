import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { batchedSetImmediate } from '../runtime/batched-set-immediate.ts'
import { makeLast } from '../wire/pipeline.ts'
import type { RawResponse } from '../wire/raw-response.ts'
import { writeRawResponse } from '../wire/raw-response.ts'
import type { Connection } from '../wire/table.ts'
import { handleError } from './error-handler.ts'
import { logWhenClosed } from './plugins/access-log.ts'
import { securityHeaders } from './plugins/security-headers.ts'
import { Problem, problemBody, problemMediaType } from './problem.ts'
import type { ProblemName } from './problems.ts'
import { problems } from './problems.ts'

const refuseLater = batchedSetImmediate(64)

const named: Record<string, ProblemName> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
}

/** Answers bytes that are not HTTP, or that came too slowly, with a problem: never inside another answer. */
export function answerClientError(this: FastifyInstance, error: Error & { code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const name = named[error.code] ?? 'bad-request'
  const problem = new Problem(name, problems[name].meaning)
  const refuse = () => {
    const requestId = randomUUID()
    this.metrics?.refused(name)
    this.log.info({ requestId, status: problems[name].status, code: error.code }, 'refused')
    writeRawResponse(socket, rawProblem(problem, requestId, this.basePath))
  }
  const connection = this.connections.of(socket)
  if (connection === undefined) refuse()
  else refuseOn(connection, problem, refuse)
}

function refuseOn(connection: Connection, problem: Problem, refuse: () => void): void {
  const { exchange, request, socket, isEnding } = connection
  if (isEnding) return
  socket.pause()
  const isBodyBroken = request?.complete === false
  if (exchange === undefined) {
    refuseLater(() => {
      if (connection.isEnding) return
      // the rest of a body is broken, and its request has been answered
      if (isBodyBroken) socket.destroySoon()
      else refuse()
    })
    return
  }
  if (!isBodyBroken) connection.refuseSocket ??= refuse
  else if (exchange.response.headersSent) connection.refuseSocket ??= () => socket.destroySoon()
  else {
    makeLast(connection)
    // a reader of the body answers, and may be about to begin; without one the reply is sent here
    refuseLater(() => {
      if (exchange.request.listenerCount('error') > 0) exchange.request.emit('error', problem)
      else exchange.reply?.send(problem)
    })
  }
}

function rawProblem(problem: Problem, requestId: string, basePath = ''): RawResponse {
  const { status, title } = problems[problem.problem]
  const body = JSON.stringify(problemBody(problem, `${basePath}/`, requestId, basePath))
  const headers = {
    'Content-Type': problemMediaType,
    'Content-Length': Buffer.byteLength(body),
    'X-Request-Id': requestId,
  }
  return { status, title, headers, body }
}

/** Answers an address that the router cannot read; no hook has run then. */
export function refuseAddress(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const detail = 'The URL is malformed: a part of it is badly encoded or too long.'
  logWhenClosed(request, reply)
  reply.headers(securityHeaders).header('x-request-id', request.id)
  handleError(new Problem('bad-request', detail), request, reply)
}
