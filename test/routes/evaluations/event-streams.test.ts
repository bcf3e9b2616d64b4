import { test } from 'tap'
import { anonymous } from '../../../src/access/authenticator.ts'
import { EventStreams } from '../../../src/routes/evaluations/event-streams.ts'

test('an address that has many streams makes room for others, and its newest goes', async (t) => {
  const streams = new EventStreams(8)
  const cut: string[] = []
  const open = (address: string, name: string) =>
    streams.hasRoom(anonymous, address) && streams.open(anonymous, address, () => cut.push(name))
  for (let at = 0; at < 8; at++) t.ok(open('a', `a${at}`))
  t.notOk(open('a', 'one more'))
  for (let at = 0; at < 3; at++) t.ok(open('b', `b${at}`), `the stream ${at} of another`)
  t.same(cut, ['a7', 'a6', 'a5'])
  t.notOk(open('b', 'b3'), 'it has more than half as many')
  t.ok(open('c', 'c0'))
  t.same(cut, ['a7', 'a6', 'a5', 'a4'])
})

test('the address that has most makes room, whenever it came', async (t) => {
  const streams = new EventStreams(8)
  const cut: string[] = []
  for (const [at, address] of ['b', 'a', 'a', 'a', 'b', 'a', 'a', 'a'].entries())
    t.ok(streams.hasRoom(anonymous, address) && streams.open(anonymous, address, () => cut.push(`${address}${at}`)))
  t.ok(streams.hasRoom(anonymous, 'c'))
  t.same(cut, ['a7'])
})

test('an owner has at most half, from whatever addresses', async (t) => {
  const streams = new EventStreams(4)
  const close = streams.open('o', 'a', () => undefined)
  streams.open('o', 'b', () => undefined)
  t.notOk(streams.hasRoom('o', 'c'))
  t.ok(streams.hasRoom('p', 'a'))
  close()
  t.ok(streams.hasRoom('o', 'c'))
})
