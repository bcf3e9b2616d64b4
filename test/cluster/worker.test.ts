import { EventEmitter } from 'node:events'
import { test } from 'tap'
import type { ToPrimary } from '../../src/cluster/messages.ts'
import { WorkerLink } from '../../src/cluster/worker.ts'
import { eventually } from '../eventually.ts'

class Channel extends EventEmitter {
  readonly sent: ToPrimary[] = []

  send(message: ToPrimary, done: () => void): void {
    this.sent.push(message)
    done()
  }
}

const lines: string[] = []
const log = { error: (_fields: unknown, message?: string) => lines.push(String(message)) }

test('it asks the primary, and waits for the answer', async (t) => {
  const channel = new Channel()
  const link = new WorkerLink(channel, log)
  const mayStop = link.mayStop()
  channel.emit('message', { answer: 'mayStop', isLast: true })
  t.equal(await mayStop, true)
  const trip = link.trip()
  const stopped = link.stopped()
  channel.emit('message', { answer: 'stopped', isLast: false })
  t.equal(await stopped, undefined)
  channel.emit('message', { answer: 'trip', isLast: false })
  t.equal(await trip, undefined)
  link.leave()
  t.same(channel.sent, [{ question: 'mayStop' }, { question: 'trip' }, { question: 'stopped' }, { isLeaving: true }])
})

test('it ends when it is told to, and not at a signal', async (t) => {
  const channel = new Channel()
  const link = new WorkerLink(channel, log)
  channel.emit('message', { close: { delayMs: 1, isAll: false } })
  channel.emit('message', { answer: 'mayStop', isLast: false })
  const orders: unknown[] = []
  const close = (order: unknown) => orders.push(order)
  link.onClose(close, () => orders.push('unready'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) t.ok(channel.emit(signal), 'somebody listens')
  t.same([orders, channel.sent], [[], []])
  channel.emit('message', { close: { delayMs: 5, isAll: true } })
  t.same(orders, ['unready', { delayMs: 5, isAll: true }])
})

test('it ends once, whoever began, and hears all the same that the others end, too', async (t) => {
  for (const begin of ['order', 'leave']) {
    const channel = new Channel()
    const link = new WorkerLink(channel, log)
    const orders: string[] = []
    link.onClose(
      () => orders.push('close'),
      () => orders.push('unready'),
    )
    if (begin === 'leave') link.leave()
    else channel.emit('message', { close: { delayMs: 5, isAll: false } })
    const before = begin === 'leave' ? [] : ['close']
    t.same(orders, before)
    channel.emit('message', { close: { delayMs: 0, isAll: true } })
    t.same(orders, [...before, 'unready'])
  }
})

test('quotas are asked for at the primary, which may answer in any order', async (t) => {
  const channel = new Channel()
  const { ledger } = new WorkerLink(channel, log)
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

test('it sends its metrics when it is asked, and asks for those of all', async (t) => {
  const channel = new Channel()
  const link = new WorkerLink(channel, log)
  channel.emit('message', { wantsSnapshot: true })
  await link.sendMetrics()
  t.same(channel.sent, [], 'it has none yet')
  link.onMetrics(async () => [])
  channel.emit('message', { wantsSnapshot: true })
  t.ok(await eventually(() => channel.sent.length === 1))
  await link.sendMetrics()
  const scrape = link.scrape()
  t.match(channel.sent, [{ snapshot: [] }, { snapshot: [] }, { number: 0, needs: 'metrics' }])
  channel.emit('message', { number: 0, metrics: 'all' })
  t.equal(await scrape, 'all')
  const alone = new WorkerLink(new EventEmitter(), log)
  alone.onMetrics(async () => [])
  t.equal(await alone.sendMetrics(), undefined, 'whose primary has gone')
})

test('what the primary cannot answer fails, and metrics that cannot be collected end nothing', async (t) => {
  const channel = new Channel()
  const link = new WorkerLink(channel, log)
  const needs: Promise<unknown>[] = [link.ledger.take([]), link.scrape()]
  for (const number of [0, 1]) channel.emit('message', { number, failure: 'out of memory' })
  for (const need of needs) await t.rejects(need, { message: 'the primary process cannot answer: out of memory' })
  const confused = link.scrape()
  channel.emit('message', { number: 2, grants: [] })
  await t.rejects(confused, { message: 'another answer' })
  link.onMetrics(() => Promise.reject(new Error('no metrics')))
  channel.emit('message', { wantsSnapshot: true })
  t.ok(await eventually(() => lines.length === 1))
  t.same(lines, ['cannot collect the metrics of this worker'])
})
