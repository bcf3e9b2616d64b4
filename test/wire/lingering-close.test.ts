import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { lingerAtEnd } from '../../src/wire/lingering-close.ts'
import { Connection } from '../../src/wire/table.ts'
import { eventually } from '../eventually.ts'
import type { Scope } from './support.ts'
import { Client, fakeExchange } from './support.ts'

/** Two ends of one connection; the service's lingers. */
async function ends(t: Scope, maxDrainBytes = 1e6, requestTimeoutMs = 60_000) {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new Client(t, (server.address() as AddressInfo).port, { allowHalfOpen: true })
  const [socket] = (await once(server, 'connection')) as [Socket]
  socket.on('error', () => undefined)
  t.after(() => {
    socket.destroy()
    server.close()
  })
  const connection = new Connection(socket, { address: '', connections: 1, answering: [], handshakes: 0 })
  lingerAtEnd(connection, { maxDrainBytes, requestTimeoutMs })
  return { client, socket, connection }
}

test('a client that is still sending sees the answer and the end of it', async (t) => {
  const { client, socket, connection } = await ends(t, 20e6)
  client.say(Buffer.alloc(5e6))
  socket.write('answer')
  socket.destroySoon()
  socket.destroySoon()
  t.equal(connection.isEnding, true)
  t.ok(await client.ended())
  t.same([client.text, client.error, socket.destroyed], ['answer', undefined, false])
  client.say(Buffer.alloc(5e6))
  client.socket.end()
  t.ok(await eventually(() => socket.destroyed))
  t.equal(socket.bytesRead, 10e6)
  t.equal(client.error, undefined)
})

test('nothing is waited for where the client has closed its side', async (t) => {
  const { client, socket } = await ends(t)
  client.socket.end()
  socket.resume()
  await once(socket, 'end')
  socket.write('answer')
  socket.destroySoon()
  t.ok(await client.ended())
  t.ok(await eventually(() => socket.destroyed))
  t.equal(client.text, 'answer')
})

test('only so many bytes are read past', async (t) => {
  const { client, socket } = await ends(t, 100_000)
  socket.destroySoon()
  client.say(Buffer.alloc(50_000))
  await setImmediate()
  t.equal(socket.destroyed, false)
  client.say(Buffer.alloc(5e6))
  t.ok(await eventually(() => socket.destroyed))
})

test('only for so long', async (t) => {
  const { client, socket } = await ends(t, 1e9, 100)
  socket.destroySoon()
  const sending = setInterval(() => client.say('x'), 10)
  t.teardown(() => clearInterval(sending))
  t.ok(await eventually(() => socket.destroyed))
})

test('a client that sends nothing more is given up: sooner when its request is complete', async (t) => {
  for (const [complete, milliseconds] of [
    [true, 1000],
    [false, 5000],
  ] as const) {
    const { socket, connection } = await ends(t)
    connection.exchange = fakeExchange(complete).exchange
    mock.timers.enable({ apis: ['setTimeout'] })
    socket.destroySoon()
    mock.timers.tick(milliseconds - 1)
    const before = socket.destroyed
    mock.timers.tick(1)
    const after = socket.destroyed
    mock.timers.reset()
    t.same([before, after], [false, true], String(complete))
  }
})
