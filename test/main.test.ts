import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { test } from 'tap'
import { linesOf, portOf, start, until } from './service.ts'
import { writeCertificate } from './wire/certificates.ts'

/** On a connection of its own: one that is kept is waited for at the end. */
function ask(port: number, path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> {
  const init = body === undefined ? {} : { method: 'POST', body }
  return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers: { connection: 'close', ...headers } })
}

const json = { 'content-type': 'application/json' }
const request = { loss: 'mae', labelFormat: 'values', predictions: [2, 5], labels: [1, 2] }

test('it says where it listens, answers, and ends on SIGINT', async (t) => {
  const service = start(t, { MAX_BODY_BYTE: '5' })
  const port = await portOf(service)
  t.match(linesOf(service)[0], { level: 40, msg: 'MAX_BODY_BYTE has no effect; did you mean MAX_BODY_BYTES?' })
  const headers = { ...json, 'x-request-id': 'from-a-client' }
  const answer = await ask(port, '/v1/loss', headers, JSON.stringify(request))
  t.equal(answer.status, 200)
  t.match(await answer.json(), { loss: 2, requestId: 'from-a-client' })
  service.child.kill('SIGINT')
  t.same(await service.ended, [0, null])
  t.equal(service.output.errors, '')
  t.match(linesOf(service).at(-2), { level: 30, requestId: 'from-a-client', status: 200, msg: 'answered' })
  t.match(linesOf(service).at(-1), { level: 30, signal: 'SIGINT', msg: 'closing' })
})

test('on SIGTERM it is not ready any more, takes requests for a while, and finishes those in flight', async (t) => {
  const service = start(t, { SHUTDOWN_DELAY_MS: '800' })
  const port = await portOf(service)
  const body = JSON.stringify(request)
  const slow = connect(port, '127.0.0.1')
  t.after(() => slow.destroy())
  let said = ''
  slow.on('data', (chunk) => {
    said += chunk
  })
  slow.write(
    `POST /v1/loss HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 20)}`,
  )
  const readiness = async () => (await ask(port, '/readyz')).status
  t.equal(await readiness(), 200)
  service.child.kill('SIGTERM')
  t.equal(
    await until(async () => {
      const status = await readiness()
      return status === 200 ? undefined : status
    }),
    503,
  )
  t.equal((await ask(port, '/livez')).status, 200)
  const during = await ask(port, '/v1/loss', json, body)
  t.equal(during.status, 200, 'a request that comes before the balancer has noticed')
  await until(() =>
    ask(port, '/livez').then(
      () => undefined,
      () => true,
    ),
  )
  t.equal(service.child.exitCode, null, 'it listens no more, and lives')
  slow.write(body.slice(20))
  t.same(await service.ended, [0, null])
  t.match(said, /^HTTP\/1\.1 200 OK\r\n[\s\S]*"loss":2,/)
})

test('a request that does not end is refused after the time for it', async (t) => {
  const service = start(t, { SHUTDOWN_TIMEOUT_MS: '300' })
  const port = await portOf(service)
  const slow = connect(port, '127.0.0.1')
  t.after(() => slow.destroy())
  let said = ''
  slow.on('data', (chunk) => {
    said += chunk
  })
  slow.write('POST /v1/loss HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{')
  await until(async () => ((await ask(port, '/readyz')).status === 200 ? true : undefined))
  service.child.kill('SIGTERM')
  t.same(await service.ended, [0, null])
  t.match(said, /^HTTP\/1\.1 503 [\s\S]*connection: close\r\n[\s\S]*"detail":"The service is shutting down\."/i)
})

test('an environment that cannot be used is named on stderr', async (t) => {
  const service = start(t, { PORT: '-1', LOG_LEVEL: 'loud' })
  t.same(await service.ended, [1, null])
  t.same(service.output, {
    text: '',
    errors: `lossmeter cannot start:
PORT=-1: it must be a whole number from 0 to 65535
LOG_LEVEL=loud: Invalid option: expected one of "fatal"|"error"|"warn"|"info"|"debug"|"trace"|"silent"
`,
  })
})

test('a store that cannot be used is named on stderr', async (t) => {
  const service = start(t, { DATABASE_URL: 'mysql://localhost/lossmeter' })
  t.same(await service.ended, [1, null])
  t.same(service.output, {
    text: '',
    errors: `lossmeter cannot start:
DATABASE_URL must be sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE or memory:
`,
  })
})

test('several workers say once what is wrong, and end', async (t) => {
  const service = start(t, { WORKERS: '2', API_KEYS_FILE: '/nowhere/keys.json' })
  t.same(await service.ended, [1, null])
  t.same(service.output, {
    text: '',
    errors: 'lossmeter cannot start:\nAPI_KEYS_FILE=/nowhere/keys.json: it cannot be read: ENOENT\n',
  })
})

test('with a certificate it says https', async (t) => {
  const service = start(t, writeCertificate(t.testdir()))
  const said = await until(() => service.output.text.match(/Server listening at (https?):/)?.[1])
  t.equal(said, 'https')
  service.child.kill('SIGINT')
  t.same(await service.ended, [0, null])
})

test('an address that is taken', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const service = start(t, { PORT: String(port) })
  t.same(await service.ended, [1, null])
  t.match(linesOf(service), [{ level: 60, msg: /^port \d+ is already in use; choose another one with PORT=/ }])
})

test('an error that nothing caught closes it', async (t) => {
  const service = start(t, {}, "process.on('SIGUSR2', () => { throw new Error('from nowhere') })")
  await portOf(service)
  service.child.kill('SIGUSR2')
  t.same(await service.ended, [1, null])
  t.match(linesOf(service).at(-1), { level: 60, msg: 'closing after an error', err: { message: 'from nowhere' } })
})

test('an error that is no matter of configuration is not taken for one', async (t) => {
  const broken =
    "process.env = new Proxy(process.env, { get: (env, name) => { if (name === 'HOST') throw new TypeError('broken'); return env[name] } })"
  const service = start(t, {}, broken)
  t.same(await service.ended, [1, null])
  t.match(service.output.errors, 'TypeError: broken')
  t.notMatch(service.output.errors, 'cannot start')
})

test('on a terminal the log is for people', async (t) => {
  const service = start(t, {}, 'process.stdout.isTTY = true')
  await portOf(service)
  service.child.kill('SIGTERM')
  t.same(await service.ended, [0, null])
  t.match(service.output.text, /INFO.*Server listening at/)
  t.notMatch(service.output.text, '{"level"')
})
