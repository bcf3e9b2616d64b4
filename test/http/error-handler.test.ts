import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { test } from 'tap'
import { parseConfig } from '../../src/config.ts'
import { EvaluationGone, StoreUnavailable } from '../../src/database/errors.ts'
import type { BodyLocation } from '../../src/formats/errors.ts'
import {
  BodyTooSlow,
  DigestMismatch,
  IncompleteBody,
  isAboutContent,
  LocatedError,
  MalformedBody,
  MalformedDigest,
  Overloaded,
  UnsupportedEncoding,
} from '../../src/formats/errors.ts'
import { registerBodies } from '../../src/http/bodies.ts'
import { handleError, unsupportedMediaType } from '../../src/http/error-handler.ts'
import { limitsOf } from '../../src/http/limits.ts'
import { overloaded, Problem, pointerOf } from '../../src/http/problem.ts'
import type { ProblemName } from '../../src/http/problems.ts'
import { problems } from '../../src/http/problems.ts'
import { requestContext } from '../../src/http/request-context.ts'
import type { Path } from '../../src/loss/validation-errors.ts'
import { InvalidContent, LimitExceeded, ValidationErrors } from '../../src/loss/validation-errors.ts'
import { listener, plainProblem } from '../support.ts'
import { noConnections } from '../wire/support.ts'

/** A service whose one address throws this. */
async function throwing(error: unknown): Promise<{ app: FastifyInstance; lines: string[] }> {
  const { logger, lines } = listener()
  const app = Fastify({ loggerInstance: logger, genReqId: () => 'id' })
  app.decorate('basePath', '')
  app.decorate('connections', noConnections)
  const limits = limitsOf(parseConfig({}))
  await app.register(requestContext, { limits })
  registerBodies(app, limits)
  app.setErrorHandler(handleError)
  app.post('/here', { config: { accepts: ['application/json', 'text/x'] } }, async () => {
    throw error
  })
  app.post('/json', async () => 'fine')
  app.post('/typed', async (request) => {
    throw unsupportedMediaType(request)
  })
  return { app, lines }
}

async function answerTo(error: unknown): Promise<unknown> {
  const { app } = await throwing(error)
  const answer = await app.inject({ method: 'POST', url: '/here?secret=1' })
  await app.close()
  return [answer.statusCode, answer.headers['content-type'], plainProblem(answer.json())]
}

function invalid(count: number): InvalidContent {
  const errors = new ValidationErrors()
  for (let at = 0; at < count; at++) errors.add(['labels', at], `labels[${at}] is wrong`, at, 'shape')
  return new InvalidContent(errors)
}

test('what was thrown becomes a problem', async (t) => {
  const tooMany = new LimitExceeded('maxRows', 7, ['predictions', 7], 'too many')
  const failed = 'The service failed; the log contains the cause under this requestId.'
  const table: [error: unknown, name: ProblemName, detail: string, extensions?: object][] = [
    [new Problem('not-found', 'Not there.', { hint: 1 }), 'not-found', 'Not there.', { hint: 1 }],
    [
      invalid(1),
      'invalid-content',
      'labels[0] is wrong',
      { errors: [{ pointer: '#/labels/0', detail: 'labels[0] is wrong', received: 0 }], errorCount: 1 },
    ],
    [tooMany, 'limit-exceeded', 'too many', { limit: 'maxRows', allowed: 7, pointer: '#/predictions/7' }],
    [
      new StoreUnavailable('out-of-reach', new Error('connect ECONNREFUSED 10.0.0.1')),
      'store-unavailable',
      'The evaluation store cannot be reached.',
    ],
    [new EvaluationGone(), 'not-found', 'The evaluation was deleted.'],
    [Object.assign(new Error('Odd.'), { statusCode: 499 }), 'bad-request', 'Odd.'],
    [new Error('secret'), 'internal-error', failed],
    [Object.assign(new Error('secret'), { statusCode: 503 }), 'internal-error', failed],
    [new TypeError('secret'), 'internal-error', failed],
  ]
  for (const [error, name, detail, extensions] of table) {
    const { status, title } = problems[name]
    const body = { type: `/problems/${name}`, title, status, detail, instance: '/here', requestId: 'id', ...extensions }
    t.same(await answerTo(error), [status, 'application/problem+json; charset=utf-8', body], String(error))
  }
})

test('a store out of reach is worth another try, and the log has the cause', async (t) => {
  const { app, lines } = await throwing(new StoreUnavailable('locked', new Error('busy since noon')))
  const answer = await app.inject({ method: 'POST', url: '/here' })
  await app.close()
  t.equal(answer.headers['retry-after'], '5')
  t.notMatch(answer.body, 'noon')
  t.match(lines.join(''), /"level":40.*busy since noon.*evaluation store is unavailable/)
})

test('errors about content are those that other content would not have', async (t) => {
  const table: [unknown, boolean][] = [
    [invalid(1), true],
    [new LimitExceeded('maxStateBytes', 7, [], 'too many'), true],
    [new LimitExceeded('maxComputeMs', 7, [], 'too long'), false],
    [new MalformedBody('No.'), true],
    [new BodyTooSlow('No.'), false],
    [new Problem('not-found', 'No.'), false],
    [new StoreUnavailable('closed'), false],
    [new Error('secret'), false],
  ]
  for (const [error, isContent] of table) t.equal(isAboutContent(error), isContent, String(error))
})

test('each error of a body has its problem', async (t) => {
  const table: [Error, number, string, object][] = [
    [new MalformedBody('No.'), 400, 'malformed-body', { offset: undefined }],
    [new MalformedBody('No.', 0), 400, 'malformed-body', { offset: 0 }],
    [new IncompleteBody('No.'), 400, 'bad-request', {}],
    [new MalformedDigest('No.'), 400, 'bad-request', {}],
    [new DigestMismatch('No.'), 400, 'digest-mismatch', {}],
    [new BodyTooSlow('No.'), 408, 'request-timeout', {}],
    [new UnsupportedEncoding(['gzip']), 415, 'unsupported-media-type', { accepted: ['gzip'] }],
    [new Overloaded('No.'), 503, 'overloaded', {}],
  ]
  for (const [error, status, name, extensions] of table) {
    const [, , body] = (await answerTo(error)) as [number, string, object]
    t.match(body, { status, type: `/problems/${name}`, detail: error.message, ...extensions }, name)
  }
})

test('an error in a part of a body has its line and its pointers', async (t) => {
  const locate = (path: Path): Path => ['inputs', ...path]
  const table: [string, BodyLocation, Error, object][] = [
    [
      'wrong content',
      { line: 4, locate },
      invalid(1),
      {
        status: 422,
        detail: 'Line 4: labels[0] is wrong',
        errors: [{ pointer: '#/inputs/labels/0', detail: 'labels[0] is wrong', received: 0 }],
        line: 4,
      },
    ],
    [
      'wrong content of a body without lines',
      { locate },
      invalid(1),
      { status: 422, detail: 'labels[0] is wrong', errors: [{ pointer: '#/inputs/labels/0' }], line: undefined },
    ],
    [
      'a limit in a line',
      { line: 3 },
      new LimitExceeded('maxRows', 7, [], 'too many'),
      { status: 413, detail: 'Line 3: too many', limit: 'maxRows', allowed: 7, pointer: '#', line: 3 },
    ],
    [
      'a limit',
      { locate },
      new LimitExceeded('maxRows', 7, ['labels'], 'too many'),
      { status: 413, detail: 'too many', pointer: '#/inputs/labels', line: undefined },
    ],
    ['a problem', { line: 2 }, new MalformedBody('No.', 3), { status: 400, detail: 'Line 2: No.', offset: 3, line: 2 }],
    [
      'an error of the service says nothing',
      { line: 2 },
      new Error('secret'),
      { status: 500, detail: 'The service failed; the log contains the cause under this requestId.', line: undefined },
    ],
  ]
  for (const [name, place, cause, expected] of table) {
    const [, , body] = (await answerTo(new LocatedError(place, cause))) as [number, string, object]
    t.match(body, expected, name)
  }
})

test('of many errors the first are listed and all are counted', async (t) => {
  const [, , body] = (await answerTo(invalid(1000))) as [number, string, { errors: object[]; [key: string]: unknown }]
  t.equal(body.errors.length, 20)
  t.same(body.errors[19], { pointer: '#/labels/19', detail: 'labels[19] is wrong', received: 19 })
  t.same([body.errorCount, body.detail], [1000, '1000 errors; the first: labels[0] is wrong'])
})

test('only an error of the service is logged, with its cause', async (t) => {
  for (const [error, isLogged] of [
    [new Error('the cause'), true],
    [new LocatedError({ line: 2 }, new Error('the cause')), true],
    [new Problem('not-found', 'the cause'), false],
    [invalid(2), false],
    [new LimitExceeded('maxRows', 7, [], 'the cause'), false],
  ] as const) {
    const { app, lines } = await throwing(error)
    await app.inject({ method: 'POST', url: '/here' })
    await app.close()
    t.equal(
      lines.some(
        (line) => line.includes('"level":50') && line.includes('the cause') && line.includes('"requestId":"id"'),
      ),
      isLogged,
    )
  }
})

test('a request that was abandoned is answered with the reason, whatever it ran into', async (t) => {
  const { app, lines } = await throwing(new TypeError('Cannot perform Construct on a detached ArrayBuffer'))
  app.post('/abandoned', async ({ work }) => {
    work.giveWay(overloaded('No room.'))
    throw new TypeError('Cannot perform Construct on a detached ArrayBuffer')
  })
  const { statusCode, headers, body } = await app.inject({ method: 'POST', url: '/abandoned' })
  t.same([statusCode, headers['retry-after'], JSON.parse(body).detail], [503, '1', 'No room.'])
  t.notOk(lines.some((line) => line.includes('detached')))
  t.equal((await app.inject({ method: 'POST', url: '/here' })).statusCode, 500)
  await app.close()
})

test('a client that left is no internal error', async (t) => {
  const { app, lines } = await throwing(new TypeError('late'))
  app.post('/left', async ({ work }) => {
    work.close()
    work.task.start()
  })
  await app.inject({ method: 'POST', url: '/left' })
  t.notOk(lines.some((line) => line.includes('internal error')))
  await app.close()
})

test('problems are counted, with the limit that was exceeded where there is one', async (t) => {
  const told: unknown[][] = []
  const cases = [
    new Problem('not-found', 'There is none.'),
    new Problem('overloaded', 'No room.', {}, {}, 'maxConnections'),
    new LimitExceeded('maxRows', 5, [], 'Too many.'),
  ]
  for (const error of cases) {
    const { app } = await throwing(error)
    app.decorate('metrics', { refused: (...args: unknown[]) => told.push(args) } as never)
    await app.inject({ method: 'POST', url: '/here' })
    await app.close()
  }
  t.same(told, [
    ['not-found', undefined],
    ['overloaded', 'maxConnections'],
    ['limit-exceeded', 'maxRows'],
  ])
})

test('pointers are URI fragments', async (t) => {
  const table: [(string | number)[], string][] = [
    [[], '#'],
    [['labels', 3, 0], '#/labels/3/0'],
    [['a/b', 'c~d', '~1'], '#/a~1b/c~0d/~01'],
    [[''], '#/'],
    [[' "%^|\\<ä€😀'], '#/%20%22%25%5E%7C%5C%3C%C3%A4%E2%82%AC%F0%9F%98%80'],
    [['\ud800'], '#/%EF%BF%BD'],
    [['x'.repeat(64)], `#/${'x'.repeat(64)}`],
    [['x'.repeat(65)], `#/${'x'.repeat(63)}%E2%80%A6`],
    [[`${'x'.repeat(62)}😀😀`], `#/${'x'.repeat(62)}%EF%BF%BD%E2%80%A6`],
  ]
  for (const [path, pointer] of table) t.equal(pointerOf(path), pointer)
})

test('every problem type explains itself in sentences', async (t) => {
  for (const [name, { status, title, meaning, remedy }] of Object.entries(problems)) {
    t.ok(status >= 400 && status < 600, name)
    t.match(name, /^[a-z]+(-[a-z]+)*$/)
    t.match(title, /^[A-Z].+[^.]$/, name)
    for (const text of [meaning, remedy]) t.match(text, /^[A-Z].+\.$/, name)
  }
})

test('a client that has left is not answered', async (t) => {
  const app = Fastify()
  app.setErrorHandler(handleError)
  let answers = 0
  app.addHook('onSend', async () => {
    answers++
  })
  const { promise: failed, resolve } = Promise.withResolvers<void>()
  app.get('/', async (_request, { raw }) => {
    client.destroy()
    await once(raw, 'close')
    setImmediate(resolve)
    throw new Problem('bad-request', 'Nobody sees it.')
  })
  const { port } = new URL(await app.listen({ port: 0 }))
  const client = connect(Number(port))
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await failed
  t.equal(answers, 0)
  await app.close()
})
