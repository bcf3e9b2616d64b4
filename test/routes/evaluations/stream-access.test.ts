import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { importJWK, SignJWT } from 'jose'
import type { Test } from 'tap'
import { test } from 'tap'
import { audience, closed, signingKey } from '../../access/provider.ts'
import { eventually } from '../../eventually.ts'
import { appOf, listener } from '../../support.ts'
import { batches, threeClasses } from './support.ts'

function entry(key: string, scopes: readonly string[], name = 'ann'): object {
  return { name, sha256: createHash('sha256').update(key).digest('hex'), scopes }
}

const both = ['read', 'write']

function bearer(key: string): { authorization: string } {
  return { authorization: `Bearer ${key}` }
}

async function put(app: FastifyInstance, path: string, key: string, content: object): Promise<void> {
  const headers = { 'content-type': 'application/json', ...bearer(key) }
  const url = `/v1/evaluations/run${path}`
  const { statusCode, body } = await app.inject({ method: 'PUT', url, headers, payload: JSON.stringify(content) })
  if (statusCode !== 201) throw new Error(body)
}

async function listen(app: FastifyInstance): Promise<string> {
  app.server.keepAliveTimeout = 1
  await app.listen({ host: '127.0.0.1', port: 0 })
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/v1/evaluations/run/events`
}

/** A stream of events, which has begun. */
async function stream(t: Test, url: string, key: string) {
  const leaving = new AbortController()
  t.after(() => leaving.abort())
  const { status, body } = await fetch(url, { headers: bearer(key), signal: leaving.signal })
  const seen = { status, text: '', isEnded: false }
  void (async () => {
    for await (const chunk of body ?? []) seen.text += Buffer.from(chunk).toString()
    seen.isEnded = true
  })().catch(() => undefined)
  if (!(await eventually(() => seen.text.includes('event: status')))) throw new Error('it does not begin')
  return seen
}

test('a stream ends when its key is taken away, is given to another, or may read no more', async (t) => {
  const ends: Readonly<Record<string, readonly object[]>> = {
    'taken away': [],
    "another's": [entry('mine', both, 'bob')],
    'may not read': [entry('mine', ['write'])],
  }
  for (const [how, others] of Object.entries(ends)) {
    const path = join(
      t.testdir({ 'keys.json': JSON.stringify([entry('mine', both), entry('second', both)]) }),
      'keys.json',
    )
    const { lines, logger } = listener()
    const app = await appOf(t, { API_KEYS_FILE: path }, logger)
    await put(app, '', 'mine', threeClasses)
    const url = await listen(app)
    const mine = await stream(t, url, 'mine')
    const second = await stream(t, url, 'second')
    writeFileSync(path, JSON.stringify([entry('mine', both), entry('second', both), entry('third', both)]))
    t.ok(await eventually(() => lines.some((line) => line.includes('reloaded'))))
    t.notOk(mine.isEnded || second.isEnded, 'its key is still there')
    const since = performance.now()
    writeFileSync(path, JSON.stringify([entry('second', both), ...others]))
    t.ok(await eventually(() => mine.isEnded))
    t.ok(performance.now() - since < 2000, `${how}: ${performance.now() - since} ms`)
    await put(app, '/batches/one', 'second', batches[0])
    t.ok(await eventually(() => second.text.includes('event: batch')), 'that of another key goes on')
    t.notMatch(mine.text, 'event: batch')
  }
})

test('a stream ends with its token', async (t) => {
  const key = await signingKey('ES256', 'one')
  const { d: _, ...published } = key
  const server = createServer(({ url }, response) => {
    const configuration = { issuer, jwks_uri: `${issuer}/jwks` }
    response.end(JSON.stringify(url === '/jwks' ? { keys: [published] } : configuration))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => closed(server))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const privateKey = await importJWK(key, 'ES256')
  const tokenUntil = (exp: number) =>
    new SignJWT({ iss: issuer, aud: audience, sub: 'ann', scope: 'read write', exp })
      .setProtectedHeader({ kid: 'one', alg: 'ES256' })
      .sign(privateKey)
  const app = await appOf(t, { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience })
  const now = Math.floor(Date.now() / 1000)
  const long = await tokenUntil(now + 10 ** 8)
  await put(app, '', long, threeClasses)
  const url = await listen(app)
  const end = now + 2
  const [short, other] = [await stream(t, url, await tokenUntil(end)), await stream(t, url, long)]
  t.ok(await eventually(() => short.isEnded))
  const late = Date.now() - end * 1000
  t.ok(late >= 0 && late < 2000, `${late} ms after its end`)
  await put(app, '/batches/one', long, batches[0])
  t.ok(await eventually(() => other.text.includes('event: batch')), 'that of a longer one goes on')
})
