import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { accessLog } from '../../../src/http/plugins/access-log.ts'
import type { Exchange } from '../../../src/wire/table.ts'
import { listener } from '../../support.ts'
import { bare, connected, portOf } from './support.ts'

/** Logs the requests of an app whose connections are all this one, if any. */
async function logging(
  app: FastifyInstance,
  connection?: { readonly exchange: Pick<Exchange, 'since'> },
): Promise<void> {
  app.decorate('connections', { of: () => connection } as never)
  await app.register(accessLog)
}

/** Waits for the lines of the log that are of requests. */
async function linesOf(lines: string[], count: number): Promise<Record<string, unknown>[]> {
  const found = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => /^(answered|aborted)$/.test(msg))
  for (let round = 0; found().length < count && round < 1000; round++) await sleep(10)
  return found()
}

test('its time has what it waited before it began', async (t) => {
  const { lines, logger } = listener()
  const app = bare(t, logger)
  await logging(app, { exchange: { since: performance.now() - 5000 } })
  app.get('/a', async () => 'fine')
  await app.inject('/a')
  const [{ milliseconds }] = await linesOf(lines, 1)
  t.ok(Number(milliseconds) >= 5000, `${milliseconds}`)
})

test('a request whose client leaves before the answer has one, without a status', async (t) => {
  const { lines, logger } = listener()
  const app = bare(t, logger)
  await logging(app)
  app.post('/a', async () => 'never')
  const socket = await connected(t, await portOf(app))
  socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nabc')
  await sleep(50)
  socket.destroy()
  const [{ milliseconds, time, pid, hostname, ...line }] = await linesOf(lines, 1)
  t.same(line, { level: 30, requestId: 'req-1', method: 'POST', path: '/a', aborted: true, msg: 'aborted' })
})

test('so has one whose client leaves in the middle of the answer', async (t) => {
  const { lines, logger } = listener()
  const app = bare(t, logger)
  await logging(app)
  app.get('/a', async () => Buffer.alloc(50_000_000))
  const socket = await connected(t, await portOf(app))
  socket.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
  socket.once('readable', () => socket.destroy())
  t.match(await linesOf(lines, 1), [{ path: '/a', status: 200, aborted: true, msg: 'aborted' }])
})

test('the line has what the body was and how its rows were evaluated, and the metrics are told', async (t) => {
  const { lines, logger } = listener()
  const app = bare(t, logger)
  const told: unknown[] = []
  app.decorate('metrics', { answered: (request: unknown) => told.push(request) } as never)
  app.decorateRequest('work')
  await logging(app)
  const work = { trace: { id: 'abc' }, bytes: 42, rows: 3, spec: { loss: 'mse', labelFormat: 'values', epsilon: 1 } }
  app.post('/a/:b', async (request) => {
    request.work = work as never
    return 'fine'
  })
  await app.inject({ method: 'POST', url: '/a/secret' })
  const [{ milliseconds, time, pid, hostname, requestId, ...line }] = await linesOf(lines, 1)
  const facts = { traceId: 'abc', bytes: 42, rows: 3, loss: 'mse', labelFormat: 'values' }
  t.same(line, { level: 30, method: 'POST', path: '/a/secret', status: 200, ...facts, msg: 'answered' })
  t.match(told, [{ method: 'POST', route: '/a/:b', status: 200, seconds: Number, work }])
})

test('without traces the line has the trace of the client, if it names one', async (t) => {
  const { lines, logger } = listener()
  const app = bare(t, logger)
  await logging(app)
  app.get('/a', async () => 'fine')
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  await app.inject({ url: '/a', headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } })
  await app.inject({ url: '/a', headers: { traceparent: traceId } })
  t.same(
    (await linesOf(lines, 2)).map((line) => line.traceId),
    [traceId, undefined],
  )
})
