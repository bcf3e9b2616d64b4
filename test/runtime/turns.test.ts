import { test } from 'tap'
import type { Caller, WaitWatch } from '../../src/runtime/turns.ts'
import { Turns } from '../../src/runtime/turns.ts'

const left = { message: 'left' }
const busy = { message: 'busy' }

function turnsOf(atOnce: number, waited?: WaitWatch): Turns {
  return new Turns({ atOnce, mostOfOwner: 512, mostWaiting: 4096 }, (why) => new Error(why), waited)
}

function callerOf(owner: string, level = 0): Caller {
  return { owner, isOver: false, level }
}

/** Operations that end when they are told to, and the order in which they began. */
class Operations {
  readonly begun: string[] = []
  readonly #ends: (() => void)[] = []
  readonly #turns: Turns

  constructor(turns: Turns) {
    this.#turns = turns
  }

  add(name: string, caller?: Caller): Promise<string> {
    return this.#turns.run(async () => {
      this.begun.push(name)
      await new Promise<void>((resolve) => this.#ends.push(resolve))
      return name
    }, caller)
  }

  /** Ends those that run, and those that then begin, and so on. */
  async end(): Promise<void> {
    for (let idle = 0; idle < 5; idle++) {
      if (this.#ends.length > 0) idle = 0
      this.#ends.shift()?.()
      await new Promise(setImmediate)
    }
  }
}

test('so many run at a time, the others in turns of their owners', async (t) => {
  const turns = turnsOf(2)
  const operations = new Operations(turns)
  const [ann, bob] = ['ann', 'bob'].map((owner) => callerOf(owner))
  const results = [1, 2, 3, 4, 5, 6].map((n) => operations.add(`a${n}`, ann))
  results.push(operations.add('b1', bob), operations.add('own'), operations.add('b2', bob))
  t.same([operations.begun, turns.load.waiting], [['a1', 'a2'], 7])
  await operations.end()
  t.same(operations.begun, ['a1', 'a2', 'a3', 'b1', 'own', 'a4', 'b2', 'a5', 'a6'])
  t.same(await Promise.all(results), ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'b1', 'own', 'b2'])
  t.equal(turns.load.waiting, 0)
})

test('what nobody waits for any more is left out, and what fails lets the next one begin', async (t) => {
  const turns = turnsOf(1)
  const operations = new Operations(turns)
  const leaves = { ...callerOf('ann'), isOver: false }
  const stays = callerOf('bob')
  const failing = turns.run(() => Promise.reject(new TypeError('a mistake')), stays)
  const dropped = Array.from({ length: 50 }, (_, n) => operations.add(`left ${n}`, leaves))
  const last = operations.add('stays', stays)
  leaves.isOver = true
  const refusals = dropped.map((each) => t.rejects(each, left))
  await t.rejects(failing, TypeError)
  await operations.end()
  await Promise.all(refusals)
  t.equal(await last, 'stays')
  t.same(operations.begun, ['stays'])
})

test('what is too much is refused at once: of one owner, and of all; the service itself always waits', async (t) => {
  const turns = turnsOf(1)
  const operations = new Operations(turns)
  const all: Promise<unknown>[] = [operations.add('first')]
  const add = (owner: string) => operations.add(owner, callerOf(owner))
  for (let owner = 0; owner < 8; owner++) {
    for (let n = 0; n < 512; n++) all.push(add(`o${owner}`))
    await t.rejects(add(`o${owner}`), busy)
  }
  await t.rejects(add('another'), busy, 'of all')
  all.push(operations.add('own'))
  t.equal(turns.load.waiting, 8 * 512 + 1)
  await operations.end()
  t.equal((await Promise.all(all)).length, 8 * 512 + 2)
})

test('the room of those that have left is given to others, and what comes from one that has left is not run', async (t) => {
  const turns = turnsOf(1)
  const operations = new Operations(turns)
  const first = operations.add('first')
  const leaves = { ...callerOf('ann'), isOver: false }
  const refusals = Array.from({ length: 512 }, () => t.rejects(operations.add('left', leaves), left))
  leaves.isOver = true
  const stays = operations.add('stays', callerOf('ann'))
  await Promise.all(refusals)
  t.match(turns.load, { waiting: 1, refused: 0 })
  await t.rejects(operations.add('late', leaves), left)
  await operations.end()
  t.same(await Promise.all([first, stays]), ['first', 'stays'])
  await t.rejects(operations.add('later', leaves), left)
  t.same(operations.begun, ['first', 'stays'])
})

test('what has taken little goes first, and everything has its turn', async (t) => {
  const waits: number[] = []
  const turns = turnsOf(1, (seconds) => waits.push(seconds))
  const operations = new Operations(turns)
  const all = [operations.add('first')]
  const [large, small] = [callerOf('ann', 3), callerOf('ann')]
  for (let n = 1; n <= 3; n++) all.push(operations.add(`large ${n}`, large))
  for (let n = 1; n <= 6; n++) all.push(operations.add(`small ${n}`, small))
  all.push(operations.add('of bob', callerOf('bob', 3)))
  t.match(turns.load, { waiting: 10 })
  t.ok(turns.load.waitMilliseconds > 0)
  await operations.end()
  await Promise.all(all)
  t.same(operations.begun, [
    'first',
    ...['small 1', 'small 2', 'small 3', 'of bob'],
    ...['small 4', 'small 5', 'small 6', 'large 1', 'large 2', 'large 3'],
  ])
  t.equal(waits.length, all.length)
  t.same(turns.load, { waiting: 0, waitMilliseconds: 0, refused: 0 })
})
