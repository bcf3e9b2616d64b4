import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'tap'
import type { Client as Known } from '../../src/access/authenticator.ts'
import { access } from '../../src/access/plugin.ts'
import { handleError } from '../../src/http/error-handler.ts'
import { Problem } from '../../src/http/problem.ts'
import { Client, head, serve } from '../formats/support.ts'
import { bare, standIns } from '../http/plugins/support.ts'
import { stopAtMinute } from '../minute.ts'
import { appOf, ask, listener, problemOf } from '../support.ts'

const all = ['evaluate', 'read', 'write', 'metrics']
const owners: Record<string, readonly string[]> = { alice: all, bob: all, reader: ['read'], nothing: [] }

/** A file that knows the keys `key of NAME`. */
function keyFile(t: { testdir(files: Record<string, string>): string }): string {
  const list = Object.entries(owners).map(([name, scopes]) => ({
    name,
    sha256: createHash('sha256').update(`key-of-${name}`).digest('hex'),
    scopes,
  }))
  return join(t.testdir({ 'keys.json': JSON.stringify(list) }), 'keys.json')
}

function bearer(name: string): { authorization: string } {
  return { authorization: `Bearer key-of-${name}` }
}

const declaration = { loss: 'mse', labelFormat: 'values', outputs: 1 }

test('a browser asks without a key whether a page may call', async (t) => {
  const app = await appOf(t, { API_KEYS_FILE: keyFile(t), CORS_ORIGIN: '*' })
  const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' }
  t.equal((await app.inject({ method: 'OPTIONS', url: '/v1/loss', headers })).statusCode, 204)
})

test('a request needs a key with the scope of its route; what is open needs none', async (t) => {
  const app = await appOf(t, { API_KEYS_FILE: keyFile(t) })
  const open = [
    '/',
    '/livez',
    '/readyz',
    '/docs',
    '/docs/static/swagger-ui.css',
    '/openapi.json',
    '/learn',
    '/problems',
    '/problems/forbidden',
    '/v2/health/live',
  ]
  for (const url of open) t.equal((await app.inject(url)).statusCode, 200, url)
  t.equal((await app.inject('/nothing')).statusCode, 404)
  t.equal((await app.inject({ method: 'PATCH', url: '/v1/loss' })).statusCode, 405)

  const guarded: [method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD', url: string, scope?: string][] = [
    ['POST', '/v1/loss', 'evaluate'],
    ['POST', '/v1/mini-batches', 'evaluate'],
    ['POST', '/v1/sweeps', 'evaluate'],
    ['POST', '/v1/comparisons', 'evaluate'],
    ['GET', '/v1/losses'],
    ['HEAD', '/v1/limits'],
    ['GET', '/v1/evaluations', 'read'],
    ['GET', '/v1/evaluations/a', 'read'],
    ['GET', '/v1/evaluations/a/batches', 'read'],
    ['GET', '/v1/evaluations/a/curve', 'read'],
    ['GET', '/v1/evaluations/a/events', 'read'],
    ['PUT', '/v1/evaluations/a', 'write'],
    ['PATCH', '/v1/evaluations/a', 'write'],
    ['DELETE', '/v1/evaluations/a', 'write'],
    ['PUT', '/v1/evaluations/a/batches/b', 'write'],
    ['POST', '/v1/evaluations/a/batches', 'write'],
    ['GET', '/metrics', 'metrics'],
  ]
  for (const [method, url, scope] of guarded) {
    for (const headers of [{}, { authorization: 'Basic YTpi' }, { authorization: 'Bearer key-of-eve' }]) {
      const refused = await ask(app, { method, url, headers })
      t.equal(refused.status, 401, `${method} ${url}`)
      t.match(refused.headers['www-authenticate'], /^Bearer realm="lossmeter"/)
    }
    const poor = await ask(app, { method, url, headers: bearer('nothing') })
    t.equal(poor.status, scope === undefined ? 200 : 403, `${method} ${url}`)
    if (scope !== undefined) {
      t.equal(
        poor.headers['www-authenticate'],
        `Bearer realm="lossmeter", error="insufficient_scope", scope="${scope}"`,
      )
      const detail = `Your key lacks the scope "${scope}", which this request needs.`
      t.same(poor.body, problemOf('forbidden', 403, 'The key does not allow this', detail, url, { scope }))
    }
    const rich = await app.inject({ method, url, headers: bearer('alice') })
    t.notOk([401, 403].includes(rich.statusCode), `${method} ${url}`)
  }
  const { paths } = (await app.inject('/openapi.json')).json()
  const { security } = paths['/v1/loss'].post
  t.same(security, [{ key: ['evaluate'] }])
})

test('evaluations belong to their owner; for others there are none', async (t) => {
  const app = await appOf(t, { API_KEYS_FILE: keyFile(t) })
  const send = (name: string, method: 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST', path: string, payload?: object) =>
    ask(app, {
      method,
      url: `/v1/evaluations${path}`,
      headers: { ...bearer(name), ...(payload && { 'content-type': 'application/json' }) },
      ...(payload && { payload: JSON.stringify(payload) }),
    })
  const batch = { predictions: [1], labels: [2] }
  t.equal((await send('alice', 'PUT', '/run', declaration)).status, 201)
  t.equal((await send('alice', 'PUT', '/run/batches/b', batch)).status, 201)
  const foreign = [
    send('bob', 'GET', '/run'),
    send('bob', 'GET', '/run/batches'),
    send('bob', 'GET', '/run/curve'),
    send('bob', 'GET', '/run/events'),
    send('bob', 'PUT', '/run/batches/b', batch),
    send('bob', 'PATCH', '/run', { status: 'sealed' }),
    send('bob', 'DELETE', '/run'),
  ]
  const absent = problemOf('not-found', 404, 'No such resource', 'There is no evaluation "run".', '')
  for (const { status, body } of await Promise.all(foreign)) {
    const { detail, ...rest } = body as { detail: string }
    const text = detail.replace(/ Declare it first .*$/, '')
    t.same([status, { ...rest, detail: text, instance: '' }], [404, absent])
  }
  t.same((await send('bob', 'GET', '')).body, { evaluations: [] })
  t.equal((await send('bob', 'PUT', '/run', { ...declaration, loss: 'mae' })).status, 201, 'the name is free')
  t.match((await send('bob', 'GET', '/run')).body, { batches: 0 })
  t.match((await send('alice', 'GET', '/run')).body, { batches: 1, loss: 1 })
  t.match((await send('reader', 'GET', '')).body, { evaluations: [] })
  const lines = await app.inject({
    method: 'POST',
    url: '/v1/evaluations/run/batches',
    headers: { ...bearer('bob'), 'content-type': 'application/x-ndjson' },
    payload: JSON.stringify({ batch: 'b', ...batch }),
  })
  t.match(lines.json(), { committed: 1 })
})

test('the refusal comes before a byte of the body, and the connection goes on', async (t) => {
  const { app, port } = await serve(t, { API_KEYS_FILE: keyFile(t) })
  const waiting = new Client(t, port)
  await waiting.write(head({ expect: '100-continue', 'content-length': 1000 }))
  t.equal((await waiting.answer()).status, 401)
  t.ok(await waiting.closed())
  const large = new Client(t, port)
  await large.write(head({ 'content-length': 50_000_000 }))
  t.equal((await large.answer()).status, 401)
  t.equal(app.resources.budget.held, 0)
  const small = new Client(t, port)
  await small.write(`${head({ 'content-length': 3 })}abc`)
  t.equal((await small.answer()).status, 401)
  await small.write(`${head({ 'content-length': 2, ...bearer('alice') })}{}`)
  t.equal((await small.answer()).status, 422)
  const huge = new Client(t, port)
  await huge.write(head({ authorization: `Bearer ${'x'.repeat(100_000)}` }))
  t.equal((await huge.answer()).status, 431)
})

test('the log names the owner, and never a key', async (t) => {
  const { lines, logger } = listener()
  const app = await appOf(t, { API_KEYS_FILE: keyFile(t) }, logger)
  for (const headers of [bearer('alice'), bearer('nothing'), { authorization: 'Bearer geheim' }, {}])
    await app.inject({ url: '/v1/evaluations', headers })
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'answered')
  t.same(
    told.map(({ owner, status }) => [owner, status]),
    [
      ['alice', 200],
      ['nothing', 403],
      [undefined, 401],
      [undefined, 401],
    ],
  )
  t.notMatch(lines.join(''), /key-of|geheim|[Bb]earer|authorization/)
})

test('a token is verified later than a key is found, and may fail', async (t) => {
  const app = bare(t)
  app.setErrorHandler(handleError)
  app.decorateRequest('work', {
    getter: () => ({ task: {}, belongTo: (owner: string) => belonging.push(owner) }) as never,
  })
  const belonging: string[] = []
  const verify = async (token: string): Promise<Known> => {
    if (token === 'a.b.c') return { owner: 'token', scopes: ['evaluate'] }
    throw new Problem('issuer-unavailable', 'No.')
  }
  await standIns(app, 'request-context')
  await app.register(access, { authorities: { issuer: { verify }, close: () => undefined } })
  const further: string[] = []
  app.post('/v1/loss', { onRequest: async () => void further.push('one') }, async ({ owner }) => owner)
  app.get('/v1/limits', { onRequest: [async () => void further.push('two')] }, async ({ owner }) => owner)
  app.get('/livez', async ({ owner }) => owner)
  const table: ['GET' | 'POST', string, string, number, string][] = [
    ['POST', '/v1/loss', 'a.b.c', 200, 'token'],
    ['GET', '/v1/limits', 'a.b.c', 200, 'token'],
    ['GET', '/livez', 'a.b.c', 200, ''],
    ['POST', '/v1/loss', 'x.y.z', 503, 'No.'],
  ]
  for (const [method, url, token, status, said] of table) {
    const answer = await app.inject({ method, url, headers: { authorization: `Bearer ${token}` } })
    t.equal(answer.statusCode, status)
    t.match(answer.body, said)
  }
  t.same(belonging, ['token', 'token'])
  t.same(further, ['one', 'two'], 'hooks of the route come afterwards')
})

test('refusals below /v2 have the form of its protocol', async (t) => {
  const app = await appOf(t, { API_KEYS_FILE: keyFile(t), REQUESTS_PER_MINUTE: '1' })
  const infer = { method: 'POST', url: '/v2/models/mse/infer' } as const
  const none = await app.inject(infer)
  t.same([none.statusCode, Object.keys(none.json())], [401, ['error']])
  t.match(none.headers['www-authenticate'], /^Bearer /)
  const poor = await app.inject({ ...infer, headers: bearer('nothing') })
  t.same(
    [poor.statusCode, poor.json()],
    [403, { error: 'Your key lacks the scope "evaluate", which this request needs.' }],
  )
  stopAtMinute(t)
  for (const status of [200, 429]) {
    const answer = await app.inject({ url: '/v2', headers: bearer('reader') })
    t.equal(answer.statusCode, status)
    if (status === 429) t.same(Object.keys(answer.json()), ['error'])
  }
})
