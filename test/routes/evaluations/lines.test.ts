import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { t as root, test } from 'tap'
import { StoreUnavailable } from '../../../src/database/errors.ts'
import { lineRoutes } from '../../../src/routes/evaluations/lines.ts'
import { appOf, ask, plainProblem, problemOf } from '../../support.ts'
import { leastOf, longestTurn } from '../../turns.ts'
import { batches, evaluationOf, foundOf, routesOver, send, sendLines, threeClasses } from './support.ts'

const app = await appOf(root)

const named = batches.map((batch, at) => ({ batch: `step-${at + 1}`, ...batch }))

interface Answer {
  readonly committed: number
  readonly replayed: number
  readonly refused: number
  readonly errors: { readonly line: number; readonly batch?: string; readonly problem: Record<string, unknown> }[]
}

test('lines are kept, and counted once however often they are sent', async (t) => {
  await evaluationOf(app, 'lines', threeClasses, batches.slice(0, 1))
  const first = await sendLines(app, '/lines/batches', [...named, named[1]])
  t.equal(first.status, 200)
  t.same(first.body, { committed: 2, replayed: 2, refused: 0, errors: [] })
  const again = await sendLines(app, '/lines/batches', named)
  t.same(again.body, { committed: 0, replayed: 3, refused: 0, errors: [] })
  t.match((await send(app, 'GET', '/lines')).body, { batches: 3, samples: 6 })
})

test('a line that is wrong is refused alone', async (t) => {
  await evaluationOf(app, 'mixed', threeClasses, batches.slice(0, 1))
  const { status, body } = await sendLines(app, '/mixed/batches', [
    named[1],
    '{"batch": "broken", "predictions": [[1,0,',
    '',
    { batch: 'b', predictions: [[1, 0, 0]], labels: [3] },
    { predictions: [[1, 0, 0]], labels: [0] },
    { batch: 7, predictions: [[1, 0, 0]], labels: [0] },
    { ...named[0], labels: [0, 0] },
    '[1, 2]',
    named[2],
  ])
  t.equal(status, 200)
  const { errors, ...counts } = body as Answer
  t.same(counts, { committed: 2, replayed: 0, refused: 6 })
  t.same(
    errors.map(({ line, batch, problem }) => [line, batch, problem.status, problem.line]),
    [
      [2, undefined, 400, 2],
      [4, 'b', 422, 4],
      [5, undefined, 422, 5],
      [6, undefined, 422, 6],
      [7, 'step-1', 409, 7],
      [8, undefined, 422, 8],
    ],
  )
  const { requestId: _, ...problem } = plainProblem(errors[4].problem)
  const detail = 'Line 7: The batch "step-1" was sent before with different content.'
  const instance = '/v1/evaluations/mixed/batches'
  t.same(
    problem,
    problemOf('conflict', 409, 'The name is already in use for different content', detail, instance, { line: 7 }),
  )
  t.match((await send(app, 'GET', '/mixed')).body, { batches: 3, samples: 6 })
})

test('a stream of which no line is kept is refused, with the errors of its first line', async (t) => {
  await evaluationOf(app, 'none', threeClasses, batches.slice(0, 1))
  const wrong = { batch: 'a', predictions: [[1, 0, 0]], labels: [3] }
  const one = await sendLines(app, '/none/batches', [wrong])
  t.match(one, {
    status: 422,
    body: {
      type: /invalid-content$/,
      detail: /^The only line was refused: Line 1: labels\[0\] is 3; .* subtract 1 from labels\.$/,
      line: 1,
      refused: 1,
      errors: [{ pointer: '#/labels/0', remedies: [{ add: { labels: -1 } }] }],
      errorCount: 1,
    },
  })
  const other = { ...named[0], labels: [0, 0] }
  const conflict = await sendLines(app, '/none/batches', [other, '{', wrong])
  t.match(conflict, {
    status: 422,
    body: { detail: /^All 3 lines were refused; the first: Line 1: The batch "step-1" was sent before/, refused: 3 },
  })
  t.notOk('errors' in (conflict.body as object))
  t.match(await sendLines(app, '/none/batches', [named[0], '{']), { status: 200, body: { replayed: 1, refused: 1 } })
  t.match(await sendLines(app, '/none/batches', []), { status: 200, body: { committed: 0, refused: 0 } })
})

test('the first errors are listed in the order of the lines, and all are counted', async (t) => {
  await evaluationOf(app, 'many', threeClasses, [])
  const lines = Array.from({ length: 2000 }, (_, at) =>
    at % 3 === 0 ? '{' : { batch: `b${at % 5}`, predictions: [[1, 0, 0]], labels: [at % 7 === 0 ? 1 : 0] },
  )
  const { errors, ...counts } = (await sendLines(app, '/many/batches', lines)).body as Answer
  const names = new Map<string, string>()
  const expected = { committed: 0, replayed: 0, refused: 0 }
  const wrong: number[] = []
  for (const [at, line] of lines.entries()) {
    const content = JSON.stringify(line)
    const known = typeof line === 'string' ? 'nothing' : names.get(line.batch)
    if (typeof line !== 'string' && known === undefined) names.set(line.batch, content)
    const outcome = known === undefined ? 'committed' : known === content ? 'replayed' : 'refused'
    expected[outcome]++
    if (outcome === 'refused') wrong.push(at + 1)
  }
  t.same(counts, expected)
  t.same(
    errors.map(({ line }) => line),
    wrong.slice(0, 20),
  )
})

test('a stream waits while the store is slow, and fails with it', async (t) => {
  let groups = 0
  let evaluated = 0
  const found = foundOf()
  const { codec } = found.batches
  const write = codec.write.bind(codec)
  codec.write = (state) => {
    evaluated++
    return write(state)
  }
  const slow = await routesOver(t, lineRoutes, {
    find: async () => found,
    put: async (_evaluation, group) => {
      groups++
      // until as many lines wait as may
      for (let before = -1; groups === 1 && before !== evaluated; await sleep(100)) before = evaluated
      if (groups === 3) throw new StoreUnavailable('disk-full')
      t.ok(group.length <= 512, `${group.length} at a time`)
      return group.map(({ name }) => ({ outcome: 'committed', batch: { name } as never, previous: null }))
    },
  })
  const payload = Array.from({ length: 3000 }, (_, at) => `${JSON.stringify({ ...named[0], batch: `b${at}` })}\n`)
  const headers = { 'content-type': 'application/x-ndjson' }
  const url = '/v1/evaluations/e/batches'
  const answer = await slow.inject({ method: 'POST', url, headers, payload: payload.join('') })
  t.same([answer.statusCode, groups], [503, 3])
  t.match(answer.json(), { detail: 'The disk of the evaluation store is full.' })
})

test('a fault of the service is no fault of a line', async (t) => {
  const broken = {
    write: () => {
      throw new Error('broken')
    },
  }
  const found = { ...foundOf(), batches: { ...foundOf().batches, codec: broken as never } }
  const small = await routesOver(t, lineRoutes, { find: async () => found })
  const headers = { 'content-type': 'application/x-ndjson' }
  const request = {
    method: 'POST',
    url: '/v1/evaluations/e/batches',
    headers,
    payload: JSON.stringify(named[0]),
  } as const
  t.equal((await small.inject(request)).statusCode, 500)
})

test('nothing at all is no error', async (t) => {
  await evaluationOf(app, 'empty', threeClasses, [])
  t.same((await sendLines(app, '/empty/batches', [])).body, { committed: 0, replayed: 0, refused: 0, errors: [] })
})

test('what no line can help is answered for all of them', async (t) => {
  t.equal((await sendLines(app, '/nothing/batches', named)).status, 404)
  await evaluationOf(app, 'typed', threeClasses, [])
  const { status, body } = await send(app, 'POST', '/typed/batches', named[0])
  t.equal(status, 415)
  t.match(body, { accepted: ['application/x-ndjson'] })
  const url = '/v1/evaluations/typed/batches'
  const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' }
  t.equal((await ask(app, { method: 'POST', url, headers, payload: 'no gzip' })).status, 400)

  const down = await routesOver(t, lineRoutes, {
    find: async () => foundOf(),
    put: async () => {
      throw new StoreUnavailable('out-of-reach')
    },
  })
  for (const lines of [named, Array.from({ length: 3000 }, (_, at) => ({ ...named[0], batch: `b${at}` }))]) {
    const payload = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    const type = { 'content-type': 'application/x-ndjson' }
    const answer = await down.inject({ method: 'POST', url: '/v1/evaluations/e/batches', headers: type, payload })
    t.same([answer.statusCode, answer.headers['retry-after']], [503, '5'])
    t.match(answer.json(), { type: '/problems/store-unavailable' })
  }
})

test('a batch cannot be named as a folder is in a path', async (t) => {
  await evaluationOf(app, 'dots', threeClasses, [])
  const rows = { predictions: [[1, 0, 0]], labels: [0] }
  const lines = ['.', '..', '...', '.a'].map((batch) => ({ batch, ...rows }))
  const { committed, errors } = (await sendLines(app, '/dots/batches', lines)).body as Answer
  t.equal(committed, 2)
  const detail = 'batch must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -, and not . or ..; received'
  t.same(
    errors.map(({ problem }) => problem.detail),
    [`Line 1: ${detail} "."`, `Line 2: ${detail} ".."`],
  )
})

test('lines take turns, whether they are kept, refused or no JSON', async (t) => {
  await evaluationOf(app, 'turns', threeClasses, [])
  const row = '"predictions":[[1,0,0]],"labels":[0]'
  const lines = ['x', '{"batch":"a","predictions":[1,2]}', `{"batch":"a",${row}}`, `{"batch":"..",${row}}`, '[1]']
  for (const line of lines) {
    const piece = Buffer.from(`${line}\n`.repeat(Math.floor(2 ** 15 / (line.length + 1))))
    const turn = await leastOf(
      () =>
        longestTurn(async () => {
          const { statusCode } = await app.inject({
            method: 'POST',
            url: '/v1/evaluations/turns/batches',
            headers: { 'content-type': 'application/x-ndjson' },
            payload: Readable.from([piece, piece]),
          })
          t.equal(statusCode, line.includes(row) && !line.includes('..') ? 200 : 422)
        }),
      40,
    )
    // they were 500 to 900 ms; a collection in this process, which has run many tests, takes up to 60
    t.ok(turn < 150, `${line}: a turn of ${turn} ms`)
  }
})
