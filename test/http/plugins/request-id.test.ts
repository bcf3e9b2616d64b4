import type { IncomingMessage } from 'node:http'
import Fastify from 'fastify'
import { test } from 'tap'
import { requestId, requestIdOf } from '../../../src/http/plugins/request-id.ts'

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

test('a request id that is one harmless word is kept, any other is replaced', async (t) => {
  const idOf = (given: unknown) => requestIdOf({ headers: { 'x-request-id': given } } as unknown as IncomingMessage)
  for (const id of ['a', 'trace-1', '4bf92f3577b34da6a3ce929d0e0e4736', 'A_b.c:d-9', 'x'.repeat(128)])
    t.equal(idOf(id), id)
  for (const id of [undefined, ['a'], '', ' ', 'a b', 'x'.repeat(129), 'ä', '{}', '<b>', 'a\tb', 'a,b', '%0d%0a'])
    t.match(idOf(id), uuid, String(id))
  t.not(idOf(''), idOf(''))
})

test('every answer has it', async (t) => {
  const app = Fastify({ genReqId: requestIdOf })
  requestId(app)
  app.get('/', async ({ id }) => id)
  const { headers, body } = await app.inject('/')
  t.match(body, uuid)
  t.equal(headers['x-request-id'], body)
  t.equal((await app.inject({ url: '/nope', headers: { 'x-request-id': 'mine' } })).headers['x-request-id'], 'mine')
})
