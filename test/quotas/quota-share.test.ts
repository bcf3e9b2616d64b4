import { test } from 'tap'
import { QuotaShare } from '../../src/quotas/quota-share.ts'

/** A share of a quota, of which so much was granted. */
function shareOf(limit: number, granted = 0, left = limit - granted): QuotaShare {
  const share = new QuotaShare('requests a', 5)
  share.limit = limit
  share.take(share.ask(), { granted, left }, 0)
  return share
}

test('without a limit there is always room, and nothing to ask for', async (t) => {
  const share = shareOf(0)
  t.same([share.room(true), share.room(false), share.spare, share.isLow], [Infinity, Infinity, 0, false])
})

test('alone it has all of the quota, and else what it was granted', async (t) => {
  const share = shareOf(100, 10)
  share.use(4, 77)
  share.held = 1
  t.same([share.room(true), share.room(false), share.spare, share.used, share.usedAt], [95, 5, 5, 4, 77])
  t.same([share.rest(true), share.rest(false)], [96, 96])
  const unasked = new QuotaShare('a', 1)
  unasked.limit = 10
  unasked.use(3, 0)
  t.same([unasked.rest(true), unasked.rest(false)], [7, 7])
  unasked.use(9, 0)
  t.same([unasked.rest(true), unasked.rest(false)], [0, 0])
})

test('what was held is used when it comes', async (t) => {
  const share = shareOf(100, 10)
  share.held = 6
  share.useHeld(4)
  t.same([share.held, share.used], [2, 4])
})

test('what is not enough is used up', async (t) => {
  const share = shareOf(100, 10)
  t.equal(share.exhaust(false, 50), false)
  t.same([share.room(false), share.used], [0, 10])
  t.equal(share.exhaust(true, 500), false)
  t.equal(share.used, 510)
})

test('it asks for what is needed and for a slice, and says what it owes', async (t) => {
  const share = shareOf(320)
  share.need = 3
  t.match(share.ask(), { key: 'requests a', minute: 5, limit: 320, owed: 0, need: 3, want: 10 })
  share.need = 30
  t.match(share.ask(), { need: 30, want: 30 })
  t.match(share.ask(), { owed: 0, need: 0, want: 10 })
  const half = shareOf(320, 4)
  half.need = 6
  t.match(half.ask(), { owed: 0, need: 2, want: 6 })
  half.use(11, 0)
  t.match(half.ask(), { owed: 7, need: 0, want: 10 }, 'while it was alone it used what nobody granted')
  t.equal(half.room(false), 0)
})

test('what is owed is owed again when nobody has heard of it', async (t) => {
  const share = shareOf(320, 4)
  share.use(9, 0)
  const ask = share.ask()
  t.equal(ask.owed, 5)
  share.fail(ask)
  t.equal(share.ask().owed, 5)
})

test('what is given back cannot be used, whether anybody heard of it or not; unless it is needed', async (t) => {
  const share = shareOf(320, 8)
  share.use(2, 0)
  share.isReturning = true
  const ask = share.ask()
  t.match(ask, { owed: -6, need: 0, want: 0 })
  share.fail(ask)
  t.equal(share.room(false), 0)
  const needed = shareOf(320, 8)
  needed.isReturning = true
  needed.need = 9
  t.match(needed.ask(), { owed: 0, need: 1, want: 2 })
  t.match(needed.ask(), { owed: 0, want: 2 }, 'it is not given back later, either')
})

test('a quota that is used up is not asked for again for a while', async (t) => {
  const share = shareOf(320)
  share.need = 5
  share.take(share.ask(), { granted: 4, left: 0 }, 1000)
  t.equal(share.spentUntil, 1250)
  share.need = 5
  share.take(share.ask(), { granted: 5, left: 0 }, 2000)
  t.equal(share.spentUntil, 1250)
})

test('it is low when half of a slice is gone, as long as there is something to be had', async (t) => {
  const share = shareOf(320, 10)
  share.use(5, 0)
  t.equal(share.isLow, false)
  share.use(1, 0)
  t.equal(share.isLow, true)
  share.isAsked = true
  t.equal(share.isLow, false)
  const last = shareOf(320, 1, 15)
  t.equal(last.isLow, false)
})
