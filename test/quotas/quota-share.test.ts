import { test } from 'tap'
import { QuotaShare } from '../../src/quotas/quota-share.ts'

/** A share of a quota, of which so much was granted. */
function shareOf(limit: number, granted = 0, left = limit - granted): QuotaShare {
  const share = new QuotaShare('requests a', 5)
  share.limit = limit
  share.take(share.ask(), { granted, left }, 0)
  return share
}

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

test('a quota that is lifted has nothing to give back', async (t) => {
  const share = shareOf(320, 8)
  t.equal(share.spare, 8)
  share.limit = 0
  t.equal(share.spare, 0)
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

test('what is left: of the whole while nobody shares it, else of what was granted here and what others left', async (t) => {
  const share = shareOf(320, 8, 100)
  share.use(3, 0)
  t.equal(share.rest(false), 5 + 100)
  t.equal(share.rest(true), 317)
  share.use(8, 0)
  t.equal(share.rest(false), 100, 'what is owed is not taken from the others')
  const unasked = new QuotaShare('requests a', 5)
  unasked.limit = 320
  unasked.use(3, 0)
  t.equal(unasked.rest(false), 317)
})
