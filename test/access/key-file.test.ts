import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { KeyFile } from '../../src/access/key-file.ts'
import { KeysUnusable } from '../../src/access/keys.ts'
import { readTextFile } from '../../src/runtime/read-file.ts'
import { eventually } from '../eventually.ts'
import { listener } from '../support.ts'

function listOf(...keys: string[]): string {
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
  return JSON.stringify(keys.map((key) => ({ name: `of ${key}`, sha256: sha256(key), scopes: [] })))
}

test('a file is read again however it changes, and a bad one is told of', async (t) => {
  const folder = t.testdir({ 'keys.json': listOf('a') })
  const path = join(folder, 'keys.json')
  const { lines, logger } = listener()
  const keys = await KeyFile.open(path, logger, 5)
  t.teardown(() => keys.close())
  const told = () => lines.map((line) => JSON.parse(line))
  const isKnown = (key: string) => keys.find(key)?.owner === `of ${key}`
  t.ok(isKnown('a'))

  writeFileSync(path, listOf('b', 'c'))
  t.ok(await eventually(() => isKnown('b')), 'written over')
  t.notOk(isKnown('a'))
  t.ok(await eventually(() => lines.length > 0))
  t.match(told().at(-1), { level: 30, keys: 2, msg: 'reloaded the keys' })

  writeFileSync(join(folder, 'next.json'), listOf('d'))
  renameSync(join(folder, 'next.json'), path)
  t.ok(await eventually(() => isKnown('d')), 'replaced')

  writeFileSync(path, listOf('e').replace('"scopes"', '"rights"'))
  t.ok(await eventually(() => told().at(-1)?.level === 50))
  const msg = 'the key file is invalid; the previous keys remain valid'
  t.match(told().at(-1), { reason: 'entry 1 ("of e"): scopes must be a list', msg })
  t.ok(isKnown('d'))

  rmSync(path)
  t.ok(await eventually(() => told().at(-1)?.reason === 'it cannot be read: ENOENT'))
  t.ok(isKnown('d'))

  writeFileSync(path, listOf('f'))
  t.ok(await eventually(() => isKnown('f')), 'back again')

  keys.close()
  writeFileSync(path, listOf('g'))
  t.notOk(await eventually(() => isKnown('g'), 100), 'after the end nobody looks')
})

test('a secret of Kubernetes, where a symbolic link is swapped', async (t) => {
  const folder = t.testdir({})
  for (const key of ['a', 'b']) {
    mkdirSync(join(folder, key))
    writeFileSync(join(folder, key, 'keys.json'), listOf(key))
  }
  symlinkSync('a', join(folder, '..data'))
  symlinkSync('..data/keys.json', join(folder, 'keys.json'))
  const keys = await KeyFile.open(join(folder, 'keys.json'), listener().logger, 5)
  t.teardown(() => keys.close())
  t.equal(keys.find('a')?.owner, 'of a')
  symlinkSync('b', join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  t.ok(await eventually(() => keys.find('b')?.owner === 'of b'))
})

test('a file that cannot be used from the start', async (t) => {
  const folder = t.testdir({ 'bad.json': '[{}]' })
  const { logger } = listener()
  const wrong = new KeysUnusable('entry 1: name must be a text of 1 to 128 characters')
  await t.rejects(KeyFile.open(join(folder, 'bad.json'), logger), wrong)
  await t.rejects(KeyFile.open(join(folder, 'none.json'), logger), new KeysUnusable('it cannot be read: ENOENT'))
  await t.rejects(KeyFile.open(folder, logger), new KeysUnusable('it cannot be read: EISDIR'))
})

test('a file that is too long, or endless, is not read to its end', async (t) => {
  const folder = t.testdir({ 'keys.json': ' '.repeat(2 ** 21 + 1) })
  for (const path of [join(folder, 'keys.json'), '/dev/zero'])
    await t.rejects(KeyFile.open(path, listener().logger), new KeysUnusable('it is longer than 2097152 bytes'), path)
  t.equal((await readTextFile(join(folder, 'keys.json'), 2 ** 21 + 1)).length, 2 ** 21 + 1)
})
