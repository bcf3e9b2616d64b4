import type { JsonWebKeyInput } from 'node:crypto'
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JWK, JWTPayload } from 'jose'
import { importJWK, SignJWT } from 'jose'
import { t as root, test } from 'tap'
import type { Client } from '../../src/access/authenticator.ts'
import { Issuer } from '../../src/access/issuer.ts'
import { Problem } from '../../src/http/problem.ts'
import { listener } from '../support.ts'
import { audience, closed, runProvider, signingKey } from './provider.ts'

interface Scope {
  after(release: () => unknown): unknown
}

const keys = {
  RS256: await signingKey('RS256', 'rsa'),
  ES256: await signingKey('ES256', 'ec'),
  EdDSA: await signingKey('EdDSA', 'ed'),
}
const { RS256: rsa, ES256: ec } = keys
const provider = await runProvider(Object.values(keys))
root.after(() => provider.close())

/** @param timeoutMs short only where it must be waited for */
function issuerOf(t: Scope, issuer: string, cooldownMs?: number, logger = listener(), timeoutMs = 20_000): Issuer {
  const options = {
    issuer,
    audience,
    log: logger.logger,
    timeoutMs,
    ...(cooldownMs === undefined ? {} : { cooldownMs }),
  }
  const made = new Issuer(options)
  t.after(() => made.close())
  return made
}

/** What a token is refused with: the problem, its detail and its headers. */
async function refusal(issuer: Issuer, token: string): Promise<[string, string, Record<string, string>]> {
  try {
    await issuer.verify(token)
  } catch (error) {
    if (error instanceof Problem) return [error.problem, error.message, error.headers]
    throw error
  }
  throw new Error('it was taken')
}

const unavailable = [
  'issuer-unavailable',
  'The token issuer cannot be reached to get its keys.',
  { 'retry-after': '5' },
]

test('tokens of the provider say whose they are, and what they allow', async (t) => {
  const issuer = issuerOf(t, provider.issuer)
  for (const alg of ['RS256', 'ES256', 'EdDSA'] as const) {
    const token = await provider.token(alg, 'read else evaluate')
    const client = { owner: `${provider.issuer}|trainer`, scopes: ['evaluate', 'read'] }
    t.match(await issuer.verify(token), client, alg)
    t.match(issuer.verify(token), client, 'known by now, at once')
  }
})

type Claims = { readonly [Name in keyof JWTPayload]: unknown }

/** A token made by hand. */
async function handmade(claims: Claims, by: { key?: JWK; alg?: string; kid?: string } = {}): Promise<string> {
  const { key = ec, alg = String(key.alg), kid = String(key.kid) } = by
  const now = Math.floor(Date.now() / 1000)
  const payload = { iss: provider.issuer, aud: audience, sub: 'a', scope: 'read', iat: now, exp: now + 60, ...claims }
  return new SignJWT(payload as JWTPayload).setProtectedHeader({ kid, alg }).sign(await importJWK(key, alg))
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

test('a token that is late or early by less than the clocks may differ is taken', async (t) => {
  const issuer = issuerOf(t, provider.issuer)
  const now = Math.floor(Date.now() / 1000)
  for (const payload of [{ exp: now - 10 }, { nbf: now + 10 }, { aud: ['x', audience] }, { iat: now + 500 }]) {
    t.equal((await issuer.verify(await handmade(payload))).owner, `${provider.issuer}|a`)
  }
  for (const scope of [undefined, 5, ['read'], '', 'reads READ'])
    t.same((await issuer.verify(await handmade({ scope }))).scopes, [], String(scope))
})

test('hostile and broken tokens', async (t) => {
  const issuer = issuerOf(t, provider.issuer)
  const now = Math.floor(Date.now() / 1000)
  const right = await handmade({})
  const [head, body, signature] = right.split('.')
  const none = `${encoded({ alg: 'none' })}.${body}.`
  const publicKey = createPublicKey({ key: rsa as JsonWebKeyInput['key'], format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  })
  const shared = `${encoded({ alg: 'HS256', kid: 'rsa' })}.${body}`
  const confused = `${shared}.${createHmac('sha256', publicKey).update(shared).digest('base64url')}`
  const foreign = await signingKey('ES256', 'ec')
  const unknown = await signingKey('ES256', 'unknown')
  const algorithms = 'The token must be signed with RS256, ES256, EdDSA.'
  const wrong = 'The signature of the token is wrong.'
  const noKey = 'The token names no key of its issuer.'
  const elsewhere = 'The token was made for another audience.'
  const subject = 'The subject of the token cannot be used.'
  const unreadable = 'The token cannot be read.'
  const claim = (name: string) => `The claim "${name}" of the token is missing or wrong.`
  const table: [string, string, string][] = [
    ['alg none', none, algorithms],
    ['HS256 by the public key', confused, algorithms],
    ['another algorithm of the same key', await handmade({}, { key: rsa, alg: 'PS256' }), algorithms],
    ['the key of another', await handmade({}, { key: foreign }), wrong],
    ['the name of an unknown key', await handmade({}, { key: unknown }), noKey],
    ['the key of another algorithm', await handmade({}, { key: ec, kid: 'rsa' }), noKey],
    ['other claims under the signature', `${head}.${encoded({ sub: 'root' })}.${signature}`, wrong],
    ['a signature cut short', right.slice(0, -4), wrong],
    ['expired', await handmade({ exp: now - 31 }), 'The token has expired.'],
    ['without an end', await handmade({ exp: undefined }), claim('exp')],
    ['an end in words', await handmade({ exp: 'never' }), claim('exp')],
    ['not yet valid', await handmade({ nbf: now + 60 }), 'The token is not valid yet.'],
    ['a beginning in words', await handmade({ nbf: 'soon' }), claim('nbf')],
    ['another audience', await handmade({ aud: 'https://else.example' }), elsewhere],
    ['no audience', await handmade({ aud: undefined }), elsewhere],
    ['another issuer', await handmade({ iss: 'https://else.example' }), 'The token was made by another issuer.'],
    ['no subject', await handmade({ sub: undefined }), claim('sub')],
    ['an empty subject', await handmade({ sub: '' }), subject],
    ['a number as its subject', await handmade({ sub: 5 }), subject],
    ['U+0000 in its subject', await handmade({ sub: 'a\0b' }), subject],
    ['a lone surrogate in its subject', await handmade({ sub: 'a\ud800' }), subject],
    ['a subject too long', await handmade({ sub: 'a'.repeat(256) }), subject],
    [
      'a critical extension',
      `${encoded({ alg: 'ES256', kid: 'ec', crit: ['x'], x: 1 })}.${body}.${signature}`,
      unreadable,
    ],
    ['no JSON', `e30x.${body}.${signature}`, unreadable],
    ['no JWT', 'a.b.c', unreadable],
    ['100 kB', `${head}.${'A'.repeat(100_000)}.${signature}`, wrong],
  ]
  for (const [name, token, detail] of table) {
    const [problem, message, headers] = await refusal(issuer, token)
    t.match([problem, message], ['unauthenticated', detail], name)
    t.equal(
      headers['www-authenticate'],
      `Bearer realm="lossmeter", error="invalid_token", error_description="${message.replaceAll('"', "'")}"`,
    )
  }
  t.equal((await issuer.verify(right)).owner, `${provider.issuer}|a`)
})

interface Fake {
  readonly url: string
  readonly asked: string[]
  answer: (request: IncomingMessage, response: ServerResponse) => void
}

/** An issuer whose answers the test decides. */
async function fakeIssuer(t: Scope): Promise<Fake> {
  const server = createServer((request, response) => {
    fake.asked.push(String(request.url))
    fake.answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => closed(server))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fake: Fake = { url, asked: [], answer: publishing(url, [ec]) }
  return fake
}

function publishing(url: string, published: readonly JWK[]): Fake['answer'] {
  return ({ url: path }, response) => {
    const content =
      path === '/.well-known/openid-configuration'
        ? { issuer: url, jwks_uri: `${url}/jwks` }
        : { keys: published.map(({ kid, kty, crv, x, y, n, e, alg }) => ({ kid, kty, crv, x, y, n, e, alg })) }
    response.end(JSON.stringify(content))
  }
}

test('keys are fetched once, and again for a key that is new', async (t) => {
  const fake = await fakeIssuer(t)
  const issuer = issuerOf(t, fake.url, 0)
  const tokenOf = (key: JWK, sub: string) => handmade({ iss: fake.url, sub }, { key })
  await Promise.all(['a', 'b', 'c'].map(async (sub) => issuer.verify(await tokenOf(ec, sub))))
  t.same(fake.asked, ['/.well-known/openid-configuration', '/jwks'])
  const next = await signingKey('ES256', 'next')
  fake.answer = publishing(fake.url, [ec, next])
  t.equal((await issuer.verify(await tokenOf(next, 'd'))).owner, `${fake.url}|d`)
  t.equal(fake.asked.length, 3)
  fake.answer = publishing(fake.url, [next])
  await issuer.renew()
  t.match(await refusal(issuer, await tokenOf(ec, 'e')), ['unauthenticated', 'The token names no key of its issuer.'])
  const twins = await signingKey('ES256', 'next')
  fake.answer = publishing(fake.url, [twins, next])
  await issuer.renew()
  t.match(await refusal(issuer, await tokenOf(next, 'f')), ['unauthenticated', 'The token names no key of its issuer.'])
})

test('of a flood of unknown keys the issuer is asked ten times at once, and then once a pause', async (t) => {
  const fake = await fakeIssuer(t)
  const issuer = issuerOf(t, fake.url, 60_000)
  for (let round = 0; round < 30; round++) {
    const token = await handmade({ iss: fake.url }, { kid: `unknown-${round}` })
    t.match(await refusal(issuer, token), ['unauthenticated'])
  }
  t.equal(fake.asked.length, 2 + 10, 'for its configuration and keys, and for ten of the unknown ones')
  const short = issuerOf(t, fake.url, 20)
  for (let round = 0; round < 30; round++) {
    await refusal(short, await handmade({ iss: fake.url }, { kid: `unknown-${round}` }))
  }
  const next = await signingKey('ES256', 'next')
  fake.answer = publishing(fake.url, [ec, next])
  const token = await handmade({ iss: fake.url, sub: 'late' }, { key: next })
  t.match(await until(short, token, (said) => 'owner' in said), { owner: `${fake.url}|late` }, 'known after a pause')
})

test('the first token of a new key is taken at once, and the issuer is asked once for each unknown one', async (t) => {
  const fake = await fakeIssuer(t)
  const issuer = issuerOf(t, fake.url, 60_000)
  await issuer.verify(await handmade({ iss: fake.url }))
  const next = await signingKey('ES256', 'next')
  const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => handmade({ iss: fake.url, sub }, { key: next })))
  const unknown = await handmade({ iss: fake.url }, { kid: 'unknown' })
  for (let round = 0; round < 5; round++) t.match(await refusal(issuer, unknown), ['unauthenticated'])
  t.equal(fake.asked.length, 3, 'once for five tokens')
  fake.answer = publishing(fake.url, [ec, next])
  const owners = await Promise.all(tokens.map(async (token) => (await issuer.verify(token)).owner))
  t.same(
    owners,
    ['a', 'b', 'c'].map((sub) => `${fake.url}|${sub}`),
  )
  t.equal(fake.asked.length, 4, 'once for three tokens at a time')
})

test('a key of the issuer that cannot be used is a fault of its token, not of the issuer', async (t) => {
  const fake = await fakeIssuer(t)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const weak = { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'weak' } as JWK
  const broken = { ...ec, kid: 'broken', x: 'AA' }
  const unfit = { kid: 'unfit', kty: 'EC', alg: 'ES256', crv: 'P-256' } as JWK
  fake.answer = publishing(fake.url, [weak, broken, unfit, ec])
  const issuer = issuerOf(t, fake.url)
  for (const [kid, alg] of [
    ['weak', 'RS256'],
    ['broken', 'ES256'],
    ['unfit', 'ES256'],
  ]) {
    const token = await handmade({ iss: fake.url }, { kid, key: alg === 'RS256' ? rsa : ec })
    t.match(await refusal(issuer, token), ['unauthenticated', 'The key that the token names cannot be used.'], kid)
  }
  t.equal((await issuer.verify(await handmade({ iss: fake.url }))).owner, `${fake.url}|a`)
})

test('an endless answer of an issuer is not read to its end', async (t) => {
  for (const endless of ['/.well-known/openid-configuration', '/jwks']) {
    const fake = await fakeIssuer(t)
    let sent = 0
    const publish = fake.answer
    fake.answer = (request, response) => {
      if (request.url !== endless) return publish(request, response)
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536))) sent += 65_536
      }
      response.on('drain', more)
      more()
    }
    const issuer = issuerOf(t, fake.url)
    t.same(await refusal(issuer, await handmade({ iss: fake.url })), unavailable, endless)
    t.ok(sent < 2 ** 24, `${sent} bytes`)
  }
})

test('while the issuer is silent nobody knows whether a token is right; it is not asked for each of them', async (t) => {
  const silent = await fakeIssuer(t)
  const answers: Fake['answer'][] = [
    (request) => request.socket.destroy(),
    (_request, response) => response.writeHead(500).end(),
    (_request, response) => response.end('{'),
    (_request, response) => response.end('{"issuer": "https://else.example", "jwks_uri": "https://else.example/jwks"}'),
    (_request, response) => response.end(JSON.stringify({ issuer: silent.url })),
    (_request, response) => response.end(JSON.stringify({ issuer: silent.url, jwks_uri: 'jwks' })),
    ({ url }, response) =>
      url === '/jwks'
        ? response.writeHead(302, { location: '/x' }).end()
        : publishing(silent.url, [])({ url } as IncomingMessage, response),
  ]
  for (const answer of answers) {
    silent.answer = answer
    const told = listener()
    const issuer = issuerOf(t, silent.url, undefined, told)
    silent.asked.length = 0
    const token = await handmade({ iss: silent.url })
    for (let round = 0; round < 20; round++) t.same(await refusal(issuer, token), unavailable)
    t.ok(silent.asked.length <= 2, silent.asked.join())
    t.same(
      told.lines.map((line) => JSON.parse(line).msg),
      ['tokens cannot be verified'],
      'the log says it once',
    )
  }
})

test('an issuer that never answers is no fault of a token: neither at the start, nor when its keys have changed', async (t) => {
  const hanging = await fakeIssuer(t)
  const publish = hanging.answer
  const never: Fake['answer'] = () => undefined
  const keysNever: Fake['answer'] = (request, response) => request.url !== '/jwks' && publish(request, response)
  for (const answer of [never, keysNever]) {
    hanging.answer = answer
    const issuer = issuerOf(t, hanging.url, undefined, listener(), 500)
    t.same(await refusal(issuer, await handmade({ iss: hanging.url })), unavailable)
  }
  hanging.answer = publish
  const issuer = issuerOf(t, hanging.url, 0, listener(), 3000)
  await issuer.verify(await handmade({ iss: hanging.url }))
  hanging.answer = never
  const next = await signingKey('ES256', 'next')
  t.same(await refusal(issuer, await handmade({ iss: hanging.url }, { key: next })), unavailable)
  t.equal(
    (await issuer.verify(await handmade({ iss: hanging.url, sub: 'b' }))).owner,
    `${hanging.url}|b`,
    'known keys work',
  )
})

/** What the issuer says of a token, again and again until it fits. */
async function until(
  issuer: Issuer,
  token: string,
  fits: (said: Client | Problem) => boolean,
): Promise<Client | Problem> {
  for (const end = performance.now() + 20_000; ; await sleep(20)) {
    const said = await Promise.resolve(issuer.verify(token)).catch((error: Problem) => error)
    if (fits(said) || performance.now() > end) return said
  }
}

test('an issuer that is out of reach at the start is used when it comes, and may leave again', async (t) => {
  const gone = await runProvider(Object.values(keys))
  await gone.close()
  const told = listener()
  const issuer = issuerOf(t, gone.issuer, 0, told)
  await issuer.renew()
  t.match(JSON.parse(told.lines[0]), { level: 40, issuer: gone.issuer, msg: 'the token issuer does not respond' })
  const back = await runProvider(Object.values(keys), Number(new URL(gone.issuer).port))
  const first = await back.token('ES256', 'read')
  const second = await back.token('ES256', 'write')
  t.same(await refusal(issuer, first), unavailable, 'it was asked a moment ago')
  const owner = `${gone.issuer}|trainer`
  t.match(await until(issuer, first, (said) => 'owner' in said), { owner, scopes: ['read'] })
  await back.close()
  t.match(await issuer.verify(second), { owner, scopes: ['write'] }, 'its keys are known')
  const foreign = await signingKey('ES256', 'foreign')
  t.same(await refusal(issuer, await handmade({ iss: gone.issuer }, { key: foreign })), unavailable)
})

test('a token that was verified is refused after its end', async (t) => {
  const issuer = issuerOf(t, provider.issuer)
  const token = await handmade({ exp: Math.floor(Date.now() / 1000) - 27 })
  t.equal((await issuer.verify(token)).owner, `${provider.issuer}|a`)
  const said = await until(issuer, token, (found) => found instanceof Problem)
  t.match(said, { problem: 'unauthenticated', message: 'The token has expired.' })
})
