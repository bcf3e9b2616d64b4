import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { GroupCommit } from '../../src/evaluations/group-commit.ts'

/** Writes in steps that the test makes. */
class Disk {
  readonly groups: string[] = []
  #finish: (() => void)[] = []

  readonly commit = async (items: readonly string[]): Promise<string[]> => {
    this.groups.push(items.join(''))
    await new Promise<void>((resolve) => this.#finish.push(resolve))
    if (items.includes('!')) throw new Error('disk')
    return items.map((item) => `${item}${this.groups.length}`)
  }

  /** Ends the commit under way, and waits until the next one has begun. */
  async next(): Promise<void> {
    this.#finish.shift()?.()
    await turns()
  }
}

/** A capital letter weighs as much as four small ones. */
const weigh = (item: string) => (/[A-Z]/.test(item) ? 4 : 1)

/** Some turns of the loop. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await setImmediate()
}

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
  await turns()
  t.same(answered, [])
  await disk.next()
  t.same(answered, ['a1', 'b1'])
  t.same(disk.groups, ['ab', 'cde'])
  calls.push(add('f'))
  await disk.next()
  t.same(answered.slice(2), ['c2', 'd2 e2'])
  await disk.next()
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
  await disk.next()
  await Promise.all([last, idle])
})

test('who is answered can join the next group at once', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, weigh, 10)
  const writers = ['a', 'b', 'c'].map(async (item) => {
    await puts.add([item])
    await puts.add([item])
  })
  for (let at = 0; at < 3; at++) await disk.next()
  await Promise.all(writers)
  t.same(disk.groups, ['abc', 'abc'])
})

test('a group weighs so much at most, but a call is never split', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, weigh, 4)
  const calls = ['x', 'abc', 'd', 'e', 'fghijk', 'l', 'M', 'n', 'oO', 'p'].map((items) => puts.add([...items]))
  for (let at = 0; at < 9; at++) await disk.next()
  t.same(disk.groups, ['xabc', 'de', 'fghijk', 'l', 'M', 'n', 'oO', 'p'])
  await Promise.all(calls)
})

test('a commit that fails fails its calls alone', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, weigh, 2)
  const calls = ['a', 'b', '!', 'c', 'd'].map((item) => puts.add([item]))
  const settled = Promise.allSettled(calls)
  for (let at = 0; at < 4; at++) await disk.next()
  t.same(
    (await settled).map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
    [['a1'], ['b1'], 'disk', 'disk', ['d3']],
  )
})
