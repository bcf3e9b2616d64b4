import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { traceParentOf } from '../../operation/traceparent.ts'
import { whenClosed } from '../../wire/when-closed.ts'
import { pathOf } from '../path-of.ts'
import type { RequestContext } from '../request-context.ts'

/** Writes one log line for every request, when its answer is sent or its client has left. */
export const accessLog = fp(
  async (app) => {
    app.addHook('onRequest', (request, reply, done) => {
      request.log = app.log
      reply.log = app.log
      logWhenClosed(request, reply)
      done()
    })
  },
  { name: 'access-log', decorators: { fastify: ['connections'] } },
)

/** Writes the line of a request when its response is closed: `answered`, or `aborted` when it was not sent to the end. */
export function logWhenClosed(request: FastifyRequest, reply: FastifyReply): void {
  // a pipelined request may have waited before it began
  const begin = request.server.connections.of(request.raw.socket)?.exchange?.since ?? performance.now()
  const { raw } = reply
  let isSent = false
  raw.on('finish', () => {
    isSent = true
  })
  whenClosed(raw, () => {
    const { id, method, url, server, routeOptions } = request
    const work: RequestContext | undefined = request.work
    const status = raw.headersSent ? reply.statusCode : undefined
    const milliseconds = performance.now() - begin
    server.metrics?.answered({ method, route: routeOptions.url, status, seconds: milliseconds / 1000, work })
    if (routeOptions.logLevel === 'warn') return
    server.log.info(
      {
        requestId: id,
        method,
        owner: request.owner || undefined,
        path: pathOf(url),
        status,
        aborted: isSent ? undefined : true,
        milliseconds: Math.round(milliseconds * 10) / 10,
        traceId: work?.trace?.id ?? traceParentOf(request.headers.traceparent)?.traceId,
        bytes: work?.bytes || undefined,
        rows: work?.rows || undefined,
        loss: work?.spec?.loss,
        labelFormat: work?.spec?.labelFormat,
      },
      isSent ? 'answered' : 'aborted',
    )
  })
}
