import '@fastify/accepts'
import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const page = new URL('../explorer/', import.meta.url)
const plotly = createRequire(import.meta.url).resolve('plotly.js-gl3d-dist-min')

const links = {
  explore: '/explore',
  docs: '/docs',
  openapi: '/openapi.json',
  losses: '/v1/losses',
  limits: '/v1/limits',
  problems: '/problems',
}

/** GET /explore: the page with the pictures, its files, and the library that draws. `/` leads a browser there. */
export async function exploreRoute(app: FastifyInstance): Promise<void> {
  // revalidated each time: a new version of the service is a new page
  await app.register(fastifyStatic, {
    root: page,
    prefix: '/explore/',
    index: false,
    maxAge: 0,
    allowedPath: (path) => !/(\.ts|tsconfig\.json)$/.test(path),
  })

  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    reply.header('vary', 'accept')
    if (request.accepts().type(['json', 'html']) === 'html') return reply.redirect('/explore')
    return { name: 'lossmeter', links }
  })
  app.get('/explore', { schema: { hide: true } }, async (_request, reply) =>
    reply.sendFile('index.html', { maxAge: 0 }),
  )
  app.get('/explore/plotly.js', { schema: { hide: true } }, async (_request, reply) =>
    reply.sendFile(basename(plotly), dirname(plotly), { maxAge: '1d' }),
  )
}
