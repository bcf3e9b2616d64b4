import { mock } from 'node:test'
import { test } from 'tap'
import { probeWhenHalfClosed } from '../../src/wire/half-closed.ts'
import { fakeConnection, fakeTurn } from './support.ts'

test('a client that closed its side is asked now and then until its answer begins', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { connection, socket } = fakeConnection()
  const { turn, response } = fakeTurn()
  connection.turn = turn
  probeWhenHalfClosed(connection)
  mock.timers.tick(10_000)
  t.equal(response.continued, 0, 'its side is open')
  socket.emit('end')
  const seen = [249, 1, 499, 1, 1000, 2000, 4000, 8000, 8000, 8000].map((milliseconds) => {
    mock.timers.tick(milliseconds)
    return response.continued
  })
  t.same(seen, [0, 1, 1, 2, 3, 4, 5, 6, 7, 8])
  response.headersSent = true
  mock.timers.tick(100_000)
  t.equal(response.continued, 8)
})

test('it is not asked when nothing is being answered, in HTTP/1.0, or when it is gone', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const [idle, old, gone] = [fakeConnection(), fakeConnection(), fakeConnection()]
  const [first, second] = [fakeTurn(true, '1.0'), fakeTurn()]
  old.connection.turn = first.turn
  gone.connection.turn = second.turn
  for (const { connection, socket } of [idle, old, gone]) {
    probeWhenHalfClosed(connection)
    socket.emit('end')
  }
  gone.socket.destroy()
  mock.timers.tick(100_000)
  t.same([first.response.continued, second.response.continued], [0, 0])
})
