import '@fastify/accepts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { askAgain, forEver } from '../http/constant.ts'
import { nothingServed } from '../http/plugins/not-found.ts'
import type { Language } from './pages.ts'
import { assets, languages, pageOf } from './pages.ts'

const links = {
  explore: '/explore',
  docs: '/docs',
  openapi: '/openapi.json',
  losses: '/v1/losses',
  limits: '/v1/limits',
  problems: '/problems',
}

const addresses = { '/explore': 'explore', '/explore/evaluations': 'evaluations' } as const

const offered = Object.keys(languages) as Language[]

/** GET /explore and GET /explore/evaluations: the pages with the pictures, their files, and the library that draws. `/` leads a browser there. */
export async function exploreRoute(app: FastifyInstance): Promise<void> {
  const { files, version, plotly } = assets()
  const schema = { hide: true }
  app.get('/', { schema }, async (request, reply) => {
    reply.header('vary', 'accept')
    if (request.accepts().type(['json', 'html']) === 'html') return reply.redirect('/explore')
    const below = Object.entries(links).map(([name, path]) => [name, `${app.basePath}${path}`])
    return { name: 'lossmeter', links: Object.fromEntries(below) }
  })
  for (const [address, name] of Object.entries(addresses)) {
    const pages = new Map(offered.map((language) => [language, pageOf(name, language, app.basePath)]))
    app.get(address, { schema }, async (request, reply) => {
      const language = languageOf(request)
      reply.headers({ vary: 'accept-language', 'content-language': language })
      return pages.get(language)?.send(request, reply, askAgain)
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

/** The language of `?lang`, else the one that the browser likes best, else the first. */
function languageOf(request: FastifyRequest): Language {
  const { lang } = request.query as { lang?: unknown }
  const liked = request.accepts().language([...offered]) || offered[0]
  return offered.find((language) => language === lang) ?? (liked as Language)
}
