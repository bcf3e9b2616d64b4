import { test } from 'tap'
import { Patience } from '../../src/wire/answer-timeouts.ts'
import { ConnectionTable } from '../../src/wire/table.ts'
import { FakeSocket, fakeTurn } from './support.ts'

/** A connection whose answer is under way, and what looks at it. */
function answering() {
  const table = new ConnectionTable()
  const socket = new FakeSocket()
  const { turn, response } = fakeTurn()
  const connection = table.add(socket.socket)
  connection.turn = turn
  return { connection, socket, response, patience: new Patience(table, 1000) }
}

test('a client that takes nothing is left after the time for a MiB', async (t) => {
  const { socket, patience } = answering()
  Object.assign(socket, { bytesWritten: 5000, writableLength: 1000 })
  for (const now of [0, 500, 1000]) patience.look(now)
  t.equal(socket.destroyed, false)
  patience.look(1001)
  t.equal(socket.destroyed, true)
})

test('each MiB has that time, whatever was taken before', async (t) => {
  const { socket, response, patience } = answering()
  // 100 MB of earlier answers, and 3.5 MiB of this one
  Object.assign(socket, { bytesWritten: 100e6 + 3.5 * 2 ** 20, writableLength: 3.5 * 2 ** 20 })
  patience.look(0)
  Object.assign(socket, { writableLength: 0 })
  response.writableLength = 1
  patience.look(4000)
  t.equal(socket.destroyed, false)
  patience.look(4001)
  t.equal(socket.destroyed, true)
})

test('a client that has taken all there is waits for us', async (t) => {
  const { connection, socket, patience } = answering()
  Object.assign(socket, { bytesWritten: 5000, writableLength: 1000 })
  patience.look(0)
  socket.writableLength = 0
  patience.look(900)
  socket.writableLength = 1000
  patience.look(1800)
  patience.look(2800)
  t.equal(socket.destroyed, false)
  connection.turn = undefined
  patience.look(9000)
  t.equal(socket.destroyed, false)
  connection.turn = fakeTurn().turn
  patience.look()
  t.equal(socket.destroyed, false)
})

test('it looks often enough', async (t) => {
  t.equal(new Patience(new ConnectionTable(), 30_000).intervalMs, 1000)
  t.equal(new Patience(new ConnectionTable(), 200).intervalMs, 50)
})
