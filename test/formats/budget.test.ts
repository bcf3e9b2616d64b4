import fc from 'fast-check'
import { test } from 'tap'
import type { Account, Holder } from '../../src/formats/budget.ts'
import { MemoryBudget } from '../../src/formats/budget.ts'
import { Overloaded } from '../../src/formats/errors.ts'
import { LimitExceeded } from '../../src/loss/validation-errors.ts'
import { Collector } from '../../src/runtime/collector.ts'
import { freeBytes, outcomeOf } from './support.ts'

/** A request that gives way as it is told. */
class Party implements Holder {
  readonly owner: string
  isStalled = false
  reason: Error | undefined
  readonly account: Account

  constructor(budget: MemoryBudget, owner: string) {
    this.owner = owner
    this.account = budget.open(this)
  }

  giveWay(reason: Error): void {
    this.reason = reason
    this.account.close()
  }
}

/** A request that has used up what is free. */
function partyOf(budget: MemoryBudget, owner: string, held = 0): Party {
  const party = new Party(budget, owner)
  party.account.reserve(freeBytes + held)
  return party
}

function isOverloaded(error: unknown): boolean {
  return error instanceof Overloaded && error.message === 'Too many bytes of requests are in flight.'
}

test('an account costs the budget what goes beyond its first 64 KiB', async (t) => {
  const budget = new MemoryBudget(1000)
  const { account } = new Party(budget, 'a')
  const steps: [number, number][] = [
    [freeBytes, 0],
    [1, 1],
    [999, 1000],
    [-500, 500],
    [-501, 0],
    [1, 0],
    [100, 100],
    [-freeBytes - 100, 0],
  ]
  for (const [bytes, held] of steps) {
    if (bytes > 0) account.reserve(bytes)
    else account.release(-bytes)
    t.same([budget.held, account.charged], [held, held], `${bytes}`)
  }
  t.equal(budget.capacity, 1000)
})

test('more than there can ever be is refused for good', async (t) => {
  const budget = new MemoryBudget(1000)
  const { account } = partyOf(budget, 'a', 600)
  const other = partyOf(budget, 'b', 300)
  other.isStalled = true
  for (const bytes of [401, 2 ** 40]) {
    const error = outcomeOf(() => account.reserve(bytes))
    t.ok(error instanceof LimitExceeded)
    const { limit, allowed, path, message } = error as LimitExceeded
    const detail = 'This request alone needs more memory than maxInFlightBytes, 1000 bytes.'
    t.same([limit, allowed, path, message], ['maxInFlightBytes', 1000, [], detail])
  }
  t.equal(other.reason, undefined, 'nobody gives way to what cannot be')
  t.equal(budget.held, 900)
  account.reserve(100)
  t.equal(budget.held, 1000)
})

test('more than there is now is refused, and what was held is free at once for those who ask next', async (t) => {
  const budget = new MemoryBudget(1000)
  const first = partyOf(budget, 'a', 500)
  const second = partyOf(budget, 'b', 500)
  const error = outcomeOf(() => first.account.reserve(1))
  t.ok(isOverloaded(error))
  t.same([first.reason, second.reason, budget.held], [error, undefined, 500])
  second.account.reserve(500)
  t.equal(budget.held, 1000)
  second.account.release(600)
  t.equal(budget.held, 400)
})

test('what waits for its client gives way, the newest first, and only as far as is needed', async (t) => {
  const budget = new MemoryBudget(1000)
  const stalled = ['a', 'b', 'c'].map((owner) => partyOf(budget, owner, 200))
  const active = partyOf(budget, 'd', 400)
  for (const party of stalled) party.isStalled = true
  const { account } = partyOf(budget, 'a')
  account.reserve(300)
  t.same(
    [...stalled, active].map(({ reason }) => reason !== undefined),
    [false, true, true, false],
  )
  t.ok(isOverloaded(stalled[2].reason))
  t.equal(budget.held, 900)

  t.ok(isOverloaded(outcomeOf(() => account.reserve(600))), 'the last one that waits is not enough')
  t.same([stalled[0].reason === undefined, active.reason, budget.held], [false, undefined, 400])
})

test('a request that waits makes no room for itself', async (t) => {
  const budget = new MemoryBudget(1000)
  const party = partyOf(budget, 'a', 500)
  party.isStalled = true
  const other = partyOf(budget, 'b', 500)
  t.ok(isOverloaded(outcomeOf(() => party.account.reserve(1))))
  t.same([other.reason, budget.held], [undefined, 500])
})

test('an owner with more than half gives way to one who would have at most half', async (t) => {
  const budget = new MemoryBudget(1000)
  const greedy = [300, 300, 300].map((held) => partyOf(budget, 'greedy', held))
  const modest = partyOf(budget, 'modest', 100)
  modest.account.reserve(200)
  t.same(
    greedy.map(({ reason }) => reason !== undefined),
    [false, false, true],
    'the newest of them',
  )
  t.ok(isOverloaded(greedy[2].reason))
  t.equal(budget.held, 900)

  // 300 are held; 200 more make half of all, and one of 600 gives way
  modest.account.reserve(200)
  t.same(
    greedy.map(({ reason }) => reason !== undefined),
    [false, true, true],
  )
  t.equal(budget.held, 800)
  t.ok(isOverloaded(outcomeOf(() => modest.account.reserve(201))), 'more than half is not modest')
  t.equal(greedy[0].reason, undefined, 'nor has the other more than half')
})

test('what an owner holds is known to the last byte', async (t) => {
  const budget = new MemoryBudget(1000)
  partyOf(budget, 'greedy', 1)
  partyOf(budget, 'greedy', 300).account.close()
  const greedy = partyOf(budget, 'greedy', 500)
  partyOf(budget, 'modest', 499).account.reserve(1)
  t.ok(isOverloaded(greedy.reason), '501 are more than half')
})

test('an owner who would have more than half takes nothing from others', async (t) => {
  const budget = new MemoryBudget(1000)
  const greedy = [300, 300].map((held) => partyOf(budget, 'greedy', held))
  const wanting = partyOf(budget, 'wanting', 400)
  t.ok(isOverloaded(outcomeOf(() => wanting.account.reserve(101))))
  t.same(
    greedy.map(({ reason }) => reason),
    [undefined, undefined],
  )
})

test('requests of one owner do not give way to each other, nor small owners to a small one', async (t) => {
  const alone = new MemoryBudget(1000)
  const own = [400, 400, 200].map((held) => partyOf(alone, 'a', held))
  t.ok(isOverloaded(outcomeOf(() => own[2].account.reserve(1))))
  t.same(
    own.map(({ reason }) => reason !== undefined),
    [false, false, true],
  )

  const shared = new MemoryBudget(1000)
  const small = ['a', 'b', 'c'].map((owner) => partyOf(shared, owner, 320))
  t.ok(isOverloaded(outcomeOf(() => partyOf(shared, 'd', 41))))
  t.same(
    small.map(({ reason }) => reason),
    [undefined, undefined, undefined],
  )
  t.equal(shared.held, 960)
})

test('buffers are counted as far as they are in use', async (t) => {
  const budget = new MemoryBudget(1000)
  const { account } = partyOf(budget, 'a')
  const whole = account.allocate(100)
  const part = account.allocate(2 ** 20, 10)
  t.same([whole.byteLength, part.byteLength, budget.held], [100, 2 ** 20, 110])
  account.commit(part, 40)
  t.equal(budget.held, 150)
  t.ok(isOverloadedOrTooMuch(outcomeOf(() => account.commit(part, 851))))
  t.equal(budget.held, 150, 'what was refused is not counted')
  account.free(part)
  t.same([budget.held, part.detached], [100, true])
  account.free(whole)
  t.same([budget.held, whole.detached], [0, true])
  account.free(whole)
  account.commit(whole, 10)
  t.equal(budget.held, 0, 'what was freed is not known any more')
})

function isOverloadedOrTooMuch(error: unknown): boolean {
  return isOverloaded(error) || error instanceof LimitExceeded
}

test('a buffer that was handed on is not given back', async (t) => {
  const budget = new MemoryBudget(1e6)
  const { account } = new Party(budget, 'a')
  const buffers = [account.allocate(freeBytes + 100), account.allocate(500, 500, true)]
  const handedOn = buffers.map((buffer) => buffer.transfer())
  for (const buffer of buffers) account.free(buffer)
  t.equal(budget.held, 0)
  t.same(
    handedOn.map(({ byteLength }) => byteLength),
    [freeBytes + 100, 500],
  )
})

test('buffers of others are left alone', async (t) => {
  const budget = new MemoryBudget(1000)
  const [first, second] = ['a', 'b'].map((owner) => partyOf(budget, owner))
  const buffer = first.account.allocate(100)
  const foreign = new ArrayBuffer(8)
  for (const { account } of [second, new Party(budget, 'c')]) {
    for (const other of [buffer, foreign, new SharedArrayBuffer(8)]) account.free(other)
    account.commit(buffer, 8)
  }
  t.same([budget.held, buffer.detached, foreign.detached], [100, false, false])
})

test('as much as the budget may be allocated before it is in use', async (t) => {
  const budget = new MemoryBudget(1000)
  const [first, second] = ['a', 'b'].map((owner) => partyOf(budget, owner))
  const buffer = first.account.allocate(700, 100)
  t.same([second.account.canReserveAddressSpace(400), second.account.canReserveAddressSpace(401)], [true, false])
  second.account.allocate(100)
  t.equal(budget.canReserveAddressSpace(400), true, 'what is in use from the start is no promise')
  second.account.allocate(400, 0)
  t.equal(budget.canReserveAddressSpace(1), false)
  first.account.commit(buffer, 500)
  t.same([budget.canReserveAddressSpace(500), budget.canReserveAddressSpace(501)], [true, false])
  first.account.free(buffer)
  t.same([budget.canReserveAddressSpace(600), budget.canReserveAddressSpace(601)], [true, false])
  second.account.close()
  t.same([budget.canReserveAddressSpace(1000), budget.canReserveAddressSpace(1001)], [true, false])
  second.account.allocate(1000, 0)
  t.equal(budget.canReserveAddressSpace(1000), true, 'a closed account promises nothing')
})

test('a buffer that will be filled may be one that was freed, and counts wholly from the start', async (t) => {
  const size = 2 ** 17
  const budget = new MemoryBudget(64 * size)
  const { account } = partyOf(budget, 'a')
  const buffer = account.allocate(size, 0, true)
  t.equal(budget.held, 0)
  account.commit(buffer, 100)
  new Uint8Array(buffer).fill(7)
  account.free(buffer)
  t.same([budget.held, buffer.detached, budget.canReserveAddressSpace(64 * size)], [0, true, true])

  const zeroed = account.allocate(size, 0)
  t.equal(new Uint8Array(zeroed)[0], 0)
  const again = account.allocate(size, 0, true)
  t.equal(new Uint8Array(again)[0], 7)
  t.same(
    [budget.held, budget.canReserveAddressSpace(63 * size), budget.canReserveAddressSpace(64 * size)],
    [size, true, false],
  )
  account.commit(again, 100)
  t.equal(budget.held, size, 'it is counted already')

  account.free(zeroed)
  const fresh = account.allocate(size, size, true)
  t.equal(new Uint8Array(fresh)[0], 0, 'what others may read without filling it is not kept')
  account.close()
  t.same([budget.held, again.detached, fresh.detached], [0, true, true])
  const { account: other } = partyOf(budget, 'b')
  const marks = [1, 2, 3].map(() => new Uint8Array(other.allocate(size, 0, true))[0])
  t.same(marks.sort(), [0, 0, 7], 'those of a closed account are kept, too')
})

test('nobody makes room for a buffer that was kept, and few are', async (t) => {
  const size = 2 ** 17
  const budget = new MemoryBudget(16 * size)
  const { account } = partyOf(budget, 'a')
  for (const one of [1, 2].map(() => account.allocate(size, size, true))) {
    new Uint8Array(one).fill(7)
    account.free(one)
  }
  const other = partyOf(budget, 'b', 15 * size + 1)
  t.equal(new Uint8Array(account.allocate(size, 0, true))[0], 0)
  t.equal(budget.held, 15 * size + 1)
  other.account.release(size + 1)
  const marks = [1, 2].map(() => new Uint8Array(account.allocate(size, 0, true))[0])
  t.same(marks, [7, 0], 'a sixteenth of the budget')
})

test('a closed account holds nothing, and counts nothing any more', async (t) => {
  const budget = new MemoryBudget(1000)
  const other = partyOf(budget, 'b', 5)
  const { account } = partyOf(budget, 'a', 100)
  const buffers = [account.allocate(100), account.allocate(50, 0)]
  account.close()
  t.same([budget.held, buffers.map(({ detached }) => detached)], [5, [true, true]])
  account.reserve(2 ** 40)
  account.release(2 ** 40)
  const late = account.allocate(100)
  account.commit(late, 10)
  account.free(late)
  t.same([late.byteLength, late.detached, account.charged], [100, false, 0], 'it is not the account that holds it')
  account.close()
  t.equal(budget.held, 5)
  other.account.close()
  t.equal(budget.held, 0)
  const idle = new Party(budget, 'c')
  idle.account.close()
  t.equal(budget.held, 0)
})

test('the collector has what is kept given back', async (t) => {
  const size = 2 ** 17
  let free: (() => void) | undefined
  class Recorder extends Collector {
    override frees(given: () => void): void {
      free = given
    }
  }
  const { account } = partyOf(new MemoryBudget(64 * size, new Recorder()), 'a')
  const first = account.allocate(size, size, true)
  new Uint8Array(first).fill(7)
  account.free(first)
  free?.()
  t.equal(new Uint8Array(account.allocate(size, size, true))[0], 0)
})

const owners = ['a', 'b', 'c']
const capacity = 2 * freeBytes
const kinds = [
  'reserve',
  'reserve',
  'release',
  'allocate',
  'allocate',
  'commit',
  'free',
  'close',
  'open',
  'open',
  'stall',
]

/** What a request holds, as counted by hand. */
interface Expected {
  held: number
  isClosed: boolean
  readonly buffers: Map<ArrayBuffer, number>
}

test('the budget is always the sum of its accounts', async (t) => {
  const step = fc.record({
    kind: fc.constantFrom(...kinds),
    party: fc.nat(5),
    bytes: fc.oneof(fc.nat(1000), fc.nat(2 * freeBytes)),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  let wayGiven = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 200, size: 'max' }), (steps) => {
      const budget = new MemoryBudget(capacity)
      const open = (at: number) => {
        const party = new Party(budget, owners[at % owners.length])
        party.isStalled = at % 2 === 0
        return party
      }
      const fresh = (): Expected => ({ held: 0, isClosed: false, buffers: new Map() })
      const parties = Array.from({ length: 6 }, (_, at) => open(at))
      const expected = parties.map(fresh)
      for (const { kind, party: at, bytes, part } of steps) {
        const { account } = parties[at]
        const { buffers } = expected[at]
        const buffer = Array.from(buffers.keys())[bytes % Math.max(1, buffers.size)]
        const add = (more: number, into?: ArrayBuffer) => {
          if (expected[at].isClosed) return
          expected[at].held += more
          if (into !== undefined) buffers.set(into, (buffers.get(into) ?? 0) + more)
        }
        try {
          if (kind === 'reserve') {
            account.reserve(bytes)
            add(bytes)
          } else if (kind === 'release') {
            const loose = expected[at].held - Array.from(buffers.values()).reduce((sum, held) => sum + held, 0)
            account.release(Math.floor(part * loose))
            add(-Math.floor(part * loose))
          } else if (kind === 'allocate') {
            const committed = Math.floor(part * bytes)
            add(committed, account.allocate(bytes, committed))
          } else if (kind === 'commit' && buffer !== undefined) {
            account.commit(buffer, bytes)
            add(Math.min(bytes, buffer.byteLength - (buffers.get(buffer) ?? 0)), buffer)
          } else if (kind === 'free' && buffer !== undefined) {
            account.free(buffer)
            add(-(buffers.get(buffer) ?? 0))
            buffers.delete(buffer)
          } else if (kind === 'close') {
            account.close()
            expected[at] = { ...fresh(), isClosed: true }
          } else if (kind === 'open') {
            account.close()
            parties[at] = open(at)
            expected[at] = fresh()
          } else if (kind === 'stall') {
            parties[at].isStalled = part > 0.5
          }
        } catch (error) {
          if (!isOverloadedOrTooMuch(error)) throw error
        }
        for (const [index, { reason }] of parties.entries()) {
          if (reason === undefined) continue
          if (!expected[index].isClosed) wayGiven++
          expected[index] = { ...fresh(), isClosed: true }
        }
        const sum = expected.reduce((total, { held }) => total + Math.max(0, held - freeBytes), 0)
        if (budget.held !== sum || sum > capacity) return false
      }
      for (const { account } of parties) account.close()
      return budget.held === 0
    }),
    { seed: 9, numRuns: 300 },
  )
  t.ok(wayGiven > 50, `${wayGiven} requests gave way`)
})
