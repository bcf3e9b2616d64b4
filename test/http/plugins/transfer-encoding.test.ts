import { test } from 'tap'
import { transferEncoding } from '../../../src/http/plugins/transfer-encoding.ts'
import { bare, connected, portOf, saidOn, standIns } from './support.ts'

test('a body may be chunked, and coded in no other way', async (t) => {
  const app = bare(t)
  await standIns(app, 'requests-in-flight')
  await app.register(transferEncoding)
  app.setErrorHandler((error: Error, _request, reply) => reply.code(400).send(error.message))
  app.get('/', async () => 'fine')
  const port = await portOf(app)
  const table: [string, string][] = [
    ['', 'fine'],
    ['Transfer-Encoding: chunked\r\n', 'fine'],
    ['Transfer-Encoding: Chunked\r\n', 'fine'],
    ['Transfer-Encoding: gzip, chunked\r\n', 'Transfer-Encoding may only be chunked.'],
  ]
  for (const [header, body] of table) {
    const socket = await connected(t, port)
    const end = header === '' ? '' : '0\r\n\r\n'
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${header}\r\n${end}`)
    t.equal((await saidOn(socket)).split('\r\n\r\n')[1], body, header)
  }
})
