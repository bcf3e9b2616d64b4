import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { t as root, test } from 'tap'
import { closingProblem } from '../../../src/http/closing-problem.ts'
import { Changes, eventRoute, eventsOf } from '../../../src/routes/evaluations/events.ts'
import { newTask } from '../../evaluations/evaluations.ts'
import { appOf } from '../../support.ts'
import { batches, evaluationOf, foundOf, routesOver, send, threeClasses } from './support.ts'

const app = await appOf(root)
const base = await listen(app)

async function listen(service: FastifyInstance): Promise<string> {
  // fetch keeps its connections, and a server waits for them at its end
  service.server.keepAliveTimeout = 1
  await service.listen({ host: '127.0.0.1', port: 0 })
  // the first service is closed when nothing else keeps the process alive
  service.server.unref()
  return `http://127.0.0.1:${(service.server.address() as AddressInfo).port}/v1/evaluations`
}

interface Event {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: Record<string, unknown>
}

/** Reads the events of a stream as they come. */
class Events {
  readonly #leaving = new AbortController()
  #text = ''
  isEnded = false
  response: Response | undefined

  constructor(t: { after(leave: () => void): unknown }) {
    t.after(() => this.leave())
  }

  async open(url: string, headers: Record<string, string> = {}): Promise<this> {
    this.response = await fetch(url, { headers, signal: this.#leaving.signal })
    void this.#read(this.response).catch(() => undefined)
    return this
  }

  async #read({ body }: Response): Promise<void> {
    for await (const chunk of body ?? []) this.#text += Buffer.from(chunk).toString()
    this.isEnded = true
  }

  get text(): string {
    return this.#text
  }

  get comments(): number {
    return this.#text.split('\n\n').filter((part) => part === ':').length
  }

  get all(): Event[] {
    const parts = this.#text.split('\n\n').filter((part) => part !== '' && part !== ':')
    return parts.map((part) => {
      const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s, 2)))
      return { id: fields.id, event: fields.event, data: JSON.parse(fields.data) }
    })
  }

  /** Waits until there are so many. */
  async take(count: number): Promise<Event[]> {
    const until = performance.now() + 10_000
    while (this.all.length < count && performance.now() < until) await sleep(5)
    return this.all
  }

  leave(): void {
    this.#leaving.abort()
  }
}

function seen(events: readonly Event[]): unknown[] {
  return events.map(({ id, event, data }) => [event, id, data.batch ?? data.status])
}

test('a stream begins with the status, and goes on with what comes', async (t) => {
  await evaluationOf(app, 'live', threeClasses, batches.slice(0, 1))
  const events = await new Events(t).open(`${base}/live/events`)
  t.match(events.response?.headers.get('content-type'), 'text/event-stream')
  t.equal(events.response?.headers.get('cache-control'), 'no-store')
  t.equal(events.response?.headers.get('x-accel-buffering'), 'no')
  const [status] = await events.take(1)
  t.match(status, { event: 'status', id: undefined, data: { evaluation: 'live', status: 'open', sequence: 1 } })
  await send(app, 'PUT', '/live/batches/step-2', batches[1])
  await send(app, 'PUT', '/live/batches/step-2', batches[1])
  await send(app, 'PUT', '/live/batches/step-3', batches[2])
  await events.take(3)
  await send(app, 'PATCH', '/live', { status: 'sealed' })
  await events.take(4)
  t.same(seen(events.all), [
    ['status', undefined, 'open'],
    ['batch', '2', 'step-2'],
    ['batch', '3', 'step-3'],
    ['status', undefined, 'sealed'],
  ])
  t.match(events.all[1].data, { sequence: 2, samples: 1, loss: 0.22314342631421757, accuracy: 1 })
  await app.inject({ method: 'DELETE', url: '/v1/evaluations/live' })
  await events.take(5)
  t.same(events.all[4].data, { evaluation: 'live', status: 'deleted' })
  while (!events.isEnded) await sleep(5)
})

test('what was missed comes first', async (t) => {
  const cases: [string, Record<string, string>, string[]][] = [
    ['?after=0', {}, ['1', '2', '3']],
    ['?after=2', {}, ['3']],
    ['', { 'last-event-id': '1' }, ['2', '3']],
    ['?after=2', { 'last-event-id': '0' }, ['3']],
    ['?after=0', { 'last-event-id': '2' }, ['3']],
    ['?after=0', { 'last-event-id': '3' }, []],
    ['', { 'last-event-id': 'x' }, []],
    ['', { 'last-event-id': '5' }, ['1', '2', '3']],
    ['?after=4', {}, ['1', '2', '3']],
    ['', {}, []],
  ]
  for (const [at, [query, headers, ids]] of cases.entries()) {
    await evaluationOf(app, `missed-${at}`)
    const events = await new Events(t).open(`${base}/missed-${at}/events${query}`, headers)
    await events.take(1 + ids.length)
    await send(app, 'PUT', `/missed-${at}/batches/next`, batches[0])
    t.same(
      (await events.take(2 + ids.length)).slice(1).map(({ id }) => id),
      [...ids, '4'],
    )
    events.leave()
  }
})

test('what was seen of a former run is noticed and said', async (t) => {
  await evaluationOf(app, 'again')
  const events = await new Events(t).open(`${base}/again/events?after=0`)
  await events.take(4)
  await app.inject({ method: 'DELETE', url: '/v1/evaluations/again' })
  await events.take(5)
  t.match(events.text, /\nid: \nevent: status\ndata: \{"evaluation":"again","status":"deleted"\}\n\n$/)
  await evaluationOf(app, 'again', threeClasses, batches.slice(0, 2))
  const later = await new Events(t).open(`${base}/again/events?after=0`, { 'last-event-id': '3' })
  const [status, ...rest] = await later.take(3)
  t.equal(
    status.data.detail,
    'Batch 3 belongs to an earlier run: this one has 2 batches so far, which are sent from the first one.',
  )
  t.same(
    rest.map(({ id }) => id),
    ['1', '2'],
  )
})

test('a long history comes whole and in order', async (t) => {
  const many = Array.from({ length: 450 }, (_, at) => `{"batch":"b${at}","predictions":[[1,0,0]],"labels":[0]}\n`)
  await evaluationOf(app, 'history', threeClasses, [])
  const url = '/v1/evaluations/history/batches'
  const headers = { 'content-type': 'application/x-ndjson' }
  await app.inject({ method: 'POST', url, headers, payload: many.join('') })
  const events = await new Events(t).open(`${base}/history/events?after=0`)
  await events.take(451)
  t.same(
    events.all.slice(1).map(({ id }) => Number(id)),
    many.map((_, at) => at + 1),
  )
})

test('streams end with the service', async (t) => {
  const ending = await appOf(t)
  const url = await listen(ending)
  await evaluationOf(ending, 'ending', threeClasses, [])
  const events = await new Events(t).open(`${url}/ending/events`)
  await events.take(1)
  await ending.connections.close({ delayMs: 0, timeoutMs: 1000, refusal: closingProblem })
  await ending.close()
  while (!events.isEnded) await sleep(5)
  t.same(seen(events.all), [['status', undefined, 'open']])
})

test('none begins while the service ends', async (t) => {
  const ending = await appOf(t)
  const url = await listen(ending)
  await evaluationOf(ending, 'ending', threeClasses, [])
  await new Events(t).open(`${url}/ending/events`)
  const closed = ending.connections.close({ delayMs: 500, timeoutMs: 1000, refusal: closingProblem })
  const refused = await fetch(`${url}/ending/events`)
  t.same([refused.status, refused.headers.get('retry-after')], [503, '5'])
  t.match(await refused.json(), { type: '/problems/overloaded', detail: 'The service is shutting down.' })
  await closed
})

/** What is stored of an evaluation without batches. */
const emptyRun = { id: 1, name: 'q', status: 'open', batches: 0, createdAt: 0, updatedAt: 0, metadata: null }

test('a quiet stream has comments, and each change is looked at once', async (t) => {
  const found = {
    ...foundOf(),
    stored: emptyRun,
  }
  const changes = new Changes(10)
  let isSubscribed = true
  let looks = 0
  const evaluations = {
    find: async () => {
      looks++
      return found as never
    },
    listBatches: async () => [],
    subscribe: () => () => {
      isSubscribed = false
    },
  }
  const texts: string[] = []
  for await (const text of eventsOf(evaluations, found as never, 0, 30, changes, newTask())) {
    texts.push(text)
    if (texts.length === 3) changes.tell()
    if (texts.length === 4) changes.end()
  }
  t.match(texts[0], /^event: status\ndata: .*"sequence":0\}\n\n$/)
  t.same(texts.slice(1), [':\n\n', ':\n\n', ':\n\n'])
  t.same([isSubscribed, looks], [false, 3])
})

test('batches that went with their evaluation are not waited for', async (t) => {
  const first = {
    ...foundOf(),
    stored: { ...emptyRun, batches: 5 },
  }
  const others = [{ ...first, stored: { ...first.stored, id: 2, incarnation: '02' } }]
  const evaluations = {
    find: async () => others.pop() as never,
    listBatches: async () => [],
    subscribe: () => () => undefined,
  }
  const texts: string[] = []
  const events = eventsOf(evaluations, first as never, 0, 30, new Changes(), newTask())
  for await (const text of events) texts.push(text)
  t.match(texts.at(-1), '{"evaluation":"q","status":"deleted"}')
  t.equal(texts.length, 2)
})

test('a store that was put back to an earlier state has its batches told again, from where the stream began', async (t) => {
  const letters = { before: ['a', 'b', 'c', 'd'], after: ['a', 'b', 'x', 'y', 'z'], shorter: ['a'] }
  let now = letters.before
  const stored = () => ({
    ...emptyRun,
    ...{ incarnation: '01', batches: now.length, digest: now.join('') },
  })
  const found = () => ({ ...foundOf(), stored: stored() }) as never
  const evaluations = {
    find: async () => found(),
    listBatches: async (_: unknown, { after = 0, limit }: { after?: number | undefined; limit: number }) =>
      now.slice(after, after + limit).map((name, at) => {
        const sequence = after + at + 1
        return { name, sequence, window: null, createdAt: 0, digest: now.slice(0, sequence).join('') }
      }) as never,
    subscribe: () => () => undefined,
  }
  const changes = new Changes()
  const told: string[] = []
  const turns: [at: string, then: string[]][] = [
    ['d', letters.after],
    ['z', letters.shorter],
    ['status 1', letters.before],
  ]
  for await (const text of eventsOf(evaluations, found(), 1, 30, changes, newTask())) {
    for (const event of text.trim().split('\n\n')) {
      const data = JSON.parse(event.slice(event.indexOf('{')))
      told.push(data.batch ?? `status ${data.sequence}`)
    }
    if (told.at(-1) !== turns[0]?.[0]) continue
    now = turns.shift()?.[1] ?? now
    changes.tell()
    if (turns.length === 0 && told.at(-1) === 'd') changes.end()
    if (turns.length === 0) turns.push(['d', now])
  }
  t.same(told, ['status 4', 'b', 'c', 'd', 'status 5', 'b', 'x', 'y', 'z', 'status 1', 'b', 'c', 'd'])
})

test('each page of batches has its turn, so that those of many streams are not written at once', async (t) => {
  const found = { ...foundOf(), stored: { ...emptyRun, batches: 2 } } as never
  const page = (sequence: number) => [{ name: `b${sequence}`, sequence, window: null, createdAt: 0 }] as never
  const changes = new Changes()
  const evaluations = {
    find: async () => found,
    listBatches: async (_: unknown, { after = 0 }: { after?: number | undefined }) => page(after + 1),
    subscribe: () => () => undefined,
  }
  const seen: string[] = []
  const task = {
    get isDue() {
      seen.push('asked')
      return seen.length === 1
    },
    pause: async () => void seen.push('pause'),
    stop: () => void seen.push('stop'),
  }
  for await (const text of eventsOf(evaluations, found, 0, 30, changes, task)) {
    if (text.includes('id: 2')) changes.end()
  }
  t.same(seen, ['asked', 'pause', 'stop', 'asked', 'stop'])
})

test('so many streams may be open, and no more', async (t) => {
  const small = await routesOver(t, eventRoute, {
    find: async () => ({ ...foundOf(), stored: emptyRun as never }),
    subscribe: () => () => undefined,
  })
  const url = `${await listen(small)}/crowded/events`
  const streams = await Promise.all(Array.from({ length: 256 }, () => new Events(t).open(url)))
  t.ok(streams.every(({ response }) => response?.status === 200))
  const refused = await fetch(url)
  t.same([refused.status, refused.headers.get('retry-after')], [503, '5'])
  t.match(await refused.json(), { type: '/problems/overloaded', detail: /maxEventStreams, 256/ })
  for (const stream of streams) stream.leave()
  let again = await fetch(url)
  for (; again.status !== 200; again = await fetch(url)) await sleep(20)
  await again.body?.cancel()
})

test('what is not there cannot be watched', async (t) => {
  t.equal((await send(app, 'GET', '/nothing/events')).status, 404)
  await evaluationOf(app, 'there', threeClasses, [])
  t.equal((await send(app, 'GET', '/there/events?after=x')).status, 422)
})
