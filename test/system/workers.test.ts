import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { eventually } from '../eventually.ts'
import { collectorOf } from '../operation/collector.ts'
import type { Service } from '../service.ts'
import { linesOf, linesWith, portOf, start, until } from '../service.ts'
import { Client, Load } from './load.ts'

/** The requests to /v1/loss that all workers have answered, as /metrics tells them, and how many workers tell. */
async function toldOf(client: Client): Promise<{ answered: number; workers: number }> {
  const metrics = await text(await client.open('GET', '/metrics'))
  const value = (pattern: RegExp) => Number(pattern.exec(metrics)?.[1] ?? 0)
  return {
    answered: value(/^http_server_request_duration_seconds_count\{http_route="\/v1\/loss",.*"200"\} (\d+)$/m),
    workers: value(/^lossmeter_workers (\d+)$/m),
  }
}

/** The workers that answered requests of an id. */
function workersOf(service: Service, id: string): Set<unknown> {
  return new Set(
    linesOf(service)
      .filter(({ requestId }) => requestId === id)
      .map(({ pid }) => pid),
  )
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0)
}

/** Starts two workers with a file of evaluations. */
async function startTwo(t: Tap, variables: Record<string, string> = {}, code = '') {
  const DATABASE_URL = `sqlite:${join(t.testdir(), 'lossmeter.sqlite')}`
  const service = start(t, { WORKERS: '2', DATABASE_URL, ...variables }, code)
  const port = await portOf(service)
  await until(() => linesWith(service, 'all workers are listening')[0])
  return { service, port }
}

interface Tap {
  after(release: () => void): unknown
  testdir(): string
}

test('batches that come to both workers at once count once, and both tell of them', async (t) => {
  const collector = await collectorOf(t)
  const { service, port } = await startTwo(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  const clients = Array.from({ length: 4 }, () => new Client(t, port))
  const run = '/v1/evaluations/run'
  await clients[0].ask('PUT', run, { loss: 'mse', labelFormat: 'values', outputs: 1 })
  // one of them at least is watched at each worker
  const events = await Promise.all(
    [0, 1].map(async (at) => {
      const heard = { text: '' }
      const stream = await new Client(t, port).open('GET', `${run}/events?after=0`, undefined, `watcher-${at}`)
      stream.setEncoding('utf8').on('data', (chunk) => {
        heard.text += chunk
      })
      return heard
    }),
  )
  const batches = Array.from({ length: 30 }, (_, at) => ({
    predictions: [at / 7, 1 / (at + 3), at],
    labels: [at / 3, 0.1, 1e-3],
  }))
  const answers = await Promise.all(
    clients.map(async (client, at) => {
      const all = []
      for (const [number, body] of batches.entries()) {
        all.push(await client.ask('PUT', `${run}/batches/b${number}`, body, `client-${at}`))
        // what was acknowledged is in the report of either worker
        const report = await clients[(at + 1) % 4].ask('GET', run)
        t.ok(Number(report.body.batches) > number)
      }
      return all
    }),
  )
  t.ok(await eventually(() => clients.every((_, at) => workersOf(service, `client-${at}`).size === 1)))
  t.equal(new Set(clients.flatMap((_, at) => [...workersOf(service, `client-${at}`)])).size, 2, 'both took part')
  for (const number of batches.keys()) {
    const outcomes = answers.map((all) => all[number])
    t.same(outcomes.map(({ status }) => status).sort(), [200, 200, 200, 201])
    t.equal(new Set(outcomes.map(({ body }) => body.sequence)).size, 1)
  }
  const whole = {
    predictions: batches.flatMap(({ predictions }) => predictions),
    labels: batches.flatMap(({ labels }) => labels),
  }
  const { body: expected } = await clients[0].ask('POST', '/v1/loss', { loss: 'mse', labelFormat: 'values', ...whole })
  for (const client of clients) {
    const { body } = await client.ask('GET', run)
    for (const name of ['loss', 'lossSum', 'standardError', 'samples']) t.equal(body[name], expected[name], name)
    t.equal(body.batches, 30)
  }
  for (const heard of events) t.ok(await eventually(() => heard.text.includes('id: 30\n')))
  await clients[0].ask('PUT', `${run}/batches/last`, batches[0])
  const began = performance.now()
  for (const heard of events) t.ok(await eventually(() => heard.text.includes('id: 31\n')))
  t.comment(`both heard of it within ${Math.ceil(performance.now() - began)} ms`)
  const traced = () => linesOf(service).filter(({ traceId }) => traceId !== undefined)
  t.equal(new Set(traced().map(({ pid }) => pid)).size, 2)
  const isTold = (id: unknown) => collector.spans.some(({ traceId }) => traceId === id)
  t.ok(await eventually(() => traced().every(({ traceId }) => isTold(traceId))), 'both tell what they have answered')
  service.child.kill('SIGTERM')
  t.same(await service.ended, [0, null])
})

test('under load a worker is killed, all are replaced, and the service ends', async (t) => {
  const { service, port } = await startTwo(t)

  const beside = new Load(t, port, 8, 'beside')
  t.ok(await beside.goOn(5))
  t.ok(await eventually(() => beside.answered.every((_, at) => workersOf(service, `beside-${at}`).size === 1)))
  const [victim] = workersOf(service, 'beside-0')
  const itsOwn = Array.from(beside.answered.keys()).filter((at) => workersOf(service, `beside-${at}`).has(victim))
  t.comment(`${itsOwn.length} of 8 connections were at the worker that is killed`)
  const before = await toldOf(new Client(t, port))
  t.equal(before.workers, 2)
  t.ok(before.answered >= 5 * 8, 'of both')
  process.kill(Number(victim), 'SIGKILL')
  t.match(await until(() => linesWith(service, 'a worker ended; a new one replaces it')[0]), {
    level: 50,
    worker: victim,
    signal: 'SIGKILL',
  })
  await until(() =>
    linesWith(service, `Server listening at http://127.0.0.1:${port}`).length === 3 ? true : undefined,
  )
  t.ok(await beside.goOn(5), 'all are answered again')
  const after = await toldOf(new Client(t, port))
  t.equal(after.workers, 2)
  t.ok(after.answered >= before.answered + 5 * 8, 'what was counted stays')
  await beside.end()
  t.same(
    beside.failures.filter(({ client }) => !itsOwn.includes(client)),
    [],
    'the others have noticed nothing',
  )
  // a connection that is handed to a worker as it is killed is nobody's
  t.ok(beside.failures.length <= 2 * itsOwn.length, 'each of its own has lost what it had there or on the way at most')

  const during = new Load(t, port, 20, 'during')
  t.ok(await during.goOn(5))
  service.child.kill('SIGHUP')
  await until(() => linesWith(service, 'all workers were replaced')[0])
  t.ok(await during.goOn(5))
  await during.end()
  t.same(during.failures, [])
  const replaced = await toldOf(new Client(t, port))
  t.ok(replaced.answered >= after.answered + sum(during.answered), 'nothing of what was replaced is lost')
  t.equal(workersOf(service, 'during-0').has(victim), false)

  const busy = new Load(t, port, 200, 'busy')
  t.ok(await busy.goOn(2))
  service.child.kill('SIGTERM')
  await busy.refusals()
  t.same(busy.failures, [])
  t.equal(busy.refused, 200, 'in the end nobody listens')
  t.same(await service.ended, [0, null])
  t.equal(service.output.errors, '')
  t.ok(linesOf(service).length > 400, 'each line of the log is whole')
})

test('an error that nothing caught ends a worker, which is replaced, or the service', async (t) => {
  const throws = "process.on('SIGUSR2', () => { throw new Error('from nowhere') })"
  const { service, port } = await startTwo(t, {}, throws)
  const [worker] = linesWith(service, `Server listening at http://127.0.0.1:${port}`)
  process.kill(Number(worker.pid), 'SIGUSR2')
  t.match(await until(() => linesWith(service, 'a worker is ending; a new one replaces it')[0]), {
    level: 50,
    pid: service.child.pid,
    worker: worker.pid,
  })
  t.match(await until(() => linesWith(service, 'closing after an error')[0]), { level: 60, pid: worker.pid })
  service.child.kill('SIGUSR2')
  t.same(await service.ended, [1, null])
  t.match(linesWith(service, 'closing after an error')[1], { pid: service.child.pid, err: { message: 'from nowhere' } })
  t.equal(service.output.errors, '')
})
