import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'tap'

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

test('the tools of this test tell what they are for', async (t) => {
  t.same(importsOf("import a from './a.ts'\nexport { b } from '../b.ts'\nimport 'node:c'\nawait import('d')"), [
    './a.ts',
    '../b.ts',
    'node:c',
    'd',
  ])
})

test('the numeric core imports nothing outside itself, but that a report has its schema', async (t) => {
  const core = files('src/loss/**/*.ts')
  t.ok(core.length > 0)
  for (const file of core) {
    const outside = importsOf(read(file)).filter((name) => {
      if (name === 'zod' && dirname(file) === 'src/loss/report') return false
      if (!name.startsWith('.')) return true
      return relative('src/loss', join(dirname(file), name)).startsWith('..')
    })
    t.same(outside, [], file)
  }
})
