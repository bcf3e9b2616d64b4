import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import { test } from 'tap'
import { codeOf, WatchedFiles } from '../../src/runtime/watched-files.ts'
import { eventually } from '../eventually.ts'

test('each change of one of several files is told of, until the end', async (t) => {
  const folder = t.testdir({ a: '1', b: '2' })
  const [a, b] = ['a', 'b'].map((name) => join(folder, name))
  const watched = await WatchedFiles.at(a, b)
  t.teardown(() => watched.close())
  writeFileSync(a, 'written while it was read')
  let changes = 0
  const isToldOf = (change: () => void) => {
    const before = changes
    change()
    return eventually(() => changes > before)
  }
  t.ok(
    await isToldOf(() =>
      watched.watch(async () => {
        changes++
      }, 5),
    ),
  )
  const atFirst = changes
  t.notOk(await eventually(() => changes > atFirst, 50), 'nothing has changed')
  t.ok(await isToldOf(() => writeFileSync(b, 'longer')))
  t.ok(await isToldOf(() => rmSync(a)))
  t.ok(await isToldOf(() => writeFileSync(a, 'back')))
  watched.close()
  const told = changes
  writeFileSync(a, 'once more')
  t.notOk(await eventually(() => changes > told, 50))
})

test('a change that is seen after the end is not told of', async (t) => {
  const folder = t.testdir({ a: '1' })
  const watched = await WatchedFiles.at(join(folder, 'a'))
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  let changes = 0
  watched.watch(async () => {
    changes++
  }, 1000)
  const isToldOf = async (after: () => void) => {
    const before = changes
    writeFileSync(join(folder, 'a'), `${Math.random()}`)
    mock.timers.tick(1000)
    after()
    return eventually(() => changes > before, 100)
  }
  t.equal(await isToldOf(() => undefined), true)
  t.equal(await isToldOf(() => watched.close()), false)
})

test('the code of a failure', async (t) => {
  t.equal(codeOf(Object.assign(new Error('x'), { code: 'EACCES' })), 'EACCES')
})
