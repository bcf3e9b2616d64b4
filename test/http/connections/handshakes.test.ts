import { test } from 'tap'
import { Handshakes } from '../../../src/http/connections/handshakes.ts'
import { ConnectionTable } from '../../../src/http/connections/table.ts'
import { FakeSocket } from './support.ts'

test('an encrypted socket finds its connection by the other end of it', async (t) => {
  const table = new ConnectionTable()
  const handshakes = new Handshakes(table)
  const ends = [1, 2].map((port) => new FakeSocket('192.0.2.7', port))
  const [first, second] = ends.map(({ socket }) => {
    const connection = table.add(socket)
    handshakes.begin(connection)
    return connection
  })
  t.equal(handshakes.size, 2)
  const encrypted = new FakeSocket('192.0.2.7', 2)
  const found: unknown[] = []
  handshakes.end(encrypted.socket, (connection) => found.push(connection))
  t.same([found.length, found[0] === second, handshakes.size], [1, true, 1])
  t.equal(table.of(encrypted.socket), second)
  t.equal(table.of(ends[0].socket), first)

  ends[0].emit('close')
  t.equal(handshakes.size, 0)
  const late = new FakeSocket('192.0.2.7', 1)
  handshakes.end(late.socket, () => t.fail('its client has left'))
  t.same(late.did, ['destroy'])
})

test('a port that is used again while the end of its former connection is on its way', async (t) => {
  const table = new ConnectionTable()
  const handshakes = new Handshakes(table)
  const [former, next] = [new FakeSocket('192.0.2.7', 1), new FakeSocket('192.0.2.7', 1)]
  for (const { socket } of [former, next]) handshakes.begin(table.add(socket))
  former.emit('close')
  t.equal(handshakes.size, 1)
})
