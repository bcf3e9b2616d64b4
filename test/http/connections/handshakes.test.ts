import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import { test } from 'tap'
import { Handshakes } from '../../../src/http/connections/handshakes.ts'
import { ConnectionTable } from '../../../src/http/connections/table.ts'
import { eventually } from '../../eventually.ts'
import { FakeSocket } from './support.ts'

/** Handshakes, and the sockets whose turn it was to begin. */
function handshakesOf(t: Test, timeoutMs = 60_000) {
  const table = new ConnectionTable()
  const begun: unknown[] = []
  const handshakes = new Handshakes(table, { speak: (socket) => begun.push(socket), timeoutMs })
  const sockets: FakeSocket[] = []
  // timers would keep the test alive
  t.teardown(() => sockets.map((socket) => socket.destroy()))
  const connect = (address: string, port: number) => {
    const socket = new FakeSocket(address, port)
    sockets.push(socket)
    const connection = table.add(socket.socket)
    handshakes.begin(connection)
    return { socket, connection }
  }
  return { table, handshakes, begun, connect }
}

function say(socket: FakeSocket, readableLength = 1): void {
  Object.assign(socket, { readableLength }).emit('readable')
}

test('an encrypted socket finds its connection by the other end of it', async (t) => {
  const { table, handshakes, connect } = handshakesOf(t)
  const [first, second] = [1, 2].map((port) => connect('192.0.2.7', port))
  t.equal(handshakes.size, 2)
  const encrypted = new FakeSocket('192.0.2.7', 2)
  const found: unknown[] = []
  handshakes.end(encrypted.socket, (connection) => found.push(connection))
  t.same([found.length, found[0] === second.connection, handshakes.size], [1, true, 1])
  t.equal(table.of(encrypted.socket), second.connection)
  t.equal(table.of(first.socket.socket), first.connection)

  first.socket.emit('close')
  t.equal(handshakes.size, 0)
  const late = new FakeSocket('192.0.2.7', 1)
  handshakes.end(late.socket, () => t.fail('its client has left'))
  t.same(late.did, ['destroy'])
})

test('a port that is used again while the end of its former connection is on its way', async (t) => {
  const { handshakes, connect } = handshakesOf(t)
  const [former] = [connect('192.0.2.7', 1), connect('192.0.2.7', 1)]
  former.socket.emit('close')
  t.equal(handshakes.size, 1)
})

test('a few begin in each turn of the event loop, and those of clients with few connections first', async (t) => {
  const { begun, connect } = handshakesOf(t)
  const many = Array.from({ length: 6 }, (_, port) => connect('192.0.2.7', port).socket)
  for (const socket of many) say(socket)
  t.equal(begun.length, 0)
  await setImmediate()
  t.same([begun[0] === many[0], begun[1] === many[1], begun.length], [true, true, 2])
  const other = connect('192.0.2.8', 1).socket
  say(other)
  many[2].destroy()
  await setImmediate()
  t.equal(begun[2], other)
  while (begun.length < 6) await setImmediate()
  t.same(begun.slice(3), many.slice(3), 'none for one that has left')
  await setImmediate()
  say(connect('192.0.2.8', 2).socket)
  await setImmediate()
  t.equal(begun.length, 7, 'and so it goes on')
})

test('whoever leaves before, breaks the connection, or says nothing is cut', async (t) => {
  const { begun, connect } = handshakesOf(t, 20)
  const [left, broken, silent] = [1, 2, 3].map((port) => connect('192.0.2.7', port).socket)
  say(left, 0)
  t.same(left.did, ['destroy'])
  broken.emit('error', new Error('reset'))
  t.same(broken.did, ['destroy'])
  t.ok(await eventually(() => silent.destroyed))
  t.equal(begun.length, 0)
})
