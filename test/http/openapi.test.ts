import accepts from '@fastify/accepts'
import Fastify from 'fastify'
import { test } from 'tap'
import { z } from 'zod'
import { openapi } from '../../src/http/openapi.ts'
import type { Document } from '../support.ts'
import { appOf } from '../support.ts'
import { standIns } from './plugins/support.ts'

const inner = z.object({ a: z.int() }).meta({ id: 'Inner' })
const answer = z.object({ inner }).meta({ id: 'Given', description: 'What is given.' })

/** The document of a small service. */
async function documentOfSmall(): Promise<Document & { info: object; [key: string]: unknown }> {
  const app = Fastify()
  app.decorate('basePath', '')
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  await app.register(accepts)
  await standIns(app, 'access-document')
  await app.register(openapi)
  app.post(
    '/both',
    {
      schema: {
        operationId: 'both',
        body: { content: { 'application/json': { schema: inner }, 'text/x': { schema: z.string() } } },
        response: {
          200: {
            description: 'Right.',
            content: { 'application/json': { schema: answer }, 'text/html': { schema: z.string() } },
          },
          422: { description: 'Wrong.', content: { 'application/problem+json': { schema: z.object({ b: z.int() }) } } },
          204: z.undefined().describe('Nothing.'),
        },
      },
      config: {
        examples: {
          requests: { one: { summary: 'One', value: { a: 1 } } },
          answers: { 200: { inner: { a: 1 } }, 422: { b: 2 }, 204: null },
          mediaTypes: { 'text/x': { schema: { type: 'string' } } },
        },
      },
    },
    async () => ({ inner: { a: 1 } }),
  )
  app.post('/plain', { schema: { operationId: 'plain', body: inner } }, async () => '')
  app.get('/bare', async () => '')
  app.get('/hidden', { schema: { hide: true } }, async () => '')
  const { body } = await app.inject('/openapi.json')
  await app.close()
  return JSON.parse(body)
}

test('examples and further media types stand in the document, and each schema once', async (t) => {
  const { paths, components } = await documentOfSmall()
  t.same(Object.keys(paths), ['/both', '/plain', '/bare'])
  const { requestBody, responses } = paths['/both'].post
  t.same(requestBody, {
    required: true,
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/InnerInput' },
        examples: { one: { summary: 'One', value: { a: 1 } } },
      },
      'text/x': { schema: { type: 'string' } },
    },
  })
  t.same(responses[200], {
    description: 'Right.',
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/Given' }, example: { inner: { a: 1 } } },
      'text/html': { schema: { type: 'string' } },
    },
  })
  t.same(responses[422].content['application/problem+json'].example, { b: 2 })
  t.same(Object.keys(components.schemas).sort(), ['Given', 'Inner', 'InnerInput'])
  t.same(paths['/plain'].post.requestBody?.content, {
    'application/json': { schema: { $ref: '#/components/schemas/InnerInput' } },
  })
})

/** What a Content-Security-Policy of 'self' forbids in a page. */
const forbidden = /<script(?![^>]*\bsrc=)[^>]*>|<style|\bstyle=|\son\w+=|javascript:|(?:src|href)="(?:https?:)?\/\//i

test('Swagger UI loads under the policy, with all that it refers to', async (t) => {
  const app = await appOf(t)
  for (const url of ['/docs', '/docs/']) {
    const page = await app.inject(url)
    t.same([page.statusCode, page.headers['content-type']], [200, 'text/html; charset=utf-8'])
    t.notMatch(page.body, forbidden)
    t.match(page.body, '<title>lossmeter</title>')
    const policy = String(page.headers['content-security-policy']).split(';')
    t.ok(policy.includes("script-src 'self'"))
    t.ok(policy.includes("style-src 'self'"))
    t.notMatch(policy.join(), 'unsafe')
    const assets = Array.from(page.body.matchAll(/(?:src|href)="([^"]+)"/g), ([, path]) => path)
    t.equal(assets.length, 8)
    for (const path of assets) {
      const asset = await app.inject(new URL(path, `http://a${url}`).pathname)
      const media = {
        js: /^(text|application)\/javascript; charset=utf-8$/i,
        css: /^text\/css; charset=utf-8$/i,
        png: /^image\/png$/,
      }
      const extension = path.split('.').at(-1) as keyof typeof media
      t.equal(asset.statusCode, 200, path)
      t.match(asset.headers['content-type'], media[extension], path)
      t.equal(asset.headers['x-content-type-options'], 'nosniff')
    }
  }
})

test('Swagger UI reads the document of this service, and Try it out is on', async (t) => {
  const app = await appOf(t)
  const { body } = await app.inject('/docs/static/swagger-initializer.js')
  t.match(body, '"tryItOutEnabled":true')
  const document = (await app.inject('/openapi.json')).json()
  const { headers } = await app.inject('/docs/json')
  t.same((await app.inject(String(headers.location))).json(), document)
})
