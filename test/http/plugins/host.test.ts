import { test } from 'tap'
import { host } from '../../../src/http/plugins/host.ts'
import { bare, connected, portOf, saidOn, standIns } from './support.ts'

test('a request of HTTP/1.1 needs one host', async (t) => {
  const app = bare(t)
  await standIns(app, 'requests-in-flight')
  await app.register(host)
  app.setErrorHandler((error: Error, _request, reply) => reply.code(400).send(error.message))
  app.get('/', async () => 'fine')
  const port = await portOf(app)
  const table: [string, string, string][] = [
    ['1.1', '', 'An HTTP/1.1 request must include a Host header.'],
    ['1.1', 'Host: a\r\n', 'fine'],
    ['1.1', 'Host:\r\n', 'fine'],
    ['1.1', 'Host: a\r\nX-Other: b\r\nFrom: c\r\n', 'fine'],
    ['1.1', 'Host: a\r\nhOST: a\r\n', 'A request may include only one Host header.'],
    ['1.0', 'Host: a\r\nHost: b\r\n', 'A request may include only one Host header.'],
    ['1.0', '', 'fine'],
  ]
  for (const [version, header, body] of table) {
    const socket = await connected(t, port)
    socket.write(`GET / HTTP/${version}\r\n${header}Connection: close\r\n\r\n`)
    t.equal((await saidOn(socket)).split('\r\n\r\n')[1], body, `${version} ${header}`)
  }
})
