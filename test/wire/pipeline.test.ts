import type { RequestListener } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { makeLast, readInTurn, readOn, rest, Turns } from '../../src/wire/pipeline.ts'
import type { Connection } from '../../src/wire/table.ts'
import { ConnectionTable } from '../../src/wire/table.ts'
import { fakeConnection, fakeTurn } from './support.ts'

interface Load {
  readonly isRefused?: () => boolean
  readonly isCrowded?: () => boolean
  readonly onSurge?: () => void
}

/** Turns whose requests are listed by name when they begin. */
function turns({ isRefused = () => false, isCrowded = () => false, onSurge = () => undefined }: Load = {}) {
  const begun: string[] = []
  const names = new Map<unknown, string>()
  const listener: RequestListener = (request, response) => {
    const name = names.get(request) ?? '?'
    begun.push(name)
    Object.assign(response, { writableEnded: isRefused() })
  }
  const all = new Turns(listener, isCrowded, onSurge)
  const take = (connection: Connection, name: string) => {
    const { turn, response } = fakeTurn()
    names.set(turn.request, name)
    all.take(connection, turn.request, turn.response)
    return response
  }
  return { all, begun, take }
}

test('requests of one connection are answered one after the other, those of others meanwhile', async (t) => {
  const { begun, take } = turns()
  const { connection, socket } = fakeConnection()
  const [first, second, third] = ['first', 'second', 'third'].map((name) => take(connection, name))
  take(fakeConnection().connection, 'other')
  t.same(begun, ['first', 'other'])
  t.equal(connection.turn?.response, first)
  t.same(socket.did, ['pause', 'pause'])
  first.emit('close')
  t.same(begun, ['first', 'other'], 'the event loop comes around first')
  await setImmediate()
  t.same(begun, ['first', 'other', 'second'])
  t.same(socket.did, ['pause', 'pause'], 'another one waits')
  second.emit('close')
  await setImmediate()
  t.same(socket.did, ['pause', 'pause', 'resume'])
  t.equal(begun.at(-1), 'third')
  third.emit('close')
  t.ok(connection.isIdle)
  t.equal(take(connection, 'fourth').shouldKeepAlive, true)
  t.equal(begun.at(-1), 'fourth')
})

test('a connection that is closed between two requests begins no other', async (t) => {
  const { begun, take } = turns()
  const { connection, socket } = fakeConnection()
  const first = take(connection, 'first')
  take(connection, 'second')
  first.emit('close')
  socket.destroy()
  await setImmediate()
  t.same(begun, ['first'])
})

test('at most 4096 requests wait beyond one of each connection', async (t) => {
  const { all, begun, take } = turns()
  const [many, one] = [fakeConnection(), fakeConnection()]
  for (let count = 0; count < 4097; count++) take(many.connection, 'many')
  t.equal(many.connection.waiting.length, 4096)
  all.hold()
  take(one.connection, 'one')
  t.equal(one.socket.destroyed, false, 'nobody is cut for what another sends')
  take(one.connection, 'one too many')
  t.equal(one.socket.destroyed, true)
  all.drop(one.connection)
  all.drop(many.connection)
  all.release()
  const { connection, socket } = fakeConnection()
  take(connection, 'begun')
  take(connection, 'waits')
  t.equal(socket.destroyed, false)
  t.same(begun, ['many', 'begun'])
})

test('what waits when the last answer was given, or comes later, is never begun', async (t) => {
  const { begun, take } = turns()
  const { connection } = fakeConnection()
  const first = take(connection, 'first')
  take(connection, 'second')
  connection.isEnding = true
  connection.lastWords = () => t.fail('it was said')
  first.emit('close')
  await setImmediate()
  take(connection, 'third')
  t.same([begun, connection.waiting], [['first'], []])
})

test('last words come after what waits', async (t) => {
  const { begun, take } = turns()
  const { connection } = fakeConnection()
  const [first, second] = [take(connection, 'first'), take(connection, 'second')]
  connection.lastWords = () => begun.push('last words')
  first.emit('close')
  await setImmediate()
  second.emit('close')
  t.same(begun, ['first', 'second', 'last words'])
})

test('requests are held, and go on', async (t) => {
  const { all, begun, take } = turns()
  const [busy, idle, gone] = [fakeConnection(), fakeConnection(), fakeConnection()]
  const first = take(busy.connection, 'first')
  all.hold()
  take(busy.connection, 'second')
  take(idle.connection, 'other')
  take(gone.connection, 'of one that left')
  all.drop(gone.connection)
  first.emit('close')
  await setImmediate()
  t.same(begun, ['first'])
  all.release()
  await setImmediate()
  t.same(begun.toSorted(), ['first', 'other', 'second'])
})

test('it is told once when a turn of the event loop brings 128 requests and ends', async (t) => {
  let surges = 0
  const { all, take } = turns({ onSurge: () => surges++ })
  const come = (number: number) => {
    for (let count = 0; count < number; count += 2) {
      take(fakeConnection().connection, 'one')
      all.count()
    }
  }
  come(126)
  t.equal(surges, 0)
  await setImmediate()
  come(126)
  t.equal(surges, 0, 'each turn counts by itself')
  come(100)
  t.equal(surges, 1)
  await setImmediate()
  for (let count = 0; count < 128; count++) all.count()
  t.equal(surges, 2, 'also where no request begins')
})

/** How many have begun after each of some turns of the event loop in which more did. */
async function counts(begun: readonly string[], rounds: number): Promise<number[]> {
  const counts = new Set([begun.length])
  for (let round = 0; round < rounds; round++) {
    await setImmediate()
    counts.add(begun.length)
  }
  return [...counts]
}

test('at most 16 requests begin in one turn of the event loop, and the others in the next', async (t) => {
  const { all, begun, take } = turns()
  for (let count = 0; count < 75; count++) take(fakeConnection().connection, 'one')
  const seen = await counts(begun, 10)
  t.equal(seen[0], 16)
  t.equal(seen.at(-1), 75)
  for (const [at, count] of seen.entries()) t.ok(count <= 16 * (at + 1), `${count}`)

  for (let count = 0; count < 17; count++) take(fakeConnection().connection, 'one')
  all.hold()
  await setImmediate()
  await setImmediate()
  t.equal(begun.length, 91, 'what waits is held with the others')
  all.release()
  await setImmediate()
  t.equal(begun.length, 92)
})

test('fewer begin where they are refused at once', async (t) => {
  const { begun, take } = turns({ isRefused: () => true })
  for (let count = 0; count < 20; count++) take(fakeConnection().connection, 'one')
  const seen = await counts(begun, 20)
  t.equal(seen[0], 4)
  t.equal(seen.at(-1), 20)
  for (const [at, count] of seen.entries()) t.ok(count <= 4 * (at + 1), `${count}`)
})

test('none begins while there is enough to do, and a newcomer waits behind those who wait', async (t) => {
  let isCrowded = true
  const { begun, take } = turns({ isCrowded: () => isCrowded })
  const [first, second] = [fakeConnection(), fakeConnection()]
  take(first.connection, 'first')
  for (let round = 0; round < 5; round++) await setImmediate()
  t.same([begun, first.socket.did], [[], ['pause']], 'and no more is read of it')
  isCrowded = false
  take(second.connection, 'second')
  for (let round = 0; round < 5; round++) await setImmediate()
  t.same(begun, ['first', 'second'])
  t.same(first.socket.did, ['pause', 'resume'], 'read on')
})

test('those who wait begin in turn, one of each address', async (t) => {
  let isCrowded = true
  const { begun, take } = turns({ isCrowded: () => isCrowded })
  const many = Array.from({ length: 300 }, () => fakeConnection().connection)
  for (const connection of many) take(Object.assign(connection, { share: many[0].share }), 'many')
  const { connection } = fakeConnection()
  const answer = take(connection, 'other')
  take(connection, 'pipelined')
  isCrowded = false
  for (let round = 0; round < 3; round++) await setImmediate()
  t.same(begun.slice(0, 4), ['many', 'other', 'many', 'many'])
  answer.emit('close')
  for (let round = 0; round < 3; round++) await setImmediate()
  t.ok(begun.includes('pipelined'), 'others who came before still wait')
  t.ok(begun.length < 200, `${begun.length}`)
})

test('nothing is read while requests wait', async (t) => {
  const connection = new ConnectionTable().add(new Socket())
  const { socket } = connection
  readInTurn(connection)
  socket.pause()
  connection.waiting.push(fakeTurn().turn)
  t.equal(socket.resume(), socket)
  t.equal(socket.isPaused(), true)
  connection.isEnding = true
  t.equal(socket.resume().isPaused(), false, 'what follows the last answer is read past')
  socket.pause()
  Object.assign(connection, { isEnding: false, waiting: [], isResting: true })
  t.equal(socket.resume().isPaused(), true, 'or while the connection rests')
  connection.isResting = false
  t.equal(socket.resume().isPaused(), false)
})

test('the next answer of a connection made last says so', async (t) => {
  const { take } = turns()
  const [idle, busy, late] = [fakeConnection(), fakeConnection(), fakeConnection()]
  makeLast(idle.connection)
  t.equal(take(idle.connection, 'next').shouldKeepAlive, false)
  const response = take(busy.connection, 'under way')
  makeLast(busy.connection)
  t.equal(response.shouldKeepAlive, false)
  const begun = take(late.connection, 'headers are sent')
  begun.headersSent = true
  makeLast(late.connection)
  t.equal(begun.shouldKeepAlive, true)
})

test('a connection that rests is not read, whoever asks for it', async (t) => {
  const connection = new ConnectionTable().add(new Socket())
  readInTurn(connection)
  rest(connection)
  t.equal(connection.socket.resume().isPaused(), true)
  readOn(connection)
  t.equal(connection.socket.isPaused(), false)
})
