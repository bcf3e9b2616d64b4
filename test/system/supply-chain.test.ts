import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import lock from '../../package-lock.json' with { type: 'json' }

const root = join(import.meta.dirname, '../..')

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

interface Locked {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
}

/** What production installs, by the folder it goes to. */
const production = Object.entries<Locked>(lock.packages).filter(
  ([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional,
)

test('every production package has its reason in CONTRIBUTING.md', async (t) => {
  const section = read('CONTRIBUTING.md').split('## Production packages')[1].split('\n## ')[0]
  const rows = [...section.matchAll(/^\| `(.+?)` \| (.+) \|$/gm)]
  t.same(
    rows.map(([, name]) => name),
    Object.keys(packageJson.dependencies),
  )
  for (const [, name, reason] of rows) t.ok(reason.length > 8, name)
})

test('all of them may be used and passed on, and none runs a script when it is installed', async (t) => {
  const permissive = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'])
  for (const [path, entry] of production) {
    t.ok(permissive.has(entry.license ?? ''), `${path}: ${entry.license}`)
    t.notOk('hasInstallScript' in entry, path)
    t.match(entry.integrity, /^sha512-/, path)
  }
})

test('the list of production packages is whole', async (t) => {
  const printed = execFileSync(process.execPath, [join(root, '.ci/sbom.ts')], { encoding: 'utf8' })
  const { bomFormat, metadata, components } = JSON.parse(printed)
  t.equal(bomFormat, 'CycloneDX')
  t.equal(metadata.component.name, packageJson.name)
  const names = production.map(([path, { version }]) => `${path.replace(/.*node_modules\//, '')}@${version}`)
  t.same(
    new Set(components.map(({ name, version }: { name: string; version: string }) => `${name}@${version}`)),
    new Set(names),
  )
  for (const { name, licenses, hashes } of components) {
    t.equal(licenses.length, 1, name)
    t.equal(hashes[0].alg, 'SHA-512', name)
  }
})

test('the workflow runs what runs here, with fixed actions and no rights but to read', async (t) => {
  const { permissions, jobs } = parse(read('.github/workflows/ci.yml'))
  t.same(permissions, { contents: 'read' })
  const steps: { uses?: string; run?: string }[] = Object.values<{ steps: [] }>(jobs).flatMap((job) => job.steps)
  t.ok(steps.some(({ run }) => run === '.ci/run'))
  t.ok(steps.some(({ run }) => run?.startsWith('docker build ')))
  for (const { uses } of steps) if (uses !== undefined) t.match(uses, /^actions\/[a-z-]+@[0-9a-f]{40}$/)
  const { updates } = parse(read('.github/dependabot.yml'))
  t.same(updates.map((update: { 'package-ecosystem': string }) => update['package-ecosystem']).sort(), [
    'docker',
    'docker-compose',
    'github-actions',
    'npm',
  ])
})
