import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    /** What goes before every path of the service, such as `/lossmeter`; '' for nothing. */
    basePath: string
  }
}

/** What is asked on the port itself, not by way of the proxy that adds the path. */
const direct = ['/livez', '/readyz', '/metrics']

/** Nothing is served here. */
const outside = '/.outside'

/** The address of a request below a base path, as the routes have it. What orchestrators ask is answered without it, too. */
export function addressBelow(base: string): (request: Pick<IncomingMessage, 'url'>) => string {
  return ({ url = '' }) => {
    const [path] = url.split('?', 1)
    if (path === base) return `/${url.slice(base.length)}`
    if (path.startsWith(`${base}/`)) return url.slice(base.length)
    return direct.includes(path) ? url : outside
  }
}

/** A page whose links, files and commands stay below a base path. */
export function pageBelow(base: string, page: string): string {
  return page.replaceAll(/(\b(?:href|src|data-plotly)="|http:\/\/127\.0\.0\.1:3000)\//g, `$1${base}/`)
}

/** The OpenAPI document, whose examples of problems name addresses below a base path. */
export function documentBelow<Generated>(base: string, document: Generated): Generated {
  if (base === '') return document
  const text = JSON.stringify(document).replaceAll(/"(type|instance)":"\//g, `"$1":"${base}/`)
  return JSON.parse(text)
}

/** Keeps redirects, the places of what was made, and pages below the base path. Register after what answers with pages. */
export function basePath(app: FastifyInstance, base: string): void {
  app.decorate('basePath', base)
  if (base === '') return
  app.addHook('onSend', (_request, reply, payload, done) => {
    const location = reply.getHeader('location')
    if (location !== undefined) reply.header('location', `${base}${location}`)
    const isPage = typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')
    done(null, isPage ? pageBelow(base, payload) : payload)
  })
}
