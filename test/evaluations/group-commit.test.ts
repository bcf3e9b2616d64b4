import { setTimeout as sleep } from 'node:timers/promises'
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

  /** Ends the commit under way. */
  async next(): Promise<void> {
    this.#finish.shift()?.()
    await sleep(1)
  }
}

test('calls that come during a commit share the next one, and are answered after theirs', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, 10)
  const answered: string[] = []
  const add = (items: string) => puts.add([...items]).then((results) => answered.push(results.join(' ')))
  const calls = ['ab', 'c', 'de'].map(add)
  t.same(disk.groups, ['ab'], 'the first waits for nobody')
  await disk.next()
  t.same(answered, ['a1 b1'])
  t.same(disk.groups, ['ab', 'cde'])
  calls.push(add('f'))
  await disk.next()
  t.same(answered, ['a1 b1', 'c2', 'd2 e2'])
  await disk.next()
  await Promise.all(calls)
  t.same(answered.at(-1), 'f3')
  await puts.idle()
  const last = add('g')
  t.equal(disk.groups.at(-1), 'g', 'at once after a rest')
  let isIdle = false
  const idle = puts.idle().then(() => {
    isIdle = true
  })
  await sleep(1)
  t.equal(isIdle, false)
  await disk.next()
  await Promise.all([last, idle])
})

test('a group has so many items at most, but a call is never split', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, 4)
  const calls = ['x', 'abc', 'd', 'e', 'fghijk', 'l'].map((items) => puts.add([...items]))
  for (let at = 0; at < 5; at++) await disk.next()
  t.same(disk.groups, ['x', 'abcd', 'e', 'fghijk', 'l'])
  await Promise.all(calls)
})

test('a commit that fails fails its calls alone', async (t) => {
  const disk = new Disk()
  const puts = new GroupCommit(disk.commit, 2)
  const calls = ['a', '!', 'b', 'c'].map((item) => puts.add([item]))
  const settled = Promise.allSettled(calls)
  for (let at = 0; at < 3; at++) await disk.next()
  t.same(
    (await settled).map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
    [['a1'], 'disk', 'disk', ['c3']],
  )
})
