import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** What goes before every path of the service, such as `/lossmeter`; '' for nothing. */
    basePath: string
  }
}

const direct = ['/livez', '/readyz', '/metrics']

const outside = '/.outside'

/** The address of a request below a base path, as the routes have it. Probes and scrapes are answered without it, too. */
export function addressBelow(base: string): (request: Pick<IncomingMessage, 'url'>) => string {
  return ({ url = '' }) => {
    const [path] = url.split('?', 1)
    if (path === base) return `/${url.slice(base.length)}`
    if (path.startsWith(`${base}/`)) return url.slice(base.length)
    return direct.includes(path) ? url : outside
  }
}

export function pageBelow(base: string, page: string): string {
  return page.replaceAll(/(\b(?:href|src|data-plotly)="|http:\/\/127\.0\.0\.1:3000)\//g, `$1${base}/`)
}

/** The OpenAPI document as JSON without spaces, whose server, links and examples of problems name addresses below a base path. */
export function documentBelow(base: string, json: string): string {
  if (base === '') return json
  return json
    .replaceAll(/("(?:type|instance)":"(?:http:\/\/127\.0\.0\.1:3000)?)\//g, `$1${base}/`)
    .replace('"servers":[{"url":"/"', `"servers":[{"url":"${base}"`)
    .replaceAll('(/learn)', `(${base}/learn)`)
}

/** Puts the base path before redirects, the locations of new resources, and the links of pages, that of `not-found-pages` too. */
export const basePath = fp(
  async (app, { base }: { readonly base: string }) => {
    app.decorate('basePath', base)
    if (base === '') return
    app.addHook('onSend', (_request, reply, payload, done) => {
      const location = reply.getHeader('location')
      if (location !== undefined) reply.header('location', `${base}${location}`)
      const isPage = typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html')
      done(null, isPage ? pageBelow(base, payload) : payload)
    })
  },
  { name: 'base-path', dependencies: ['not-found-pages'] },
)
