import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { eventually } from '../eventually.ts'
import { Client, get, served } from './support.ts'

test('every connection is known while it is open', async (t) => {
  const seen: unknown[] = []
  const { connections, port } = await served(t, (request, response) => {
    seen.push(connections.of(request.socket)?.address, connections.size, connections.addresses)
    seen.push(...Array.from(connections.usages, ({ address }) => address))
    response.end()
  })
  t.equal(connections.of(undefined), undefined)
  const client = new Client(t, port)
  client.say(get('/'))
  t.ok(await client.answered())
  t.same(seen, ['127.0.0.1', 1, 1, '127.0.0.1'])
  client.socket.end()
  t.ok(await eventually(() => connections.size === 0))
  t.equal(connections.addresses, 0)
})

test('a client that sends first and reads later sees an early last answer', async (t) => {
  for (const [version, headers] of [
    ['1.1', ['Connection: close']],
    ['1.0', []],
  ] as const) {
    const { port } = await served(t, (_request, response) => response.writeHead(413).end('too large'))
    const client = new Client(t, port)
    client.say(get('/', [...headers, 'Content-Length: 20000000'], version).replace('GET', 'POST'))
    for (let sent = 0; sent < 20; sent++) {
      client.say(Buffer.alloc(1e6))
      await setImmediate()
    }
    t.ok(await client.ended())
    t.match(client.text, /^HTTP\/1\.1 413 [\s\S]*too large/)
    t.equal(client.error, undefined)
  }
})

test('a client that has closed its side gets its answers, and is probed meanwhile unless it speaks HTTP/1.0', async (t) => {
  for (const [version, text] of [
    ['1.1', /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [\s\S]*late$/],
    ['1.0', /^HTTP\/1\.1 200 [\s\S]*late$/],
  ] as const) {
    const { port } = await served(t, (_request, response) => setTimeout(() => response.end('late'), 400))
    const client = new Client(t, port)
    client.say(get('/', [], version))
    client.socket.end()
    t.ok(await client.ended())
    t.match(client.text, text)
  }
})

test('the answer to a client that has left is given up', async (t) => {
  let [isBegun, isClosed] = [false, false]
  const { port } = await served(t, (_request, response) => {
    isBegun = true
    response.once('close', () => {
      isClosed = true
    })
  })
  for (const leave of [
    (client: Client) => client.socket.destroy(),
    (client: Client) => client.socket.resetAndDestroy(),
  ]) {
    isBegun = false
    isClosed = false
    const client = new Client(t, port)
    client.say(get('/'))
    t.ok(await eventually(() => isBegun))
    leave(client)
    t.ok(await eventually(() => isClosed))
  }
})

test('nothing that follows a connection that has gone, or its last answer, is answered', async (t) => {
  const begun: unknown[] = []
  const { server, port } = await served(t, (request, response) => {
    begun.push(request.url)
    response.shouldKeepAlive = false
    response.end('last')
    response.once('close', () => {
      for (const { socket } of [{ socket: undefined }, request])
        server.emit('request', { socket, url: '/more', headers: {} }, {})
      begun.push('closed')
    })
  })
  const client = new Client(t, port)
  client.say(get('/'))
  t.ok(await client.ended())
  t.same(begun, ['/', 'closed'])
})
