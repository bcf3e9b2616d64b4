import { mock } from 'node:test'
import { test } from 'tap'
import { Admission } from '../../src/wire/admission.ts'
import { ConnectionTable } from '../../src/wire/table.ts'
import { FakeSocket, fakeTurn } from './support.ts'

/** A table, and what takes in one more connection of an address. */
function admission(maxConnections: number, maxConnectionsPerAddress: number) {
  const table = new ConnectionTable()
  const decided = new Admission(table, { maxConnections, maxConnectionsPerAddress })
  return (address: string) => {
    const socket = new FakeSocket(address)
    const connection = table.add(socket.socket)
    decided.admit(connection)
    return { socket, connection }
  }
}

test('connections over the limit in all are told so', async (t) => {
  const admit = admission(2, 2)
  const [first, , third] = ['a', 'b', 'c'].map(admit)
  t.match(first.connection, { isExcess: false, isLast: false })
  t.match(third.connection, { isExcess: true, isLast: true })
  t.same(third.socket.did, [])
  first.socket.destroy()
  third.socket.destroy()
  t.equal(admit('c').connection.isExcess, false)
})

test('so are those over the limit of their address', async (t) => {
  const admit = admission(100, 2)
  t.same(
    ['a', 'a', 'a', 'b', 'a'].map((address) => admit(address).connection.isExcess),
    [false, false, true, false, true],
  )
})

test('an address that has far fewer takes the place of the newest idle one of whoever has most', async (t) => {
  const admit = admission(4, 4)
  const [first, second, third, other] = ['a', 'a', 'a', 'b'].map(admit)
  third.connection.turn = fakeTurn().turn
  const late = admit('c')
  t.equal(late.connection.isExcess, false)
  t.same(
    [first, second, third, other, late].map(({ socket }) => socket.destroyed),
    [false, true, false, false, false],
  )
  t.equal(admit('b').connection.isExcess, true, 'half as many are not far fewer')
  first.connection.turn = fakeTurn().turn
  late.socket.destroy()
  t.equal(admit('d').connection.isExcess, true, 'where something is answered on all, none is cut')
  t.equal(first.socket.destroyed, false)
})

test('at most 128 are told, the others are cut', async (t) => {
  const admit = admission(1, 1)
  const admitted = Array.from({ length: 131 }, () => admit('a'))
  t.same(
    admitted.map(({ socket }) => socket.destroyed),
    [...Array(129).fill(false), true, true],
  )
  admitted[5].socket.destroy()
  t.same(
    [admit('a'), admit('a')].map(({ socket }) => socket.destroyed),
    [false, true],
  )
})

test('one that asks for nothing is cut after a while', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const admit = admission(1, 1)
  const [kept, excess] = [admit('a'), admit('a')]
  mock.timers.tick(4999)
  t.equal(excess.socket.destroyed, false)
  mock.timers.tick(1)
  t.equal(excess.socket.destroyed, true)
  mock.timers.tick(100_000)
  t.equal(kept.socket.destroyed, false)
})
