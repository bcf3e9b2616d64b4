import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import { test } from 'tap'
import type { Ask, Grant, Ledger } from '../../src/quotas/ledger.ts'
import { MemoryLedger } from '../../src/quotas/memory-ledger.ts'
import type { QuotaTimes } from '../../src/quotas/quotas.ts'
import { Quotas } from '../../src/quotas/quotas.ts'
import { eventually } from '../eventually.ts'

/** A ledger that can be broken, and tells what it was asked. */
class TestLedger implements Ledger {
  readonly #inner = new MemoryLedger()
  readonly asks: Ask[] = []
  messages = 0
  isClosed = false
  failure: Error | undefined
  /** What answers wait for. */
  hold: Promise<void> | undefined

  async take(asks: readonly Ask[]): Promise<readonly Grant[]> {
    this.messages++
    this.asks.push(...asks)
    await this.hold
    if (this.failure !== undefined) throw this.failure
    return this.#inner.take(asks)
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

const quota = { requestsPerMinute: 64, bytesPerMinute: 0 }
const bytes = { requestsPerMinute: 0, bytesPerMinute: 6400 }

/** Processes that share a ledger, under a clock of their own. */
function company(t: Test, processes: number, times: Partial<QuotaTimes> = {}) {
  const ledger = new TestLedger()
  const clock = { now: 120_000 }
  const lines: string[] = []
  const log = {
    warn: (_fields: object, message: string) => lines.push(message),
    info: (message: string) => lines.push(message),
  }
  const all = Array.from({ length: processes }, () => {
    // nothing is given back unless the test says so
    const quotas = new Quotas(ledger, log, { now: () => clock.now, patience: 60_000, idle: 60_000, ...times })
    t.teardown(() => quotas.close())
    return quotas
  })
  return { ledger, clock, lines, all }
}

/** How many of so many requests are admitted. */
async function admitted(quotas: Quotas, requests: number, client = 'a'): Promise<number> {
  let count = 0
  for (let at = 0; at < requests; at++) if ((await quotas.admit(client, quota, 0)) === undefined) count++
  return count
}

test('what is sent counts until the next minute of the clock', async (t) => {
  let now = 120_000
  const quotas = new Quotas(undefined, undefined, { now: () => now })
  const few = { requestsPerMinute: 2, bytesPerMinute: 10 }
  t.equal(quotas.admit('a', few, 0), undefined)
  t.equal(quotas.draw('a', 10, 4), true)
  t.same([quotas.left('a'), quotas.size, quotas.secondsLeft], [{ requests: 1, bytes: 6 }, 1, 60])
  now = 179_999
  t.equal(quotas.admit('a', few, 0), undefined)
  t.equal(quotas.admit('a', few, 0), 'requestsPerMinute')
  t.equal(quotas.admit('b', few, 0), undefined)
  t.equal(quotas.draw('a', 10, 7), false)
  t.same([quotas.left('a'), quotas.secondsLeft], [{ requests: 0, bytes: 0 }, 1])
  now = 180_000
  t.equal(quotas.admit('a', few, 0), undefined)
  t.same([quotas.left('a'), quotas.size], [{ requests: 1, bytes: 10 }, 1])
  await quotas.close()
})

test('bytes that are declared are held until they come, and cannot be promised twice', async (t) => {
  const quotas = new Quotas(undefined, undefined, { now: () => 0 })
  const few = { requestsPerMinute: 0, bytesPerMinute: 10 }
  t.equal(quotas.admit('a', few, 8), undefined)
  t.equal(quotas.admit('a', few, 3), 'bytesPerMinute')
  t.equal(quotas.admit('a', few, 2), undefined)
  t.equal(quotas.admit('a', few, 0), 'bytesPerMinute', 'nor anything, when all is promised')
  quotas.of('a').bytes.held -= 8
  t.equal(quotas.admit('a', few, 0), undefined)
})

test('however many clients there are, memory is bounded', async (t) => {
  const quotas = new Quotas(undefined, undefined, { now: () => 0 })
  for (let client = 0; client < 150_000; client++) quotas.admit(`client ${client}`, quota, 0)
  t.equal(quotas.size, 100_000)
  t.same(quotas.left('client 149999').requests, 63)
})

test('several processes admit together what one would, whatever comes to which', async (t) => {
  for (const shares of [[1], [1, 1], [5, 1], [1, 0, 7], [64, 1], [3, 3, 3, 3]]) {
    const { all } = company(t, shares.length)
    let sum = 0
    for (let round = 0; round < 200; round++) {
      for (const [at, share] of shares.entries()) sum += await admitted(all[at], share)
    }
    t.equal(sum, 64, JSON.stringify(shares))
  }
})

test('requests that come at once share a message, and are admitted as far as there is room', async (t) => {
  const { all, ledger } = company(t, 2)
  const results = await Promise.all(Array.from({ length: 100 }, (_, at) => all[at % 2].admit('a', quota, 0)))
  t.equal(results.filter((spent) => spent === undefined).length, 64)
  t.equal(results.filter((spent) => spent === 'requestsPerMinute').length, 36)
  t.equal(ledger.messages, 2)
})

test('within a slice nobody is asked, and the next one is asked for in time', async (t) => {
  const { all, ledger } = company(t, 1)
  const many = { requestsPerMinute: 32_000, bytesPerMinute: 0 }
  t.ok(all[0].admit('a', many, 0) instanceof Promise, 'the first one waits')
  t.ok(await eventually(() => all[0].of('a').requests.spare === 999))
  const within = Array.from({ length: 499 }, () => all[0].admit('a', many, 0))
  t.ok(within.every((spent) => spent === undefined))
  t.equal(ledger.messages, 1)
  t.equal(all[0].admit('a', many, 0), undefined)
  t.ok(await eventually(() => all[0].of('a').requests.spare > 999 - 500), 'without a wait')
  t.equal(ledger.messages, 2)
  t.equal(all[0].left('a').requests, 32_000 - 501)
})

test('who is refused is refused at once, and asked for again after a while', async (t) => {
  const { all, ledger, clock } = company(t, 2)
  t.equal(await admitted(all[0], 64), 64)
  t.equal(await admitted(all[1], 1), 0)
  const { messages } = ledger
  const refusals = Array.from({ length: 1000 }, () => all[1].admit('a', quota, 0))
  t.ok(refusals.every((spent) => spent === 'requestsPerMinute'))
  t.equal(ledger.messages, messages)
  t.equal(all[1].left('a').requests, 0)
  clock.now += 250
  t.equal(await all[1].admit('a', quota, 0), 'requestsPerMinute')
  t.equal(ledger.messages, messages + 1)
})

test('what is not used is given back, and another process may use it', async (t) => {
  const { all, clock } = company(t, 2, { idle: 5 })
  const many = { requestsPerMinute: 640, bytesPerMinute: 0 }
  t.equal(await all[0].admit('idle', many, 0), undefined)
  t.equal(all[0].of('idle').requests.spare, 19)
  t.equal(await all[0].admit('over', many, 0), undefined)
  const { requests } = all[0].of('idle')
  clock.now += 5
  t.ok(await eventually(() => requests.spare === 0))
  let count = 0
  const one = { requestsPerMinute: 640, bytesPerMinute: 0 }
  while ((await all[1].admit('idle', one, 0)) === undefined) count++
  t.equal(count, 639)
  t.equal(await all[0].admit('late', many, 0), undefined)
  const late = all[0].of('late').requests
  clock.now += 60_000
  t.equal(await all[0].admit('late', many, 0), undefined, 'a new minute')
  t.equal(late.spare, 19, 'what was of the last minute is nobody’s')
})

test('at the end what is not used is given back', async (t) => {
  const { all, ledger } = company(t, 2)
  const many = { requestsPerMinute: 640, bytesPerMinute: 0 }
  t.equal(await all[0].admit('a', many, 0), undefined)
  await all[0].close()
  t.match(ledger.asks.at(-1), { owed: -19 })
  t.ok(ledger.isClosed)
})

test('a ledger that does not answer holds up neither requests nor the end', async (t) => {
  const { all, ledger, lines, clock } = company(t, 2, { patience: 20, retry: 500 })
  const held = Promise.withResolvers<void>()
  ledger.hold = held.promise
  t.equal(await admitted(all[0], 100), 64, 'each counts for itself')
  t.equal(await admitted(all[1], 100), 64)
  t.same(lines, Array(2).fill('quotas are not shared: this process counts on its own'))
  const { messages } = ledger
  t.equal(await all[0].admit('a', quota, 0), 'requestsPerMinute')
  t.equal(ledger.messages, messages, 'it is not tried all the time')
  const closing = performance.now()
  await all[1].close()
  t.ok(performance.now() - closing < 10_000)
  // what was asked stays without an answer for ever, and what is asked now has one
  ledger.hold = undefined
  clock.now += 500
  t.equal(await all[0].admit('a', quota, 0), 'requestsPerMinute')
  t.ok(await eventually(() => lines.includes('quotas are shared by all processes again')))
  const left = all[0].left('b')
  held.resolve()
  await setImmediate()
  t.same(all[0].left('b'), left, 'a late answer counts no more')
})

test('what was used while a ledger failed counts when it is back', async (t) => {
  const { all, ledger, lines, clock } = company(t, 2, { retry: 500 })
  t.equal(await admitted(all[0], 10), 10)
  ledger.failure = new Error('gone')
  t.equal(await admitted(all[0], 20), 20)
  t.equal(await admitted(all[0], 5, 'b'), 5)
  t.same(lines, ['quotas are not shared: this process counts on its own'])
  const { messages } = ledger
  clock.now += 499
  t.equal(await admitted(all[0], 1), 1)
  t.equal(ledger.messages, messages, 'it is not tried all the time')
  clock.now += 1
  t.equal(await admitted(all[0], 1), 1)
  t.ok(await eventually(() => ledger.messages === messages + 1))
  t.equal(lines.length, 1, 'it is told once')
  ledger.failure = undefined
  clock.now += 500
  t.equal(await admitted(all[0], 1), 1)
  t.ok(await eventually(() => lines.length === 2))
  t.equal(lines[1], 'quotas are shared by all processes again')
  t.equal((await admitted(all[1], 64)) + (await admitted(all[0], 64)), 64 - 33)
})

test('bytes that nobody declared are drawn from what is left, and wait for a slice of it', async (t) => {
  const { all } = company(t, 2)
  t.equal(await all[0].admit('a', bytes, 100), undefined)
  t.equal(all[0].draw('a', 6400, 90), true)
  const waiting = all[0].draw('a', 6400, 1000)
  t.ok(waiting instanceof Promise)
  t.equal(await waiting, true)
  t.equal(await all[1].draw('a', 6400, 5000), true)
  t.equal(await all[1].draw('a', 6400, 500), false)
  t.equal(await all[0].draw('a', 6400, 500), false)
  t.equal(all[0].draw('a', 6400, 1), false, 'nothing is left then')
  const failing = company(t, 1)
  failing.ledger.failure = new Error('gone')
  t.equal(await failing.all[0].draw('a', 6400, 6000), true)
  t.equal(failing.all[0].draw('a', 6400, 600), false)
})

test('a minute may end while somebody waits', async (t) => {
  const { all, ledger, clock } = company(t, 1)
  const held = Promise.withResolvers<void>()
  ledger.hold = held.promise
  const requests = Promise.resolve(all[0].admit('a', quota, 0))
  const drawn = Promise.resolve(all[0].draw('b', 6400, 100))
  t.ok(await eventually(() => ledger.messages === 1))
  clock.now += 60_000
  held.resolve()
  t.same([await requests, await drawn], [undefined, true])
  t.same(all[0].left('a').requests, 63)
})
