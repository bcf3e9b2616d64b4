import { test } from 'tap'
import { Problem } from '../../src/http/problem.ts'
import { sayLast } from '../../src/wire/raw-response.ts'
import { FakeSocket } from './support.ts'

const problem = new Problem('bad-request', 'Ünsinn.')

test('a whole answer, and the end', async (t) => {
  const socket = new FakeSocket()
  sayLast(socket.socket, problem, 'an-id')
  const body = {
    type: '/problems/bad-request',
    title: 'The request cannot be read',
    status: 400,
    detail: 'Ünsinn.',
    instance: '/',
    requestId: 'an-id',
  }
  const text = JSON.stringify(body)
  t.equal(
    socket.said,
    `HTTP/1.1 400 The request cannot be read\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nX-Request-Id: an-id\r\nConnection: close\r\n\r\n${text}`,
  )
  t.same(socket.did, ['destroySoon'])
})

test('nothing but the end where nothing can be said', async (t) => {
  const socket = new FakeSocket()
  socket.writable = false
  sayLast(socket.socket, problem, 'an-id')
  t.same([socket.said, socket.did], ['', ['destroySoon']])
})
