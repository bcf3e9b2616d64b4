import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { GroupCommit } from '../../src/database/group-commit.ts'

/** Writes in steps that the test makes. */
class Disk {
  readonly groups: string[] = []
  #finish: (() => void)[] = []
  #begun: () => void = () => {}

  readonly commit = async (items: readonly string[]): Promise<string[]> => {
    this.groups.push(items.join(''))
    this.#begun()
    await new Promise<void>((resolve) => this.#finish.push(resolve))
    if (items.includes('!')) throw new Error('disk')
    return items.map((item) => `${item}${this.groups.length}`)
  }

  /** Ends the commit under way if there is one. */
  finish(): void {
    this.#finish.shift()?.()
  }

  /** Ends the commit under way if there is one, and waits until the next one has begun. */
  async next(): Promise<void> {
    const begun = new Promise<void>((resolve) => {
      this.#begun = resolve
    })
    this.finish()
    await begun
  }
}

/** A capital letter weighs as much as four small ones. */
const weigh = (item: string) => (/[A-Z]/.test(item) ? 4 : 1)

const forEver = Number.POSITIVE_INFINITY

test('calls that come during a commit share the next one, and are answered after theirs', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, weigh, 10)
  const answered: string[] = []
  const add = (items: string) => puts.add([...items]).then((results) => answered.push(results.join(' ')))
  const calls = ['a', 'b'].map(add)
  t.same(disk.groups, [])
  await disk.next()
  t.same(disk.groups, ['ab'], 'what comes in the same turn goes together')
  calls.push(...['c', 'de'].map(add))
  t.same(answered, [])
  await disk.next()
  t.same(answered, ['a1', 'b1'])
  t.same(disk.groups, ['ab', 'cde'])
  calls.push(add('f'))
  await disk.next()
  t.same(answered.slice(2), ['c2', 'd2 e2'])
  disk.finish()
  await Promise.all(calls)
  t.same(answered.at(-1), 'f3')
  await puts.idle()
  const last = add('g')
  let isIdle = false
  const idle = puts.idle().then(() => {
    isIdle = true
  })
  await disk.next()
  t.equal(disk.groups.at(-1), 'g', 'after a rest')
  t.equal(isIdle, false)
  disk.finish()
  await Promise.all([last, idle])
})

test('a group waits until it is as large as the one before, for half the time of a commit', async (t) => {
  let now = 0
  t.intercept(performance, 'now', { value: () => now })
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, weigh, 10, forEver)
  const calls = ['a', 'b', 'c'].map((item) => puts.add([item]))
  await disk.next()
  calls.push(puts.add(['d']))
  now = 10
  disk.finish()
  for (const item of ['e', 'f']) {
    await setImmediate()
    t.same(disk.groups, ['abc'], 'not yet')
    calls.push(puts.add([item]))
  }
  await disk.next()
  t.same(disk.groups, ['abc', 'def'])
  now = 20
  disk.finish()
  await Promise.all(calls)

  const alone = puts.add(['g'])
  await setImmediate()
  t.same(disk.groups, ['abc', 'def'], 'not yet')
  now = 25
  await disk.next()
  t.same(disk.groups, ['abc', 'def', 'g'], 'nobody else came')
  disk.finish()
  await alone
})

test('who is answered can join the next group at once', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, weigh, 10, forEver)
  const writers = ['a', 'b', 'c'].map(async (item) => {
    await puts.add([item])
    await puts.add([item])
  })
  for (let at = 0; at < 2; at++) await disk.next()
  disk.finish()
  await Promise.all(writers)
  t.same(disk.groups, ['abc', 'abc'])
})

test('a group weighs so much at most, but a call is never split', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, weigh, 4)
  const calls = ['x', 'abc', 'd', 'e', 'fghijk', 'l', 'M', 'n', 'oO', 'p'].map((items) => puts.add([...items]))
  for (let at = 0; at < 8; at++) await disk.next()
  disk.finish()
  t.same(disk.groups, ['xabc', 'de', 'fghijk', 'l', 'M', 'n', 'oO', 'p'])
  await Promise.all(calls)
})

test('a commit that fails fails its calls alone', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, weigh, 2)
  const calls = ['a', 'b', '!', 'c', 'd'].map((item) => puts.add([item]))
  const settled = Promise.allSettled(calls)
  for (let at = 0; at < 3; at++) await disk.next()
  disk.finish()
  t.same(
    (await settled).map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
    [['a1'], ['b1'], 'disk', 'disk', ['d3']],
  )
})
