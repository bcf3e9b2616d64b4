import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { Arrivals } from '../../src/wire/accept-burst.ts'
import { eventually } from '../eventually.ts'
import { fakeConnection } from './support.ts'

test('a connection that comes alone is read at once', async (t) => {
  const arrivals = new Arrivals(true)
  const { connection, socket } = fakeConnection()
  arrivals.take(connection)
  t.equal(arrivals.isComing, true)
  await setImmediate()
  await setImmediate()
  t.equal(arrivals.isComing, false)
  t.same(socket.did, [])
})

test('those that come one after the other are read when no more come, those of small clients first', async (t) => {
  const arrivals = new Arrivals(true)
  const order: string[] = []
  const all = ['a', 'b', 'c'].map((name) => {
    const fake = fakeConnection(name)
    fake.connection.share.connections = name === 'c' ? 1 : 2
    fake.socket.resume = () => order.push(name)
    return fake
  })
  for (const { connection, socket } of all) {
    arrivals.take(connection)
    await setImmediate()
    t.same(socket.did, connection.address === 'a' ? [] : ['pause'])
    t.equal(arrivals.isComing, true)
  }
  t.same(all[0].socket.did, ['pause'])
  t.ok(all.every(({ connection }) => connection.isResting))
  await setImmediate()
  t.equal(arrivals.isComing, false)
  await setImmediate()
  t.same(order, ['c', 'a', 'b'])
  t.ok(all.every(({ connection }) => !connection.isResting))
  arrivals.take(fakeConnection().connection)
  t.equal(arrivals.isComing, true, 'and so it begins again')
})

test('it does not go on for ever', async (t) => {
  const arrivals = new Arrivals(true, 20)
  const { connection, socket } = fakeConnection()
  arrivals.take(connection)
  // the test would not end
  while (!socket.did.includes('resume')) {
    arrivals.take(fakeConnection().connection)
    await setImmediate()
  }
  t.notOk(connection.isResting)
})

test('many are read on in several turns', async (t) => {
  const arrivals = new Arrivals(true)
  const all = Array.from({ length: 150 }, () => fakeConnection())
  for (const { connection } of all) arrivals.take(connection)
  const counts: number[] = []
  const readOn = () => all.filter(({ socket }) => socket.did.includes('resume')).length
  while (readOn() < 150) {
    await setImmediate()
    counts.push(readOn())
  }
  t.same(counts, [0, 0, 64, 128, 150])
})

test('others, too, are read later, those of small clients first', async (t) => {
  const arrivals = new Arrivals(false)
  const all = Array.from({ length: 100 }, (_, at) => fakeConnection(at < 60 ? 'many' : `${at}`))
  for (const { connection } of all.slice(0, 60)) connection.share.connections = 60
  arrivals.spread(all.map(({ connection }) => connection))
  t.ok(all.every(({ connection, socket }) => connection.isResting && socket.isPaused()))
  await setImmediate()
  const read = all.filter(({ connection, socket }) => !connection.isResting && !socket.isPaused())
  t.same([read.length, read.filter(({ connection }) => connection.address === 'many').length], [64, 24])
  await setImmediate()
  t.ok(all.every(({ connection, socket }) => !connection.isResting && !socket.isPaused()))
})

test('where they are not read yet anyway, they are only noted', async (t) => {
  const arrivals = new Arrivals(false)
  const all = [fakeConnection(), fakeConnection()]
  for (const { connection } of all) arrivals.take(connection)
  t.equal(arrivals.isComing, true)
  t.ok(await eventually(() => !arrivals.isComing))
  t.same(
    all.flatMap(({ socket }) => socket.did),
    [],
  )
})
