import { test } from 'tap'
import { notFound } from '../../../src/http/plugins/not-found.ts'
import { appOf, problemOf } from '../../support.ts'
import { bare } from './support.ts'

const detail = 'Nothing is served at this address. /openapi.json lists the available routes.'

test('an address at which nothing is served is refused before its body is read', async (t) => {
  const app = await appOf(t)
  for (const method of ['GET', 'POST'] as const) {
    const answer = await app.inject({
      method,
      url: '/nope?a=b',
      headers: { 'content-type': 'application/json' },
      ...(method === 'POST' ? { payload: '{' } : {}),
    })
    const { requestId: _, ...problem } = answer.json()
    t.same([answer.statusCode, problem], [404, problemOf('not-found', 404, 'No such resource', detail, '/nope')])
  }
})

test('so is one that a handler does not find', async (t) => {
  const app = bare(t)
  app.setErrorHandler((error: Error, _request, reply) => reply.code(404).send(error.message))
  notFound(app)
  app.get('/a', async (_request, reply) => reply.callNotFound())
  t.equal((await app.inject('/a')).body, detail)
})
