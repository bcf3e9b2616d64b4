import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import { test } from 'tap'
import { Handshakes } from '../../src/wire/handshakes.ts'
import { ConnectionTable } from '../../src/wire/table.ts'
import { eventually } from '../eventually.ts'
import { FakeSocket } from './support.ts'

/** Handshakes, and the sockets whose turn it was to begin. */
function handshakesOf(t: Test, timeoutMs = 60_000) {
  const table = new ConnectionTable()
  const begun: unknown[] = []
  const arrivals = { isComing: false }
  const speak = (socket: unknown) => begun.push(socket)
  const used: unknown[] = []
  const use = (connection: unknown) => used.push(connection)
  const handshakes = new Handshakes(table, { speak, use, timeoutMs, maxPerAddress: 4, arrivals })
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
  return { table, handshakes, begun, used, connect, arrivals }
}

function say(socket: FakeSocket, readableLength = 1): void {
  Object.assign(socket, { readableLength }).emit('readable')
}

test('an encrypted socket finds its connection by the other end of it', async (t) => {
  const { table, handshakes, used, connect } = handshakesOf(t)
  const [first, second] = [1, 2].map((port) => connect('192.0.2.7', port))
  t.equal(handshakes.size, 2)
  t.ok(first.connection.isSecuring)
  const encrypted = new FakeSocket('192.0.2.7', 2)
  handshakes.end(encrypted.socket)
  t.equal(table.of(encrypted.socket), second.connection)
  t.same([used.length, second.connection.isSecuring], [0, true], 'it waits for its turn')
  await setImmediate()
  t.same([used.length, used[0] === second.connection, handshakes.size], [1, true, 1])
  t.notOk(second.connection.isSecuring)
  t.equal(table.of(first.socket.socket), first.connection)

  first.socket.emit('close')
  t.equal(handshakes.size, 0)
  const late = new FakeSocket('192.0.2.7', 1)
  handshakes.end(late.socket)
  await setImmediate()
  t.same([late.did, used.length], [['destroy'], 1], 'its client has left')
})

test('of those that have ended one is used in each turn, of clients with few connections first, and none that has left', async (t) => {
  const { handshakes, used, connect } = handshakesOf(t)
  const many = [1, 2, 3].map((port) => connect('192.0.2.7', port).connection)
  const other = connect('192.0.2.8', 4).connection
  const encrypted = [1, 2, 3].map((port) => new FakeSocket('192.0.2.7', port))
  for (const { socket } of encrypted) handshakes.end(socket)
  handshakes.end(new FakeSocket('192.0.2.8', 4).socket)
  await setImmediate()
  t.same([used.length, used[0] === other], [1, true])
  await setImmediate()
  t.same([used.length, used[1] === many[0]], [2, true])
  encrypted[1].emit('error', new Error('reset'))
  t.ok(encrypted[1].destroyed)
  t.ok(await eventually(() => used.length === 3))
  t.equal(used[2], many[2])
})

test('a port that is used again while the end of its former connection is on its way', async (t) => {
  const { handshakes, connect } = handshakesOf(t)
  const [former] = [connect('192.0.2.7', 1), connect('192.0.2.7', 1)]
  former.socket.emit('close')
  t.equal(handshakes.size, 1)
})

test('a few begin in each turn of the event loop, and those of clients with few connections first', async (t) => {
  const { begun, connect } = handshakesOf(t)
  const many = Array.from({ length: 5 }, (_, port) => connect('192.0.2.7', port).socket)
  for (const socket of many) say(socket)
  t.equal(begun.length, 0)
  await setImmediate()
  t.same([begun[0] === many[0], begun[1] === many[1], begun.length], [true, true, 2])
  const other = connect('192.0.2.8', 1).socket
  say(other)
  many[2].destroy()
  await setImmediate()
  t.equal(begun[2], other)
  t.ok(await eventually(() => begun.length === 5))
  t.same([begun[3] === many[3], begun[4] === many[4]], [true, true], 'none for one that has left')
  say(connect('192.0.2.8', 2).socket)
  t.ok(await eventually(() => begun.length === 6), 'and so it goes on')
})

test('of one address only some are under way', async (t) => {
  const { begun, connect, handshakes } = handshakesOf(t)
  const many = Array.from({ length: 7 }, (_, port) => connect('192.0.2.7', port).socket)
  for (const socket of many) say(socket)
  t.ok(await eventually(() => begun.length === 4))
  say(connect('192.0.2.8', 1).socket)
  t.ok(await eventually(() => begun.length === 5), 'others go on')
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  t.equal(begun.length, 5)
  many[0].destroy()
  t.ok(await eventually(() => begun.length === 6))
  handshakes.end(new FakeSocket('192.0.2.7', 1).socket)
  t.ok(await eventually(() => begun.length === 7))
  many[1].emit('close')
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  t.equal(begun.length, 7, 'one that has ended leaves no second place')
})

test('while connections come one after the other, none begins', async (t) => {
  const { begun, connect, arrivals } = handshakesOf(t)
  arrivals.isComing = true
  say(connect('192.0.2.7', 1).socket)
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  t.equal(begun.length, 0)
  arrivals.isComing = false
  t.ok(await eventually(() => begun.length === 1))
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
