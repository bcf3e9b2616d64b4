import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import type { Answer, EvaluationEvent, Settings } from '../../src/clients/javascript/lossmeter.js'
import { Lossmeter, LossmeterError, OutOfReach, version } from '../../src/clients/javascript/lossmeter.js'
import { appOf } from '../support.ts'

const root = new URL('../../', import.meta.url)
const index = { loss: 'cross-entropy', labelFormat: 'index' }
const values = { loss: 'mse', labelFormat: 'values' }
const rows = [
  [0.25, 0.75],
  [0.5, 0.5],
]

function textOf(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

const listening = new WeakMap<FastifyInstance, string>()

async function clientOf(app: FastifyInstance, settings: Settings = {}): Promise<Lossmeter> {
  const url = listening.get(app) ?? (await app.listen({ host: '127.0.0.1', port: 0 }))
  listening.set(app, url)
  return new Lossmeter(`${url}/`, settings)
}

/** A fetch that treats its n-th request in its own way. */
function meddled(...ways: ((send: () => Promise<Response>) => Promise<Response>)[]): typeof fetch {
  const left = [...ways]
  return async (url, init) => (left.shift() ?? ((send) => send()))(() => fetch(url, init))
}

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

const withoutId = ({ requestId: _, ...rest }: Answer) => rest

test('the clients are served, each as the file that it is', async (t) => {
  const app = await appOf(t, { API_KEYS_FILE: '' })
  for (const [name, path, type] of [
    ['lossmeter.py', 'python/lossmeter.py', 'text/x-python; charset=utf-8'],
    ['lossmeter.js', 'javascript/lossmeter.js', 'text/javascript; charset=utf-8'],
    ['lossmeter.d.ts', 'javascript/lossmeter.d.ts', 'text/typescript; charset=utf-8'],
  ]) {
    const answer = await app.inject(`/clients/${name}`)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['content-type'], type)
    t.equal(answer.body, textOf(`src/clients/${path}`))
    const again = await app.inject({
      url: `/clients/${name}`,
      headers: { 'if-none-match': String(answer.headers.etag) },
    })
    t.equal(again.statusCode, 304)
  }
  t.equal((await app.inject('/clients/lossmeter.rb')).statusCode, 404)
})

test('the clients have the version of the service, and fewer than 500 lines', async (t) => {
  const { version: expected } = JSON.parse(textOf('package.json'))
  t.equal(version, expected)
  t.equal(JSON.parse(textOf('src/clients/javascript/package.json')).version, expected)
  t.match(textOf('src/clients/python/lossmeter.py'), `__version__ = "${expected}"`)
  t.match(textOf('src/clients/python/pyproject.toml'), `version = "${expected}"`)
  for (const path of ['python/lossmeter.py', 'javascript/lossmeter.js']) {
    t.ok(textOf(`src/clients/${path}`).split('\n').length <= 500, path)
  }
})

test('one batch, as lists and as typed arrays, has the answer of the API', async (t) => {
  const app = await appOf(t)
  const service = await clientOf(app)
  const options = { ...index, include: ['metrics'], sampleWeights: [1, 3] }
  const payload = { ...options, predictions: rows, labels: [1, 0] }
  const expected = withoutId((await app.inject({ method: 'POST', url: '/v1/loss', payload })).json())
  t.strictSame(withoutId(await service.loss(rows, [1, 0], options)), expected)
  const flat = rows.flat()
  for (const data of [Float64Array.from(flat), Float32Array.from(flat)]) {
    for (const labels of [BigInt64Array.of(1n, 0n), Int32Array.of(1, 0), Uint8Array.of(1, 0), [1, 0]]) {
      const answer = await service.loss({ data, shape: [2, 2] }, labels, options)
      t.strictSame(withoutId(answer), expected, `${data.constructor.name}, ${labels.constructor.name}`)
    }
  }
  const grouped = { groupBy: ['country'], groups: { country: ['KR', null] } }
  const { groups } = await service.loss({ data: Float64Array.from(flat), shape: [2, 2] }, [1, 0], {
    ...index,
    ...grouped,
  })
  t.strictSame(
    groups[0].groups.map(({ key }: { key: object }) => key),
    [{ country: null }, { country: 'KR' }],
  )
  await t.rejects(service.loss({ data: Float64Array.from(flat), shape: [3, 2] }, [1, 0], index), TypeError)
})

test('a table is sent as it is, with the names of its columns', async (t) => {
  const service = await clientOf(await appOf(t))
  const bytes = readFileSync(new URL('test/fixtures/tables/duckdb-zstd.parquet', root))
  const told = { ...index, tableFormat: 'parquet', sampleWeights: 'w', groupBy: ['country'], groups: ['country'] }
  const answer = await service.loss(['p0', 'p1', 'p2'], 'y', { ...told, table: bytes })
  t.equal(answer.samples, 40)
  t.strictSame(withoutId(await service.loss('list', 'y', { ...told, table: new Blob([bytes]) })), withoutId(answer))
})

test('a body may be compressed', async (t) => {
  const service = await clientOf(await appOf(t), { compress: true })
  t.equal((await service.loss(Float64Array.of(1, 2), [1, 4], values)).loss, 2)
  t.equal((await service.loss([1, 2], [1, 4], values)).loss, 2)
})

test('a loss that JSON cannot write is Infinity or NaN', async (t) => {
  const service = await clientOf(await appOf(t))
  t.equal((await service.loss([[0, 1]], [0], { ...index, logPolicy: 'exact' })).loss, Number.POSITIVE_INFINITY)
  t.ok(Number.isNaN((await service.loss([[0, 1]], [0], { ...index, ignoreIndex: 0 })).loss))
})

test('a plain client leaves what JSON cannot write null, and sends a body as it is', async (t) => {
  const service = await clientOf(await appOf(t), { plain: true })
  const batch = { ...index, logPolicy: 'exact', predictions: [[0, 1]], labels: [0] }
  const sent = { body: JSON.stringify(batch), headers: { 'content-type': 'application/json' } }
  t.match(await service.request('POST', '/v1/loss', sent), { loss: null, lossStatus: 'infinite' })
})

test('a refusal has the words of the service', async (t) => {
  const service = await clientOf(await appOf(t))
  const error = await service.loss([[0.2, 0.8]], [[1, 0]], index).catch((error) => error)
  t.ok(error instanceof LossmeterError)
  t.equal(error.status, 422)
  t.equal(error.problem.errors?.[0].code, 'shape')
  t.match(error.message, 'labels[0] is an array of 2 numbers')
  t.match(error.message, 'Remedy: {"set":{"labelFormat":"one-hot"}}')
})

test('comparisons, sweeps, mini-batches, catalogue and limits', async (t) => {
  const service = await clientOf(await appOf(t))
  const baseline = Float64Array.of(0.5, 0.5, 0.5, 0.5)
  const { difference } = await service.compare(rows, { data: baseline, shape: [2, 2] }, [1, 0], index)
  t.ok(difference.loss < 0)
  const swept = await service.sweep(
    { data: Float64Array.of(0, 1), shape: [1, 2] },
    [0],
    { name: 'temperature' },
    [1, 2],
    index,
  )
  t.equal(swept.loss.length, 2)
  // numpy.random.RandomState(1).choice(10, 3, replace=False), NumPy 2
  t.strictSame(await service.miniBatch({ populationSize: 10, size: 3, seed: 1, replacement: false }), [2, 9, 6])
  t.ok((await service.losses()).losses.length > 10)
  t.type((await service.limits()).maxBodyBytes, 'number')
})

test('an evaluation from its declaration to its end', async (t) => {
  const service = await clientOf(await appOf(t))
  const run = service.evaluation('run-1')
  await run.declare({ ...values, outputs: 1, metadata: { model: 'a' } })
  for (const [at, prediction] of [1, 2, 4].entries()) await run.add(`b${at}`, Float64Array.of(prediction), [0])
  t.equal((await run.add('b2', [4], [0])).replayed, true)
  const report = await run.report()
  t.equal(report.loss, 7)
  t.equal(report.batches, 3)
  t.equal((await run.curve({ points: 1 })).length, 1)
  t.strictSame(
    (await allOf(run.batches({ limit: 2 }))).map(({ batch }) => batch),
    ['b0', 'b1', 'b2'],
  )
  t.strictSame(
    (await allOf(service.evaluations({ prefix: 'run' }))).map(({ evaluation }) => evaluation),
    ['run-1'],
  )
  t.match(await run.add('b2', [5], [0]).catch((error) => error), { status: 409 })
  t.equal((await run.compareWith('run-1')).batches.paired, 3)
  t.equal((await run.seal()).status, 'sealed')
  await run.delete()
  t.match(await run.report().catch((error) => error), { status: 404 })
})

test('what is lost or refused for a while is sent again, and counts once', async (t) => {
  const app = await appOf(t)
  await (await clientOf(app)).evaluation('again').declare({ ...values, outputs: 1 })
  const lines: string[] = []
  const busy = async () =>
    new Response('{"title": "Busy", "detail": "Later."}', { status: 503, headers: { 'retry-after': '0' } })
  const lost = async (send: () => Promise<Response>) => {
    await send()
    throw new TypeError('the answer was lost')
  }
  const proxy = async () => new Response('<html>Bad gateway</html>', { status: 502 })
  const service = await clientOf(app, { fetch: meddled(busy, lost, proxy), say: (line) => lines.push(line) })
  const run = service.evaluation('again')
  const answer = await run.add('b1', [3], [1])
  t.equal(answer.replayed, true)
  t.equal((await run.report()).batches, 1)
  t.equal(lines.length, 3)
  t.match(lines.join('\n'), /Later.*\n.*the answer was lost.*\n.*Bad gateway/)
})

test('what another attempt deleted is deleted', async (t) => {
  const app = await appOf(t)
  await (await clientOf(app)).evaluation('gone').declare({ ...values, outputs: 1 })
  const lost = async (send: () => Promise<Response>) => {
    await send()
    throw new TypeError('the answer was lost')
  }
  await (await clientOf(app, { fetch: meddled(lost) })).evaluation('gone').delete()
  t.match(
    await (await clientOf(app))
      .evaluation('gone')
      .delete()
      .catch((error) => error),
    { status: 404 },
  )
})

test('what stays out of reach or busy is given up, which the error says', async (t) => {
  const nobody = new Lossmeter('http://127.0.0.1:1', { patience: 0.3 })
  const error = await nobody.limits().catch((error) => error)
  t.ok(error instanceof OutOfReach)
  t.match(error.message, /given up after \d attempts? in 0.3 s/)
  const busy = async () => new Response('{"title": "Busy", "detail": "Later."}', { status: 503 })
  const service = new Lossmeter('http://127.0.0.1:1', { patience: 0.2, fetch: busy })
  t.match(await service.limits().catch((error) => error), { status: 503, message: /Later.*given up/ })
})

test('a request may be aborted', async (t) => {
  const service = new Lossmeter('http://127.0.0.1:1', { patience: 60 })
  t.match(await service.limits({ signal: AbortSignal.timeout(20) }).catch((error) => error), { name: 'TimeoutError' })
})

test('events come once each, over connections that are cut', async (t) => {
  const app = await appOf(t)
  const plain = (await clientOf(app)).evaluation('watched')
  await plain.declare({ ...values, outputs: 1 })
  for (let at = 1; at <= 4; at++) await plain.add(`b${at}`, [at], [0])
  /** Cut after so many characters. */
  const cut = (characters: number) => async (send: () => Promise<Response>) => {
    const { body } = await send()
    let left = characters
    const cutter = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk.subarray(0, left))
        left -= chunk.length
        if (left <= 0) controller.error(new TypeError('cut'))
      },
    })
    return new Response(body?.pipeThrough(cutter) ?? null)
  }
  const busy = async () => new Response('{"title": "Busy", "detail": "Later."}', { status: 503 })
  const fetches = [cut(400), busy, cut(700), cut(1)]
  const service = await clientOf(app, { fetch: meddled(...fetches), patience: 30 })
  const seen: EvaluationEvent[] = []
  for await (const event of service.evaluation('watched').events({ after: 0 })) {
    seen.push(event)
    if (event.type === 'batch' && event.sequence === 4) await plain.seal()
  }
  const sequences = seen.flatMap((event) => (event.type === 'batch' ? [event.sequence] : []))
  t.strictSame(sequences, [1, 2, 3, 4])
  t.match(seen.at(-1), { type: 'status', status: 'sealed' })
  t.match(await allOf(service.evaluation('none').events()).catch((error) => error), { status: 404 })
})

/** A fetch that answers with one text after the other, the last of them again and again, and what it was asked. */
function scripted(...texts: (string | Response)[]) {
  const asked: { url: string; init: RequestInit | undefined }[] = []
  const fetch: typeof globalThis.fetch = async (url, init) => {
    asked.push({ url: String(url), init })
    const answer = texts[Math.min(asked.length, texts.length) - 1]
    return typeof answer === 'string' ? new Response(answer) : answer.clone()
  }
  return { asked, fetch }
}

test('a request has the key, its query, and lists in place of typed options', async (t) => {
  const { asked, fetch } = scripted('{}')
  const service = new Lossmeter('http://a', { key: 'k', fetch })
  await service.total({ prefix: 'run', metadata: { model: 'a b' }, from: undefined })
  t.equal(asked[0].url, 'http://a/v1/evaluations-total?prefix=run&metadata.model=a+b')
  t.match(asked[0].init?.headers, { authorization: 'Bearer k' })
  await service.evaluation('e').declare({ ...index, outputs: 2, classWeights: Float64Array.of(1, 2) })
  t.strictSame(JSON.parse(String(asked[1].init?.body)), { ...index, outputs: 2, classWeights: [1, 2] })
  const require = [{ figure: 'loss', max: 1 }]
  await service.evaluation('e').report({ require } as never)
  t.strictSame(JSON.parse(String(new URL(asked[2].url).searchParams.get('require'))), require)
  const view = new DataView(new ArrayBuffer(8)) as never
  await t.rejects(service.loss(view, [1], values), new TypeError('DataView cannot be sent'))
})

test('an error without a remedy says only what is wrong', async (t) => {
  const problem = { title: 'Invalid', detail: '1 error.', errors: [{ pointer: '#/labels', detail: 'labels is empty' }] }
  const { fetch } = scripted(new Response(JSON.stringify(problem), { status: 422 }))
  const error = await new Lossmeter('http://a', { fetch }).loss([], [], values).catch((error) => error)
  t.equal(error.message, '422 Invalid: 1 error.\n  #/labels: labels is empty')
})

test('what is aborted under way ends with the reason, and is not sent again', async (t) => {
  const reason = new Error('enough')
  for (const send of [
    (service: Lossmeter, signal: AbortSignal) => service.limits({ signal }),
    (service: Lossmeter, signal: AbortSignal) => allOf(service.evaluation('e').events({ signal })),
  ]) {
    const leaving = new AbortController()
    let sent = 0
    const silent: typeof fetch = (_, init) => {
      sent++
      return new Promise((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        leaving.abort(reason)
      })
    }
    t.equal(await send(new Lossmeter('http://a', { fetch: silent }), leaving.signal).catch((error) => error), reason)
    t.equal(sent, 1)
  }
})

test('events go on behind the last one, those of another run from its beginning, and end where the evaluation is gone', async (t) => {
  const event = (type: string, data: object) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
  const gone = new Response('{"title": "Not found", "detail": "None."}', { status: 404 })
  const { asked, fetch } = scripted(
    event('status', { status: 'open', sequence: 7 }),
    event('status', { status: 'open', sequence: 2, detail: 'another run' }),
    `${event('status', { status: 'open', sequence: 2 })}:\n\n${event('batch', { sequence: 1 })}`,
    gone,
  )
  const events = await allOf(new Lossmeter('http://a', { fetch }).evaluation('e').events())
  t.strictSame(
    asked.map(({ url }) => url.slice(url.indexOf('events'))),
    ['events', 'events?after=7', 'events?after=0', 'events?after=1'],
  )
  t.strictSame(
    events.map(({ type }) => type),
    ['status', 'status', 'status', 'batch'],
  )
  const ended = new Lossmeter('http://a', { ...scripted(''), patience: 0.3 })
  const error = await allOf(ended.evaluation('e').events()).catch((error) => error)
  t.ok(error instanceof OutOfReach)
  t.match(error.message, /the stream ended.*given up/)
})
