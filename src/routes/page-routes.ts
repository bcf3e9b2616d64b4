import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { askAgain, forEver, vary } from '../http/constant.ts'
import { nothingServed } from '../http/plugins/not-found.ts'
import type { pages } from '../pages/pages.js'
import { languageFor } from './language.ts'
import type { Language } from './pages.ts'
import { assets, languages, pageOf } from './pages.ts'

const links = {
  learn: '/learn',
  batch: '/batch',
  runs: '/runs',
  docs: '/docs',
  openapi: '/openapi.json',
  losses: '/v1/losses',
  limits: '/v1/limits',
  problems: '/problems',
}

/** Where the pages were before. */
const moved = { '/explore': '/learn', '/explore/evaluations': '/runs' }

const offered = Object.keys(languages) as Language[]

/**
 * GET /, /learn, /batch, /runs and /runs/{evaluation}: the pages, their files, and the library that draws. Without a wish
 * for HTML, `/` answers with the links of the service as JSON.
 */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  const { files, version, plotly } = assets()
  const schema = { hide: true }
  const senderOf = (name: keyof typeof pages) => {
    const inLanguages = new Map(offered.map((language) => [language, pageOf(name, language, app.basePath)]))
    return async (request: FastifyRequest, reply: FastifyReply) => {
      return inLanguages.get(languageFor(request, reply))?.send(request, reply, askAgain)
    }
  }
  const home = senderOf('home')
  app.get('/', { schema }, async (request, reply) => {
    vary(reply, 'accept')
    if (request.accepts().type(['json', 'html']) === 'html') return home(request, reply)
    const below = Object.entries(links).map(([name, path]) => [name, `${app.basePath}${path}`])
    return { name: 'lossmeter', links: Object.fromEntries(below) }
  })
  app.get('/learn', { schema }, senderOf('learn'))
  app.get('/batch', { schema }, senderOf('batch'))
  const runs = senderOf('runs')
  app.get('/runs', { schema }, runs)
  // the page reads the name from its URL
  app.get('/runs/:evaluation', { schema }, runs)
  for (const [before, now] of Object.entries(moved)) {
    app.get(before, { schema }, async (request, reply) => {
      const query = request.url.indexOf('?')
      return reply.redirect(query < 0 ? now : now + request.url.slice(query), 308)
    })
  }
  app.get<{ Params: { version: string; '*': string } }>(
    '/explore/assets/:version/*',
    { schema },
    async (request, reply) => {
      const file = files.get(request.params['*'])
      if (file === undefined) throw nothingServed(request.url)
      // while another version of the service starts, a page may ask one replica for what another has named
      return file.send(request, reply, request.params.version === version ? forEver : askAgain)
    },
  )
  app.get<{ Params: { hash: string } }>('/explore/plotly/:hash.js', { schema }, async (request, reply) =>
    plotly.send(request, reply, request.params.hash === plotly.hash ? forEver : askAgain),
  )
}
