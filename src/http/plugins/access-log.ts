import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { traceParentOf } from '../../operation/traceparent.ts'
import { whenClosed } from '../../wire/when-closed.ts'
import { pathOf } from '../problem.ts'
import type { RequestWork } from '../request-context.ts'

/**
 * Every request has one line in the log, written when its answer is sent or its client has left; that of a route whose `logLevel`
 * is above `info` has none.
 */
export function accessLog(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    // lines name their requests by themselves: a logger of its own, even one that a factory hands out, costs more than its line
    request.log = app.log
    reply.log = app.log
    logWhenClosed(request, reply)
    done()
  })
}

/** Writes the line of a request when its response is closed: `answered`, or `aborted` when it was not sent to the end. */
export function logWhenClosed(request: FastifyRequest, reply: FastifyReply): void {
  // it may have waited before it began
  const begin = request.server.connections.of(request.raw.socket)?.exchange?.since ?? performance.now()
  const { raw } = reply
  let isSent = false
  raw.on('finish', () => {
    isSent = true
  })
  whenClosed(raw, () => {
    const { id, method, url, server, routeOptions } = request
    // where the router gave up there is none
    const work: RequestWork | undefined = request.work
    // an answer that was not begun has no status
    const status = raw.headersSent ? reply.statusCode : undefined
    const milliseconds = performance.now() - begin
    server.metrics?.answered({ method, route: routeOptions.url, status, seconds: milliseconds / 1000, work })
    if (routeOptions.logLevel === 'warn') return
    server.log.info(
      {
        reqId: id,
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
