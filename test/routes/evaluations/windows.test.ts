import fc from 'fast-check'
import { t as root, test } from 'tap'
import { appOf, ask, post } from '../../support.ts'
import { batches, evaluationOf, send, sendLines, threeClasses } from './support.ts'

const app = await appOf(root)

const windowed = { ...threeClasses, window: 'day' }
const times = ['2024-02-28T23:59:59.999Z', '2024-03-01T00:30:00+01:00', Date.UTC(2024, 2, 1)]
const dated = batches.map((batch, at) => ({ ...batch, at: times[at] }))

type Answer = Record<string, unknown>

/** The answer of POST /v1/loss for rows, without what a window does not say. */
async function lossOf(
  options: object,
  rows: readonly { predictions: unknown[]; labels: unknown[]; groups?: object }[],
) {
  const joined = {
    predictions: rows.flatMap(({ predictions }) => predictions),
    labels: rows.flatMap(({ labels }) => labels),
    ...(rows[0].groups && {
      groups: { country: rows.flatMap(({ groups }) => (groups as { country: unknown[] }).country) },
    }),
  }
  const { spec, requestId, ...answer } = (await post(app, '/v1/loss', { ...options, ...joined })).body as Answer
  return answer
}

async function windowsOf(name: string, query = ''): Promise<{ windows: Answer[]; next?: string }> {
  const { status, body, text } = await send(app, 'GET', `/${name}/windows${query}`)
  if (status !== 200) throw new Error(text)
  return body as { windows: Answer[]; next?: string }
}

const { outputs: _, ...options } = threeClasses

test('each batch counts in the window of its time, with the bits of its rows', async (t) => {
  await evaluationOf(app, 'daily', windowed, dated)
  const day = (from: string, to: string) => ({ from: `${from}T00:00:00.000Z`, to: `${to}T00:00:00.000Z` })
  const wanted = [
    { ...day('2024-02-28', '2024-02-29'), batches: 1, ...(await lossOf(options, [batches[0]])) },
    { ...day('2024-02-29', '2024-03-01'), batches: 1, ...(await lossOf(options, [batches[1]])) },
    { ...day('2024-03-01', '2024-03-02'), batches: 1, ...(await lossOf(options, [batches[2]])) },
  ]
  t.same((await windowsOf('daily')).windows, wanted)
  t.same((await windowsOf('daily', '?from=2024-02-29T00:00:00Z&to=1709251200000')).windows, [wanted[1]])
  const joined = await windowsOf('daily', '?every=2')
  t.match(joined.windows, [
    { ...day('2024-02-28', '2024-03-01'), batches: 2, ...(await lossOf(options, batches.slice(0, 2))) },
    { ...day('2024-03-01', '2024-03-03'), batches: 1, ...(await lossOf(options, [batches[2]])) },
  ])
  const all = await lossOf(options, batches.slice(0, 3))
  t.match((await windowsOf('daily', '?every=3')).windows, [{ ...day('2024-02-28', '2024-03-02'), batches: 3, ...all }])
  t.match((await windowsOf('daily', '?from=2024-02-27T00:00:00Z&every=2')).windows, [
    { ...day('2024-02-27', '2024-02-29'), batches: 1 },
    { ...day('2024-02-29', '2024-03-02'), batches: 2 },
  ])
  const first = await windowsOf('daily', '?limit=2')
  t.equal(first.next, '2024-03-01T00:00:00.000Z')
  t.same((await windowsOf('daily', `?after=${first.next}`)).windows, [wanted[2]])
  const period = await send(app, 'GET', '/daily?from=2024-02-29T00:00:00Z')
  t.match(period.body, { batches: 2, from: day('2024-02-29', '').from, ...(await lossOf(options, batches.slice(1))) })
  t.match((await send(app, 'GET', '/daily?to=2024-02-28T00:00:00Z')).body, { batches: 0, samples: 0, loss: null })
})

test('the first week and the last one that batches can be of', async (t) => {
  const ends = ['1970-01-01T00:00:00Z', '9998-12-31T23:59:59.999Z']
  const dated = ends.map((at) => ({ ...batches[0], at }))
  await evaluationOf(app, 'ends', { ...threeClasses, window: 'week' }, dated)
  const { windows } = await windowsOf('ends')
  const bounds = windows.map(({ from, to }) => [from, to])
  t.same(bounds, [
    ['1969-12-29T00:00:00.000Z', '1970-01-05T00:00:00.000Z'],
    ['9998-12-28T00:00:00.000Z', '9999-01-04T00:00:00.000Z'],
  ])
  t.match((await send(app, 'GET', '/ends?to=1970-01-05T00:00:00Z')).body, { batches: 1 })
})

test('a late batch goes where it belongs, and lists and answers say its window', async (t) => {
  await evaluationOf(app, 'late', windowed, dated)
  await windowsOf('late')
  const put = await send(app, 'PUT', '/late/batches/late', { ...batches[0], at: times[0] })
  t.match(put.body, { sequence: 4, window: '2024-02-28T00:00:00.000Z' })
  const { windows } = await windowsOf('late')
  t.match(windows[0], { batches: 2, ...(await lossOf(options, [batches[0], batches[0]])) })
  const { body } = await send(app, 'GET', '/late/batches?after=3')
  t.match(body, { batches: [{ batch: 'late', window: '2024-02-28T00:00:00.000Z' }] })
})

test('the time is part of a batch that says it, in whatever body, and of no other', async (t) => {
  await evaluationOf(app, 'replays', windowed, [])
  const sent = { ...batches[0], at: '2024-01-01T10:00:00Z' }
  const put = (content: object) => send(app, 'PUT', '/replays/batches/a', content)
  t.equal((await put(sent)).status, 201)
  t.equal((await put({ ...sent, at: '2024-01-01T19:00:00+09:00' })).status, 200, 'the same time')
  t.equal((await put({ ...sent, at: Date.UTC(2024, 0, 1, 10) })).status, 200)
  t.equal((await put({ ...sent, at: '2024-01-01T10:00:01Z' })).status, 409)
  t.equal((await put(batches[0])).status, 409)
  const lines = await sendLines(app, '/replays/batches', [
    { batch: 'a', ...sent },
    { batch: 'b', ...sent, at: '2024-01-02T00:00:00Z' },
    { batch: 'c', ...sent, at: '2024-02-30T00:00:00Z' },
  ])
  t.match(lines.body, { replayed: 1, committed: 1, refused: 1 })
  const form = new FormData()
  form.set('predictions', JSON.stringify(batches[0].predictions))
  form.set('labels', JSON.stringify(batches[0].labels))
  form.set('at', String(Date.UTC(2024, 0, 1, 10)))
  const encoded = new Response(form)
  const multipart = await ask(app, {
    method: 'PUT',
    url: '/v1/evaluations/replays/batches/a',
    headers: { 'content-type': String(encoded.headers.get('content-type')) },
    payload: Buffer.from(await encoded.arrayBuffer()),
  })
  t.match(multipart.body, { replayed: true })
  const inference = await ask(app, {
    method: 'PUT',
    url: '/v1/evaluations/replays/batches/a',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(sent),
  })
  t.match(inference.body, { replayed: true })
  await evaluationOf(app, 'arrivals', windowed, [batches[0]])
  const { windows } = await windowsOf('arrivals')
  t.equal(windows.length, 1)
  t.ok(Math.abs(Date.parse(String(windows[0].from)) - Date.now()) < 2 * 86_400_000)
  t.equal((await send(app, 'PUT', '/arrivals/batches/step-1', batches[0])).status, 200)
})

test('what cuts a window, or has none, is refused with what would be right', async (t) => {
  await evaluationOf(app, 'plain', threeClasses, [])
  await evaluationOf(app, 'hourly', { ...threeClasses, window: 'hour' }, [])
  t.equal((await send(app, 'PUT', '/plain', { ...threeClasses, window: 'hour' })).status, 409)
  const refused: [string, string, RegExp][] = [
    [
      '/hourly/windows?from=2024-01-01T10:30:00Z',
      '#/from',
      /nearest bounds are 2024-01-01T10:00:00.000Z and 2024-01-01T11/,
    ],
    ['/hourly?to=2024-01-01T10:30:00Z', '#/to', /inside a window of one hour/],
    ['/hourly/windows?after=2024-01-01T10:30:00Z', '#/from', /inside/],
    ['/hourly?from=2024-01-02T00:00:00Z&to=2024-01-01T00:00:00Z', '#/to', /later than from/],
    ['/hourly?from=2024-02-30T00:00:00Z', '#/from', /RFC 3339/],
    ['/hourly?from=yesterday', '#/from', /RFC 3339/],
    ['/hourly?from=99999999999999999', '#/from', /RFC 3339/],
    ['/hourly/windows?every=0', '#/every', /from 1 to 1000/],
    ['/plain/windows', '#/evaluation', /declared without window/],
    ['/plain?from=2024-01-01T00:00:00Z', '#/from', /declared without window/],
  ]
  for (const [path, pointer, detail] of refused) {
    const { status, body } = await send(app, 'GET', path)
    t.equal(status, 422, path)
    t.match(body, { errors: [{ pointer, detail }] }, path)
  }
  const withTime = await send(app, 'PUT', '/plain/batches/a', { ...batches[0], at: 0 })
  t.match(withTime.body, { status: 422, errors: [{ pointer: '#/at', detail: /declared without window/ }] })
  for (const at of ['now', -1, 1.5, '2024-01-01', '2024-01-01T00:00:60Z', 1e17, null, [], true]) {
    const { status } = await send(app, 'PUT', '/hourly/batches/a', { ...batches[0], at })
    t.equal(status, 422, JSON.stringify(at))
  }
})

test('windows of any length, on any pages, have the bits of their rows', async (t) => {
  let count = 0
  const spec = { ...options, include: ['confusion', 'metrics'], groupBy: ['country'] }
  const time = fc.integer({ min: 0, max: 40 * 24 })
  const one = fc.record({ hour: time, at: fc.nat(2), country: fc.constantFrom('KR', 'DE', null) })
  const length = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('hour' as const, 'day' as const, 'week' as const),
      fc.array(one, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      async (window, puts, every, limit) => {
        const name = `any-${count++}`
        const content = puts.map(({ hour, at, country }) => ({
          ...batches[at],
          groups: { country: batches[at].labels.map(() => country) },
          at: Date.UTC(2026, 1, 20, hour, 59),
        }))
        await send(app, 'PUT', `/${name}`, { ...spec, outputs: 3, window })
        const lines = content.map((batch, at) => ({ batch: `b${at}`, ...batch }))
        await sendLines(app, `/${name}/batches`, lines.slice(0, 20))
        await windowsOf(name)
        await sendLines(app, `/${name}/batches`, lines.slice(20))
        // Monday, 16 February 2026
        const grid = Date.UTC(2026, 1, 16)
        const startOf = (at: number) => grid + Math.floor((at - grid) / length[window]) * length[window]
        const first = Math.min(...content.map(({ at }) => startOf(at)))
        const span = every * length[window]
        const places = new Map<number, typeof content>()
        for (const batch of content) {
          const place = first + Math.floor((batch.at - first) / span) * span
          places.set(place, [...(places.get(place) ?? []), batch])
        }
        const wanted: unknown[] = []
        for (const [place, rows] of [...places].sort(([a], [b]) => a - b)) {
          const [from, to] = [place, place + span].map((each) => new Date(each).toISOString())
          wanted.push({ from, to, batches: rows.length, ...(await lossOf(spec, rows)) })
        }
        const found: unknown[] = []
        for (let next: string | undefined = ''; next !== undefined; ) {
          const page = await windowsOf(name, `?every=${every}&limit=${limit}${next && `&after=${next}`}`)
          found.push(...page.windows)
          next = page.next
        }
        t.same(found, wanted)
      },
    ),
    { numRuns: 25 },
  )
})
