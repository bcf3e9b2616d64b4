import { test } from 'tap'
import { ConnectionTable, clientOf, fewestFirst } from '../../src/wire/table.ts'
import { FakeSocket, fakeConnection, fakeTurn } from './support.ts'

const table: [string | undefined, string][] = [
  [undefined, ''],
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
  ['2001:0DB8:0000:0001::9', '2001:db8:0:1::/64'],
  ['2001:db8:0:2::9', '2001:db8:0:2::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['fe80::1:2:3:4%eth0', 'fe80:0:0:0::/64'],
]

test('whom an address stands for', async (t) => {
  for (const [address, client] of table) t.equal(clientOf(address), client, String(address))
})

test('connections are in the table until they are closed, and counted by address', async (t) => {
  const connections = new ConnectionTable()
  const sockets = ['192.0.2.7', '2001:db8::1', '2001:db8::2', undefined].map((address) => new FakeSocket(address))
  const [first, second, third, fourth] = sockets.map(({ socket }) => connections.add(socket))
  t.same([connections.size, connections.addresses], [4, 3])
  t.equal(second.share, third.share)
  t.same([...connections.shares], [first.share, second.share, fourth.share])
  t.same(
    [first, second, fourth].map(({ address, share }) => [address, share.connections]),
    [
      ['192.0.2.7', 1],
      ['2001:db8:0:0::/64', 2],
      ['', 1],
    ],
  )
  t.equal(connections.of(sockets[1].socket), second)
  t.equal(connections.of(undefined), undefined)
  t.equal(connections.of(new FakeSocket().socket), undefined)
  t.same([...connections], [first, second, third, fourth])

  sockets[1].emit('close')
  t.same([connections.size, connections.addresses, third.share.connections], [3, 3, 1])
  t.equal(connections.of(sockets[1].socket), undefined)
  sockets[2].emit('close')
  t.same([connections.size, connections.addresses], [2, 2])
  t.equal(connections.add(new FakeSocket('2001:db8::3').socket).share.connections, 1)
})

test('connections of clients that have few come first', async (t) => {
  const connections = new ConnectionTable()
  const [first, second, other] = ['a', 'a', 'b'].map((address) => connections.add(new FakeSocket(address).socket))
  t.same([first, second, other].toSorted(fewestFirst), [other, first, second])
})

test('a connection is read unless it is paused, or its client has to show first that it speaks TLS', async (t) => {
  const { connection, socket } = fakeConnection()
  t.equal(connection.isRead, true)
  connection.isSecuring = true
  t.equal(connection.isRead, false)
  connection.isSecuring = false
  socket.pause()
  t.equal(connection.isRead, false)
  socket.resume()
  t.equal(connection.isRead, true)
})

test('a connection is known by its encrypted socket once there is one', async (t) => {
  const connections = new ConnectionTable()
  const [below, encrypted] = [new FakeSocket('192.0.2.7'), new FakeSocket('192.0.2.7')]
  const connection = connections.add(below.socket)
  connections.secure(connection, encrypted.socket)
  t.equal(connections.of(below.socket), undefined)
  t.equal(connections.of(encrypted.socket), connection)
  t.equal(connection.socket, encrypted.socket)
  t.equal(connections.size, 1)
  below.emit('close')
  t.same([connections.size, connections.addresses], [0, 0])
})

test('a connection is idle while nothing is answered on it or waits', async (t) => {
  const connection = new ConnectionTable().add(new FakeSocket().socket)
  t.ok(connection.isIdle)
  connection.turn = fakeTurn().turn
  t.notOk(connection.isIdle)
  connection.turn = undefined
  connection.waiting.push(fakeTurn().turn)
  t.notOk(connection.isIdle)
})
