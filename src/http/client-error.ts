import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { inTurns } from '../runtime/batched-set-immediate.ts'
import { makeLast } from '../wire/pipeline.ts'
import { sayLast } from '../wire/raw-response.ts'
import type { Connection } from '../wire/table.ts'
import { handleError } from './error-handler.ts'
import { logWhenClosed } from './plugins/access-log.ts'
import { securityHeaders } from './plugins/security-headers.ts'
import { Problem } from './problem.ts'
import type { ProblemName } from './problems.ts'
import { problems } from './problems.ts'

/** Refuses at most 64 in a turn of the event loop: thousands of clients may fail at the same time. */
const refuseLater = inTurns(64)

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
    const reqId = randomUUID()
    this.metrics?.refused(name)
    this.log.info({ reqId, status: problems[name].status, code: error.code }, 'refused')
    sayLast(socket, problem, reqId, this.basePath)
  }
  const connection = this.connections.of(socket)
  if (connection === undefined) refuse()
  else refuseOn(connection, problem, refuse)
}

function refuseOn(connection: Connection, problem: Problem, refuse: () => void): void {
  const { turn, request, socket, isEnding } = connection
  if (isEnding) return
  socket.pause()
  const isBodyBroken = request?.complete === false
  if (turn === undefined) {
    refuseLater(() => {
      if (connection.isEnding) return
      // the rest of a body is broken, and its request has been answered
      if (isBodyBroken) socket.destroySoon()
      else refuse()
    })
    return
  }
  if (!isBodyBroken) connection.lastWords ??= refuse
  else if (turn.response.headersSent) connection.lastWords ??= () => socket.destroySoon()
  else {
    makeLast(connection)
    // a reader of the body answers, and may be about to begin; without one the reply is sent here
    refuseLater(() => {
      if (turn.request.listenerCount('error') > 0) turn.request.emit('error', problem)
      else turn.reply?.send(problem)
    })
  }
}

/** Answers an address that the router cannot read; no hook has run then. */
export function refuseAddress(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const detail = 'The address is malformed: a part of it is badly encoded or too long.'
  logWhenClosed(request, reply)
  reply.headers(securityHeaders).header('x-request-id', request.id)
  handleError(new Problem('bad-request', detail), request, reply)
}
