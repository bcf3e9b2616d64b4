import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { pathOf } from '../problem.ts'

/** Every request has one line in the log, written when its answer is sent or its client has left. */
export function accessLog(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    logWhenClosed(request, reply)
    done()
  })
}

/** Writes the line of a request when its response is closed: `answered`, or `aborted` when it was not sent to the end. */
export function logWhenClosed(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = reply
  let isSent = false
  raw.on('finish', () => {
    isSent = true
  })
  raw.on('close', () => {
    const { method, url } = request
    request.log.info(
      {
        method,
        owner: request.owner || undefined,
        path: pathOf(url),
        // an answer that was not begun has no status
        status: raw.headersSent ? reply.statusCode : undefined,
        aborted: isSent ? undefined : true,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
      },
      isSent ? 'answered' : 'aborted',
    )
  })
}
