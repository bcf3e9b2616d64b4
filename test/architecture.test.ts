import { existsSync, globSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'tap'

const root = resolve(import.meta.dirname, '..')

/** Tests that prove more than one source file. */
const testsOfTheWhole = [
  'architecture',
  'attacks/attacks',
  'attacks/modes',
  'balancer',
  'clients',
  'docker',
  'explorer/firefox',
  'explorer/long-tasks',
  'faults/faults',
  'faults/troubles',
  'fuzz/fuzz',
  'kubernetes',
  'openapi',
  'prometheus',
  'proxies',
  'quotas',
  'readme',
  'secrecy',
  'supply-chain',
  'swagger-ui',
  'tutorial',
  'workers',
].map((name) => `test/${name}.test.ts`)
/** What is not run by Node.js, or is proved where it is compiled to. */
const elsewhere = [
  'src/scanner/assembly/',
  'src/loss/survey/assembly/',
  'src/loss/numerics/assembly/',
  'src/loss/numerics/logarithm/assembly/',
  'src/explorer/',
]

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

/** Whether anything is left of a source file without its types and comments. */
function runs(source: string): boolean {
  const code = stripTypeScriptTypes(source)
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    .replace(/^\s*(?:import|export)\s+type\b.*$|\bexport\s*\{\s*\}/gm, '')
  return /[^\s;]/.test(code)
}

test('the tools of this test tell what they are for', async (t) => {
  t.same(importsOf("import a from './a.ts'\nexport { b } from '../b.ts'\nimport 'node:c'\nawait import('d')"), [
    './a.ts',
    '../b.ts',
    'node:c',
    'd',
  ])
  t.equal(runs("import type { A } from './a.ts'\n/** B */\nexport interface B { a: A }\nexport type C = B\n"), false)
  t.equal(runs('export const a: number = 1\n'), true)
})

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

test('every source file that runs has its test', async (t) => {
  for (const file of files('src/**/*.ts')) {
    if (elsewhere.some((folder) => file.startsWith(folder)) || !runs(read(file))) continue
    t.ok(existsSync(join(root, file.replace(/^src\//, 'test/').replace(/\.ts$/, '.test.ts'))), file)
  }
})

test('every test has its source file', async (t) => {
  for (const file of files('test/**/*.test.ts')) {
    if (testsOfTheWhole.includes(file)) continue
    const source = join(root, file.replace(/^test\//, 'src/').replace(/(\.[\w-]+)?\.test\.ts$/, ''))
    t.ok(existsSync(`${source}.ts`) || existsSync(`${source}.js`), file)
  }
})
