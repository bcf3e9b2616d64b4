import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'tap'
import { forgotten } from './rooms/rooms.ts'

const root = resolve(import.meta.dirname, '..')

function files(pattern: string): string[] {
  return globSync(pattern, { cwd: root }).toSorted()
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** What is imported or exported from elsewhere, types included. */
function importsOf(source: string): string[] {
  return Array.from(source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g), ([, name]) => name)
}

test('the numeric core imports nothing outside itself', async (t) => {
  const core = files('src/loss/**/*.ts')
  t.ok(core.length > 0)
  for (const file of core) {
    const outside = importsOf(read(file)).filter((name) => {
      if (!name.startsWith('.')) return true
      return relative('src/loss', join(dirname(file), name)).startsWith('..')
    })
    t.same(outside, [], file)
  }
})

test('every test is run by one of the commands', async (t) => {
  t.same(forgotten(), [])
})
