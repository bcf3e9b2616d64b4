import { EventEmitter } from 'node:events'
import { test } from 'tap'
import type { ToPrimary } from '../../src/cluster/messages.ts'
import { Membership } from '../../src/cluster/worker.ts'
import { eventually } from '../eventually.ts'

class Channel extends EventEmitter {
  readonly sent: ToPrimary[] = []

  send(message: ToPrimary, done: () => void): void {
    this.sent.push(message)
    done()
  }
}

test('it asks the primary, and waits for the answer', async (t) => {
  const channel = new Channel()
  const membership = new Membership(channel)
  const turn = membership.turn()
  channel.emit('message', { answer: 'turn', isLast: true })
  t.equal(await turn, true)
  const trip = membership.trip()
  const stopped = membership.stopped()
  channel.emit('message', { answer: 'stopped', isLast: false })
  t.equal(await stopped, undefined)
  channel.emit('message', { answer: 'trip', isLast: false })
  t.equal(await trip, undefined)
  membership.leave()
  t.same(channel.sent, [{ question: 'turn' }, { question: 'trip' }, { question: 'stopped' }, { isLeaving: true }])
})

test('it ends when it is told to, and not at a signal', async (t) => {
  const channel = new Channel()
  const membership = new Membership(channel)
  channel.emit('message', { close: { delayMs: 1, isAll: false } })
  channel.emit('message', { answer: 'turn', isLast: false })
  const orders: unknown[] = []
  const close = (order: unknown) => orders.push(order)
  membership.onClose(close, () => orders.push('unready'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) t.ok(channel.emit(signal), 'somebody listens')
  t.same([orders, channel.sent], [[], []])
  channel.emit('message', { close: { delayMs: 5, isAll: true } })
  t.same(orders, ['unready', { delayMs: 5, isAll: true }])
})

test('it ends once, whoever began, and hears all the same that the others end, too', async (t) => {
  for (const begin of ['order', 'leave']) {
    const channel = new Channel()
    const membership = new Membership(channel)
    const orders: string[] = []
    membership.onClose(
      () => orders.push('close'),
      () => orders.push('unready'),
    )
    if (begin === 'leave') membership.leave()
    else channel.emit('message', { close: { delayMs: 5, isAll: false } })
    const before = begin === 'leave' ? [] : ['close']
    t.same(orders, before)
    channel.emit('message', { close: { delayMs: 0, isAll: true } })
    t.same(orders, [...before, 'unready'])
  }
})

test('quotas are asked for at the primary, which may answer in any order', async (t) => {
  const channel = new Channel()
  const { ledger } = new Membership(channel)
  const ask = { key: 'a', minute: 1, limit: 5, owed: 0, need: 1, want: 2 }
  const first = ledger.take([ask])
  const second = ledger.take([{ ...ask, key: 'b' }])
  t.match(channel.sent, [{ asks: [{ key: 'a' }] }, { asks: [{ key: 'b' }] }])
  const [one, two] = channel.sent as { number: number }[]
  channel.emit('message', { number: two.number, grants: [{ granted: 2, left: 3 }] })
  channel.emit('message', { number: two.number, grants: [{ granted: 9, left: 9 }] })
  channel.emit('message', { number: one.number, grants: [{ granted: 1, left: 0 }] })
  t.same([await first, await second], [[{ granted: 1, left: 0 }], [{ granted: 2, left: 3 }]])
  t.equal(await ledger.close(), undefined)
})

test('it tells its metrics when it is asked, and asks for those of all', async (t) => {
  const channel = new Channel()
  const membership = new Membership(channel)
  channel.emit('message', { wantsMetrics: true })
  await membership.tellMetrics()
  t.same(channel.sent, [], 'it has none yet')
  membership.onMetrics(async () => [])
  channel.emit('message', { wantsMetrics: true })
  t.ok(await eventually(() => channel.sent.length === 1))
  await membership.tellMetrics()
  const scrape = membership.scrape()
  t.match(channel.sent, [{ metrics: [] }, { metrics: [] }, { scrape: Number }])
  channel.emit('message', { scrape: (channel.sent[2] as { scrape: number }).scrape, text: 'all' })
  t.equal(await scrape, 'all')
  const alone = new Membership(new EventEmitter())
  alone.onMetrics(async () => [])
  t.equal(await alone.tellMetrics(), undefined, 'whose primary has gone')
})
