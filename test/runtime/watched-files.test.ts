import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { codeOf, WatchedFiles } from '../../src/runtime/watched-files.ts'
import { eventually } from '../eventually.ts'

test('each change of one of several files is told of, until nobody looks any more', async (t) => {
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

test('what is seen when nobody looks any more is not told', async (t) => {
  const looks: (() => void)[] = []
  const stat = () => new Promise((resolve) => looks.push(() => resolve({ size: looks.length })))
  const mocked: typeof import('../../src/runtime/watched-files.ts') = await t.mockImport(
    '../../src/runtime/watched-files.ts',
    { 'node:fs/promises': { stat } },
  )
  const opening = mocked.WatchedFiles.at('a')
  looks[0]()
  const watched = await opening
  let changes = 0
  watched.watch(async () => {
    changes++
  }, 1)
  t.ok(await eventually(() => looks.length > 1))
  watched.close()
  for (const look of looks) look()
  t.notOk(await eventually(() => changes > 0, 50))
})

test('the code of a failure', async (t) => {
  t.equal(codeOf(Object.assign(new Error('x'), { code: 'EACCES' })), 'EACCES')
})
