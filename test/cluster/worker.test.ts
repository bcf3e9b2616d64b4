import { EventEmitter } from 'node:events'
import { test } from 'tap'
import type { ToPrimary } from '../../src/cluster/messages.ts'
import { Membership } from '../../src/cluster/worker.ts'

class Channel extends EventEmitter {
  readonly sent: ToPrimary[] = []

  send(message: ToPrimary): void {
    this.sent.push(message)
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
