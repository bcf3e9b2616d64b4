// Prints a CycloneDX list of the production packages: versions, licences, hashes. Exits with npm's code.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Entry {
  readonly dev?: boolean
  readonly devOptional?: boolean
  devDependencies?: unknown
}

const root = join(import.meta.dirname, '..')

function read<Content>(name: string): Content {
  return JSON.parse(readFileSync(join(root, name), 'utf8'))
}

const manifest = read<Entry>('package.json')
const lock = read<{ packages: Record<string, Entry> }>('package-lock.json')
// `npm sbom --omit=dev` leaves out a third of the production packages, so the others are taken away before
delete manifest.devDependencies
delete lock.packages[''].devDependencies
for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
  if (dev || devOptional) delete lock.packages[path]
}

const folder = join(mkdtempSync(join(tmpdir(), 'sbom-')), 'lossmeter')
try {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const flags = ['--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application']
  process.exitCode = spawnSync('npm', ['sbom', ...flags], { cwd: folder, stdio: 'inherit' }).status ?? 1
} finally {
  rmSync(join(folder, '..'), { recursive: true })
}
