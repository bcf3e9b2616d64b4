import { syncBuiltinESMExports } from 'node:module'
import zlib, { brotliDecompressSync, gunzipSync } from 'node:zlib'
import accepts from '@fastify/accepts'
import Fastify from 'fastify'
import type { Test } from 'tap'
import { test } from 'tap'
import { askAgain, constant, forEver } from '../../src/http/constant.ts'

const text = 'softmax '.repeat(1000)

async function serve(t: Test) {
  const app = Fastify()
  t.after(() => app.close())
  await app.register(accepts)
  const page = constant('text/html; charset=utf-8', Buffer.from(text))
  const image = constant('image/png', Buffer.from(text))
  app.get('/page', async (request, reply) => {
    reply.header('vary', 'accept-language')
    return page.send(request, reply, askAgain)
  })
  app.get('/image', async (request, reply) => image.send(request, reply, forEver))
  return app
}

test('a text is compressed for whoever takes it so', async (t) => {
  const app = await serve(t)
  const table: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ['identity', undefined],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1, br;q=0', 'gzip'],
    ['gzip', 'gzip'],
    ['zstd', undefined],
  ]
  for (const [accepted, coding] of table) {
    const headers = accepted === undefined ? {} : { 'accept-encoding': accepted }
    const answer = await app.inject({ url: '/page', headers })
    t.equal(answer.headers['content-encoding'], coding, String(accepted))
    t.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
    t.equal(answer.headers.vary, 'accept-language, accept-encoding')
    t.equal(answer.headers['cache-control'], 'no-cache')
    t.equal(Number(answer.headers['content-length']), answer.rawPayload.length)
    if (coding !== undefined) t.ok(answer.rawPayload.length < text.length / 20)
    const content =
      coding === 'br'
        ? brotliDecompressSync(answer.rawPayload)
        : coding === 'gzip'
          ? gunzipSync(answer.rawPayload)
          : answer.rawPayload
    t.equal(content.toString(), text)
  }
})

test('what is compressed already is sent as it is', async (t) => {
  const app = await serve(t)
  const { headers, body } = await app.inject({ url: '/image', headers: { 'accept-encoding': 'br' } })
  t.equal(headers['content-encoding'], undefined)
  t.equal(headers.vary, undefined)
  t.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
  t.equal(body, text)
})

test('what a browser has is not sent again', async (t) => {
  const app = await serve(t)
  const { headers } = await app.inject('/page')
  t.match(headers.etag, /^W\/"[\w-]{20}"$/)
  for (const [etag, status] of [
    [headers.etag, 304],
    [`W/"other", ${headers.etag}`, 304],
    ['W/"other"', 200],
  ] as const) {
    const again = await app.inject({ url: '/page', headers: { 'if-none-match': String(etag) } })
    t.equal(again.statusCode, status)
    t.equal(again.headers.etag, headers.etag)
    t.equal(again.body === '', status === 304)
  }
})

test('a compression that fails is tried again by the next request', async (t) => {
  const app = await serve(t)
  const { brotliCompress } = zlib
  const failing = (_content: unknown, _options: unknown, done: (error: Error) => void) => done(new Error('no memory'))
  zlib.brotliCompress = failing as typeof brotliCompress
  syncBuiltinESMExports()
  const request = { url: '/page', headers: { 'accept-encoding': 'br' } }
  const { statusCode } = await app.inject(request)
  zlib.brotliCompress = brotliCompress
  syncBuiltinESMExports()
  t.equal(statusCode, 500)
  const { headers, rawPayload } = await app.inject(request)
  t.equal(headers['content-encoding'], 'br')
  t.equal(brotliDecompressSync(rawPayload).toString(), text)
})
