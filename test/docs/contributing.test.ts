import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'tap'
import { read, root } from './markdown.ts'

const contributing = read('CONTRIBUTING.md')

test('the map of the code has every folder of src, and the files that are named after one', async (t) => {
  for (const entry of readdirSync(join(root, 'src'), { withFileTypes: true, recursive: true })) {
    const path = relative(root, join(entry.parentPath, entry.name))
    if (!entry.isDirectory() || /pages.|assembly/.test(path)) continue
    t.ok(contributing.includes(path), path)
  }
  for (const [, first, others] of contributing.matchAll(/`(src\/[\w/-]+)\/[\w-]+\.ts`((?:, `[\w-]+\.ts`)+)/g))
    for (const [, name] of others.matchAll(/`([\w-]+\.ts)`/g))
      t.ok(existsSync(join(root, first, name)), `${first}/${name}`)
})
