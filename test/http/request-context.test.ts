import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdCompressSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import type { BodySource } from '../../src/formats/context.ts'
import { handleError } from '../../src/http/error-handler.ts'
import type { Limits } from '../../src/http/limits.ts'
import { Problem } from '../../src/http/problem.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import { Resources, requestContext } from '../../src/http/request-context.ts'
import { eventually } from '../eventually.ts'
import type { Scope, Service } from '../formats/support.ts'
import {
  binaryBody,
  Client,
  cut,
  doublesOf,
  freeBytes,
  head,
  limits,
  linesOf,
  manyOnes,
  options,
  rowsOf,
  seeded,
  serve,
} from '../formats/support.ts'
import { noConnections } from '../wire/support.ts'
import { bare, portOf } from './plugins/support.ts'

/** A body that is read, and why it is read no longer. */
class Body implements BodySource {
  isWaiting = true
  readonly reasons: Error[] = []

  close(reason: Error): void {
    this.reasons.push(reason)
  }
}

/** What of a response is looked at. */
class Answer {
  headersSent = false
  destroyed = false

  destroy(): void {
    this.destroyed = true
  }

  asResponse(): ServerResponse {
    // a whole one needs a connection
    return this as unknown as ServerResponse
  }
}

const reason = new Problem('overloaded', 'no room')

test('a request that is closed gives everything back, and whatever is at work stops', async (t) => {
  const { budget, open } = opened()
  const { work, body, answer } = open()
  const buffer = work.memory.allocate(freeBytes + 100)
  t.equal(budget.held, 100)
  const working = work.task.run(endless())
  working.catch(() => undefined)
  work.close()
  work.close()
  t.same([budget.held, buffer.detached, answer.destroyed], [0, true, false])
  t.same(
    body.reasons.map(({ message }) => message),
    ['the request is over', 'the request is over'],
  )
  await t.rejects(working, { message: 'the request is over' })
  t.throws(() => work.task.start(), { message: 'the request is over' })
})

test('a request that has neither a body nor an answer can be ended', async (t) => {
  const { budget, resources } = opened()
  const work = resources.open('b')
  work.memory.reserve(freeBytes + 7)
  t.same([work.owner, work.isStalled, budget.held], ['b', false, 7])
  work.giveWay(reason)
  work.close()
  t.equal(budget.held, 0)
})

test('a request that gives way is answered, unless its answer is under way', async (t) => {
  for (const isUnderWay of [false, true]) {
    const { budget, open } = opened()
    const { work, body, answer } = open()
    answer.headersSent = isUnderWay
    work.memory.reserve(freeBytes + 7)
    work.giveWay(reason)
    t.same([budget.held, work.task.reason, body.reasons], [0, reason, [reason]])
    t.equal(answer.destroyed, isUnderWay)
    work.close()
    t.equal(work.task.reason, reason, 'the first reason is what is answered')
  }
})

test('a request waits for its client after 5 seconds without 64 KiB, while it has nothing else to do', async (t) => {
  let now = 1000
  t.intercept(performance, 'now', { value: () => now })
  const { open } = opened()
  const { work, body, answer } = open()
  const cases: [string, number, () => void, boolean][] = [
    ['it has begun', 0, () => undefined, false],
    ['its client is quick enough', 5000, () => undefined, false],
    ['its client is not', 1, () => undefined, true],
    ['something has come', 0, () => work.received(freeBytes - 1), true],
    ['enough has come', 0, () => work.received(1), false],
    ['little comes', 5001, () => work.received(1), true],
    ['what has come is worked off', 0, () => (body.isWaiting = false), false],
    ['the answer is computed', 100_000, () => undefined, false],
    ['the answer is under way', 0, () => (answer.headersSent = true), true],
    ['the answer is about to be sent', 0, () => work.answers(), false],
    ['the answer is not taken', 5001, () => undefined, true],
  ]
  for (const [what, passed, change, isStalled] of cases) {
    now += passed
    change()
    t.equal(work.isStalled, isStalled, what)
  }
  const idle = new Resources(limits()).open('a')
  now += 10_000
  t.equal(idle.isStalled, false, 'one without a body or an answer waits for nobody')
})

test('a request that takes too long to compute is answered with the limit', async (t) => {
  const { app } = await serviceOf(t, { maxComputeMs: 20 })
  app.get('/endless', async ({ work }) => work.task.run(endless()))
  const answer = await app.inject('/endless')
  const { status, limit, allowed } = answer.json()
  t.same([answer.statusCode, status, limit, allowed], [413, 413, 'maxComputeMs', 20])
})

test('every request has an owner, and ends when it is answered', async (t) => {
  const { app, works } = await serviceOf(t)
  app.get('/', async ({ work }) => {
    work.memory.reserve(freeBytes + 1000)
    return { held: app.resources.budget.held }
  })
  const answer = await app.inject({ url: '/', remoteAddress: '192.0.2.7' })
  t.same(answer.json(), { held: 1000 })
  t.equal((await app.inject({ url: '/nowhere', remoteAddress: '192.0.2.8' })).statusCode, 404)
  t.same(
    works.map(({ owner }) => owner),
    ['192.0.2.7', '192.0.2.8'],
  )
  t.ok(await eventually(() => works.every(({ task }) => task.reason !== undefined)))
  t.equal(app.resources.budget.held, 0)
})

test('behind proxies a request is of the address that they name, though the connection is theirs', async (t) => {
  const { app, port } = await serve(t, { REQUESTS_PER_MINUTE: '1', TRUST_PROXY: '1' })
  const statuses: number[] = []
  for (const address of ['192.0.2.7', '192.0.2.8']) {
    const client = new Client(t, port)
    await client.write(`GET /v1/limits HTTP/1.1\r\nhost: a\r\nx-forwarded-for: ${address}\r\n\r\n`)
    statuses.push((await client.answer()).status)
  }
  t.same(statuses, [200, 200])
  t.ok(await eventually(() => app.requestsInFlight.count === 0))
})

const megabyte = 2 ** 20
const payloads: readonly [string, () => string | Buffer | Readable, number][] = [
  ['an answer of text', () => 'x'.repeat(16 * megabyte), 16 * megabyte - freeBytes],
  ['an answer of bytes', () => Buffer.alloc(16 * megabyte), 16 * megabyte - freeBytes],
  ['an answer that is a stream', () => Readable.from(Array.from({ length: 16 }, () => Buffer.alloc(megabyte))), 0],
]

for (const [what, payload, held] of payloads) {
  test(`${what} is held until it is sent, or its client has left`, async (t) => {
    const { app } = await serviceOf(t)
    app.get('/', async (_, reply) => reply.send(payload()))
    const port = await portOf(app)
    const { budget } = app.resources
    const leaving = new Client(t, port)
    leaving.socket.pause()
    await leaving.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    t.ok(await eventually(() => budget.held === held))
    leaving.socket.destroy()
    t.ok(await eventually(() => budget.held === 0))
    const answer = await fetch(`http://127.0.0.1:${port}/`)
    t.equal((await answer.arrayBuffer()).byteLength, 16 * megabyte)
    t.ok(await eventually(() => budget.held === 0))
  })
}

test('an answer that there is no room for is a problem', async (t) => {
  const { app } = await serviceOf(t, { maxInFlightBytes: megabyte })
  app.get('/alone', async () => 'x'.repeat(2 * megabyte))
  app.get('/full', async ({ work }) => {
    work.memory.reserve(freeBytes + megabyte / 2)
    return 'x'.repeat(megabyte / 4)
  })
  const alone = await app.inject('/alone')
  t.same([alone.statusCode, alone.json().limit], [413, 'maxInFlightBytes'])
  const other = app.resources.open('other')
  other.memory.reserve(freeBytes + megabyte / 2)
  const full = await app.inject('/full')
  t.same([full.statusCode, full.headers['content-type']], [503, 'application/problem+json; charset=utf-8'])
  t.match(full.json(), { type: '/problems/overloaded', detail: 'Too many bytes of requests are in flight.' })
  t.equal(app.resources.budget.held, megabyte / 2)
  other.close()
  t.equal((await app.inject('/full')).statusCode, 200)
  t.equal(app.resources.budget.held, 0)
})

test('a client that leaves in the middle of its upload frees everything', async (t) => {
  const { app, port } = await serve(t)
  const { budget } = app.resources
  for (const type of ['application/json', 'application/octet-stream', 'application/x-ndjson']) {
    const client = new Client(t, port)
    const headers = { 'content-type': type, 'inference-header-content-length': 3000, 'content-length': 10 * megabyte }
    await client.write(`${head(headers)}{"loss":"mse","labelFormat":"values"`)
    if (type === 'application/x-ndjson') await client.write('}\n{"epsilon":1')
    if (type !== 'application/octet-stream') {
      await client.write(`,"predictions":[${'1.25,'.repeat(megabyte)}`)
      t.ok(await eventually(() => budget.held > 4 * megabyte), type)
    }
    client.socket.destroy()
    t.ok(await eventually(() => budget.held === 0), type)
  }
})

const tight = { MAX_BODY_BYTES: '1000000', MAX_IN_FLIGHT_BYTES: '4000000' }
const whole = Buffer.from(`${manyOnes(150_000)}1],"labels":[${'1,'.repeat(150_000)}1]}`)

/** A client that has sent most of a body, which takes nearly all memory that there is. */
async function hoarder(t: Scope, { app, port }: Service): Promise<Client> {
  const client = new Client(t, port)
  await client.write(head({ 'content-length': 900_000 }) + manyOnes(420_000))
  await eventually(() => app.resources.budget.held > 3_200_000)
  return client
}

/** The status of a whole body from an address. */
async function statusFor(t: Scope, port: number, address?: string): Promise<number> {
  const client = new Client(t, port, address)
  await client.write(head({ 'content-length': whole.length }))
  await client.write(whole)
  return (await client.answer()).status
}

test('an upload that stands still gives way to others, and its client is told', async (t) => {
  const { now } = performance
  let later = 0
  t.intercept(performance, 'now', { value: () => now.call(performance) + later })
  const service = await serve(t, tight)
  const { app, port } = service
  const client = await hoarder(t, service)
  t.equal(await statusFor(t, port), 503)
  t.equal(client.text, '')
  later = 5001
  t.equal(await statusFor(t, port), 200)
  const { status, headers, body } = await client.answer()
  t.same([status, headers['retry-after'], body.detail], [503, '1', 'Too many bytes of requests are in flight.'])
  t.ok(await eventually(() => app.resources.budget.held === 0))
})

test('an address that has more than half of the memory gives way to another', async (t) => {
  const service = await serve(t, tight)
  const { app, port } = service
  const client = await hoarder(t, service)
  t.equal(await statusFor(t, port), 503)
  t.equal(client.text, '')
  t.equal(await statusFor(t, port, '127.0.0.2'), 200)
  t.equal((await client.answer()).status, 503)
  t.ok(await eventually(() => app.resources.budget.held === 0))
})

test('whatever comes at once from whom, nothing fails and nothing is left', { timeout: 300_000 }, async (t) => {
  const { now } = performance
  let later = 0
  t.intercept(performance, 'now', { value: () => now.call(performance) + later })
  const { app, port } = await serve(t, { ...tight, MAX_COMPUTE_MS: '86400000' })
  const random = seeded(11)
  const bodies = [500, 5000, 20_000].flatMap((count) => {
    const rows = rowsOf(count, 2, count)
    const json = Buffer.from(JSON.stringify({ ...options, include: ['perSample', 'gradient'], ...rows }))
    const single = binaryBody({ ...options, include: ['gradient'] }, doublesOf(rows))
    const lines = linesOf(rows, Math.ceil(count / 7))
    return [
      { headers: {}, payload: json },
      { headers: { 'content-encoding': 'zstd' }, payload: zstdCompressSync(json) },
      { headers: single.headers, payload: single.payload },
      { headers: { 'content-type': 'application/x-ndjson' }, payload: Buffer.from(lines) },
    ]
  })
  const statuses = new Map<string, number>()
  const count = (what: string) => statuses.set(what, (statuses.get(what) ?? 0) + 1)
  const request = async (): Promise<void> => {
    const { headers, payload } = bodies[random(bodies.length)]
    const client = new Client(t, port, `127.0.0.${1 + random(4)}`)
    const bytes = random(8) === 0 ? payload.map((byte, at) => (at === payload.length >> 1 ? 0x7b : byte)) : payload
    await client.write(head({ ...headers, 'content-length': bytes.length }))
    for (const piece of cut(bytes, random, 2 ** 17)) {
      if (random(4) === 0) await sleep(random(30))
      if (random(10) === 0) later += 2500
      if (random(40) === 0) client.socket.destroy()
      if (client.isClosed || client.socket.destroyed) break
      await client.write(piece)
    }
    if (random(10) === 0) client.socket.destroy()
    const status = await client.answer(60_000).then(
      (reply) => `${reply.status}`,
      () => 'none',
    )
    count(status)
    client.socket.destroy()
  }
  for (let round = 0; round < 8; round++) await Promise.all(Array.from({ length: 20 }, request))
  t.comment(JSON.stringify(Object.fromEntries(statuses)))
  t.same(
    Array.from(statuses.keys()).filter((status) => !['200', '400', '413', '422', '503', 'none'].includes(status)),
    [],
  )
  for (const status of ['200', '503', 'none']) t.ok((statuses.get(status) ?? 0) > 0, status)
  t.ok(await eventually(() => app.resources.budget.held === 0))
  t.equal(app.resources.scheduler.waiting, 0)
})

/** Resources, and what opens a request with a body and an answer. */
function opened() {
  const resources = new Resources(limits())
  const open = () => {
    const [answer, body] = [new Answer(), new Body()]
    const work = resources.open('a', answer.asResponse())
    work.reads(body)
    return { work, body, answer }
  }
  return { resources, budget: resources.budget, open }
}

function* endless(): Generator<void, never> {
  for (;;) yield
}

/** A service that does nothing but account for requests, and the work of each. */
async function serviceOf(
  t: Scope,
  other: Partial<Limits> = {},
): Promise<{ app: FastifyInstance; works: RequestContext[] }> {
  const app = bare(t)
  const works: RequestContext[] = []
  app.setErrorHandler(handleError)
  app.decorate('connections', noConnections)
  await app.register(requestContext, { limits: limits(other) })
  app.addHook('onRequest', async ({ work }) => void works.push(work))
  return { app, works }
}

test('a request belongs to an address until its owner is known', async (t) => {
  const work = new Resources(limits()).open('10.0.0.1')
  t.equal(work.owner, '10.0.0.1')
  work.belongTo('alice')
  t.same([work.owner, work.task.owner, work.memory.holder.owner], ['alice', 'alice', 'alice'])
  work.close()
})

test('the bytes of a body are counted as they come, by whom it concerns', async (t) => {
  const work = new Resources(limits()).open('a')
  t.equal(work.received(5), undefined)
  const counted: (number | string)[] = []
  const leave = Promise.resolve()
  const meter = {
    count: (bytes: number) => {
      counted.push(bytes)
      return leave
    },
    end: () => void counted.push('end'),
  }
  work.meter(meter)
  t.equal(work.received(7), leave)
  t.same(counted, [7])
  t.equal(work.bytes, 12)
  work.close()
  t.same(counted, [7, 'end'])
  work.meter(meter)
  t.same(counted, [7, 'end', 'end'], 'the client may have left before it was decided whether it may send')
})

test('a part of the work is a span where the request is traced, and just runs where it is not', async (t) => {
  const work = new Resources(limits()).open('a')
  t.equal(
    work.during('fold', () => 5),
    5,
  )
  const told: unknown[] = []
  work.trace = {
    id: 'abc',
    begin: (part) => (hasFailed) => {
      told.push([part, hasFailed])
    },
  }
  t.equal(
    work.during('decode', () => 6),
    6,
  )
  t.equal(await work.during('fold', async () => 7), 7)
  const fails = () => {
    throw reason
  }
  t.throws(() => work.during('decode', fails), reason)
  await t.rejects(
    work.during('fold', async () => fails()),
    reason,
  )
  t.same(told, [
    ['decode', undefined],
    ['fold', undefined],
    ['decode', true],
    ['fold', true],
  ])
  work.close()
})

test('rows add up, under the spec that they were evaluated by', async (t) => {
  const work = new Resources(limits()).open('a')
  t.same([work.spec, work.rows], [undefined, 0])
  const spec = { loss: 'mse', labelFormat: 'values' }
  work.evaluates(spec, 3)
  work.evaluates(spec, 4)
  t.same([work.spec, work.rows], [spec, 7])
  work.close()
})
