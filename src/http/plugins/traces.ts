import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { traceParentOf } from '../../operation/traceparent.ts'
import type { RequestTrace, Tracing } from '../../operation/tracing.ts'
import { pathOf } from '../path-of.ts'

/** Makes a span of each request but those of probes; not even a hook without tracing. */
export const traces = fp(
  async (app, { tracing }: { readonly tracing: Tracing | undefined }) => {
    if (tracing === undefined) return
    app.addHook('onRequest', (request, reply, done) => {
      if (!request.routeOptions.config.isAlwaysAnswered) begin(tracing, request, reply)
      done()
    })
    app.addHook('preHandler', (request, _reply, done) => tracing.within(request.work.trace, done))
    app.addHook('onClose', () => tracing.close())
  },
  { name: 'traces', dependencies: ['request-context'] },
)

function begin(tracing: Tracing, request: FastifyRequest, reply: FastifyReply): void {
  const { headers, method, routeOptions } = request
  const { url: route = '' } = routeOptions
  const trace = tracing.begin(`${method} ${route}`.trim(), traceParentOf(headers.traceparent), headers.tracestate)
  request.work.trace = trace
  let isSent = false
  reply.raw.on('finish', () => {
    isSent = true
  })
  reply.raw.on('close', () => end(trace, request, reply, isSent))
}

function end(trace: RequestTrace, request: FastifyRequest, { raw, statusCode }: FastifyReply, isSent: boolean): void {
  const { id, method, originalUrl, routeOptions, work } = request
  const status = raw.headersSent ? statusCode : undefined
  trace.end(
    {
      'http.request.method': method,
      'http.route': routeOptions.url,
      'http.response.status_code': status,
      'url.path': pathOf(originalUrl),
      'url.scheme': request.protocol,
      'lossmeter.request_id': id,
      'lossmeter.body.bytes': work.bytes,
      'lossmeter.body.format': work.format,
      'lossmeter.rows': work.rows,
      'lossmeter.loss': work.spec?.loss,
      'lossmeter.label_format': work.spec?.labelFormat,
    },
    !isSent || statusCode >= 500,
  )
}
