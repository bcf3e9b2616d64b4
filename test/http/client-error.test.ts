import { EventEmitter, once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import Fastify, { LogController } from 'fastify'
import { test } from 'tap'
import { answerClientError } from '../../src/http/client-error.ts'
import { handleError } from '../../src/http/error-handler.ts'
import { requestsInFlight } from '../../src/http/plugins/requests-in-flight.ts'
import { problems } from '../../src/http/problems.ts'
import { Connections } from '../../src/wire/server.ts'
import type { Connection } from '../../src/wire/table.ts'
import { eventually } from '../eventually.ts'
import { listener } from '../support.ts'
import { Client, fakeConnection, get, limits } from '../wire/support.ts'
import { standIns } from './plugins/support.ts'

interface Served {
  readonly port: number
  readonly lines: string[]
  readonly counted: string[]
  readonly server: Server
  /** Emits `reading` when a body is about to be read. */
  readonly bodies: EventEmitter
  /** Waits until an answer is under way. */
  answering(): Promise<unknown>
}

/** A server that loses patience after 100 ms, with nothing of the service but its connections. */
async function served(t: { after(release: () => Promise<void>): unknown }): Promise<Served> {
  const { logger, lines } = listener()
  const connections = new Connections(limits({ headersTimeoutMs: 100 }), 72_000)
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    clientErrorHandler: answerClientError,
    serverFactory: (respond) => connections.serve(respond),
    forceCloseConnections: false,
    logController: new LogController({ disableRequestLogging: true }),
  })
  app.setErrorHandler(handleError)
  app.decorate('connections', connections)
  const counted: string[] = []
  app.decorate('metrics', { refused: (name: string) => counted.push(name), answered: () => undefined } as never)
  await standIns(app, 'access-log', 'request-context', 'request-id', 'security-headers')
  await app.register(requestsInFlight, { limits: { maxRequestsInFlight: 10 } })
  const bodies = new EventEmitter()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.on('error', (error) => done(error))
    payload.on('end', () => done(null, 'read'))
    payload.resume()
    bodies.emit('reading')
  })
  app.post('/', async () => 'fine')
  app.get('/', async () => 'fine')
  app.get('/large', async () => Buffer.alloc(20_000_000, 'x'))
  app.get('/slow', async () => {
    await once(app.server, 'clientError')
    return 'slow'
  })
  app.get('/stuck', async (_request, reply) => {
    await once(reply.raw, 'close')
    return reply
  })
  let response: ServerResponse | undefined
  app.server.on('request', (_request, its) => {
    response = its
  })
  await app.listen({ port: 0 })
  t.after(() => app.close())
  const answering = () => eventually(() => response?.headersSent === true)
  const { port } = app.server.address() as AddressInfo
  return { port, lines, counted, server: app.server, bodies, answering }
}

/** Everything that the server says to these bytes until it closes the connection. */
async function said(port: number, bytes: string): Promise<string> {
  const socket = connect(port)
  socket.write(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const uuid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/

/** What it says in the case of a problem. */
function saying(name: 'bad-request' | 'headers-too-large' | 'request-timeout', requestId: string): string {
  const { status, title, meaning } = problems[name]
  const body = JSON.stringify({ type: `/problems/${name}`, title, status, detail: meaning, instance: '/', requestId })
  return `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`
}

const table = [
  ['garbage', 'geheim\r\n\r\n', 'bad-request'],
  ['binary garbage', '\u0000\u0001\u0002\u0003', 'bad-request'],
  ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 'bad-request'],
  ['a method that there is not', 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n', 'bad-request'],
  ['another protocol', 'GET / FTP/1.1\r\n\r\n', 'bad-request'],
  ['a header without a colon', 'GET / HTTP/1.1\r\nHost: a\r\ngeheim\r\n\r\n', 'bad-request'],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', 'bad-request'],
  [
    'length and chunks',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc',
    'bad-request',
  ],
  ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 'headers-too-large'],
  ['an address of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 'headers-too-large'],
  ['headers that do not end', 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ', 'request-timeout'],
] as const

test('a problem is said on the bare socket, and the connection closed', async (t) => {
  const { port, lines, counted } = await served(t)
  for (const [name, bytes, problem] of table) {
    const answer = await said(port, bytes)
    const [id = 'no id'] = answer.match(uuid) ?? []
    t.equal(answer, saying(problem, id), name)
    const refused = lines
      .map((line) => JSON.parse(line))
      .filter(({ requestId, msg }) => requestId === id && msg === 'refused')
    t.match(refused, [{ level: 30, status: problems[problem].status, code: /^(HPE|ERR)_/ }], name)
    t.equal(refused.length, 1)
  }
  t.same(
    counted,
    table.map(([, , problem]) => problem),
  )
  t.notMatch(lines.join(''), 'geheim')
})

test('what cannot be read behind a request is refused when that has been answered', async (t) => {
  const { port } = await served(t)
  for (const path of ['/', '/slow', '/large']) {
    const client = new Client(t, port)
    client.say(`${get(path)}geheim\r\n\r\n`)
    t.ok(await client.ended())
    t.same(client.statuses, [200, 400], path)
    t.match(client.text, /Connection: close\r\n\r\n\{"type":"\/problems\/bad-request"[^}]*\}$/)
  }
})

test('it does not get into an answer under way', async (t) => {
  const { port, server, answering } = await served(t)
  const client = new Client(t, port)
  client.socket.pause()
  client.say(get('/large'))
  await answering()
  const refused = once(server, 'clientError')
  client.say('geheim\r\n\r\n')
  await refused
  client.socket.resume()
  t.ok(await client.ended())
  const body = client.text.slice(client.text.indexOf('\r\n\r\n') + 4)
  t.match(body.slice(0, 20_000_000), /^x+$/)
  t.match(body.slice(20_000_000), /^HTTP\/1\.1 400 /)
})

const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n'

test('a body that breaks off or cannot be read is refused by whoever reads it', async (t) => {
  const { port, bodies } = await served(t)
  for (const end of ['geheim\r\n', undefined]) {
    const client = new Client(t, port)
    const reading = once(bodies, 'reading')
    client.say(`${chunked}3\r\nabc\r\n`)
    await reading
    if (end === undefined) client.socket.end()
    else client.say(end)
    t.ok(await client.ended())
    t.same(client.statuses, [400])
    t.match(client.text, /connection: close\r\n[\s\S]*\/problems\/bad-request"/)
  }
})

test('where nobody reads it, by what answers the request', async (t) => {
  const { port, server } = await served(t)
  const client = new Client(t, port)
  const begun = once(server, 'request')
  client.say(chunked.replace('POST /', 'GET /stuck'))
  await begun
  client.say('geheim\r\n')
  t.ok(await client.ended())
  t.same(client.statuses, [400])
})

test('the rest of a body whose request has been answered gets no other answer', async (t) => {
  for (const path of ['/', '/large']) {
    const { port, server, answering } = await served(t)
    const client = new Client(t, port)
    if (path === '/large') client.socket.pause()
    client.say(chunked.replace('POST /', `GET ${path}`))
    await answering()
    const refused = once(server, 'clientError')
    client.say('geheim\r\n')
    await refused
    client.socket.resume()
    t.ok(await client.ended())
    t.same(client.statuses, [200], path)
  }
})

test('after the last answer nothing more is said', async (t) => {
  const { port } = await served(t)
  const client = new Client(t, port)
  client.say(`${get('/', ['Connection: close'])}geheim\r\n\r\n`)
  t.ok(await client.ended())
  t.same(client.statuses, [200])
})

test('a connection that is reset, gone or ended gets no answer', async (t) => {
  const app = {
    log: { info: () => t.fail('nothing to say') },
    connections: { of: () => ({ isEnding: true }) },
  } as unknown as FastifyInstance
  const write = () => t.fail('nothing to write')
  answerClientError.call(app, withCode('ECONNRESET'), { destroyed: false, write } as unknown as Socket)
  answerClientError.call(app, withCode('HPE_INVALID_METHOD'), { destroyed: true, write } as unknown as Socket)
  answerClientError.call(app, withCode('HPE_INVALID_METHOD'), { destroyed: false, write } as unknown as Socket)
})

test('many are refused in several turns of the event loop, each once', async (t) => {
  const said: unknown[] = []
  const of = new Map<unknown, Connection>()
  const app = {
    log: { info: () => undefined },
    connections: { of: (socket: unknown) => of.get(socket) },
  } as unknown as FastifyInstance
  for (let count = 0; count < 100; count++) {
    const { connection, socket } = fakeConnection()
    of.set(socket, connection)
    socket.destroySoon = () => {
      said.push(socket)
      connection.isEnding = true
    }
    for (const code of ['HPE_INVALID_METHOD', 'ERR_HTTP_REQUEST_TIMEOUT'])
      answerClientError.call(app, withCode(code), socket.socket)
    t.same(socket.did, ['pause', 'pause'], 'nothing more is read')
  }
  const counts = [said.length]
  while (counts.at(-1) !== counts.at(-2)) {
    await setImmediate()
    counts.push(said.length)
  }
  // two errors each, 64 in a turn
  t.same(counts, [0, 32, 64, 96, 100, 100])
  t.equal(new Set(said).size, 100)
})

test('a socket that takes nothing more is closed', async (t) => {
  t.plan(2)
  const app = {
    log: { info: (fields: object) => t.match(fields, { code: 'HPE_INVALID_METHOD', status: 400 }) },
    connections: { of: () => undefined },
  }
  const socket = { writable: false, destroyed: false, destroySoon: () => t.pass('closed') }
  answerClientError.call(app as unknown as FastifyInstance, withCode('HPE_INVALID_METHOD'), socket as unknown as Socket)
})

function withCode(code: string): Error & { code: string } {
  return Object.assign(new Error(code), { code })
}
