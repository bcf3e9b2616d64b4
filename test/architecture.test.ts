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

test('numbers are computed by functions whose bits are the same on every machine', async (t) => {
  // Math has functions that engines and processors round differently; `**` is one of them, but for powers of 2
  const unlike =
    /\bMath\.(?!abs|ceil|clz32|E\b|floor|fround|imul|LN2|max|min|PI|round|sign|SQRT|sqrt|trunc)\w+|(?<!\b2) \*\* /
  /** What they decide there: which remedies an error offers, and digits of these. */
  const allowed = ['src/loss/remedies/looks.ts', 'src/loss/remedies/prediction-edits.ts']
  const found = files('src/loss/**/*.ts').filter((file) => !file.includes('/assembly/') && unlike.test(read(file)))
  t.same(found, allowed)
})

test('every test is run by one of the commands', async (t) => {
  t.same(forgotten(), [])
})

/** The rooms of the house, lowest first: each imports only lower ones, and no other of its own line. */
const levels = [
  ['loss'],
  ['scanner', 'runtime', 'log'],
  ['database'],
  ['config.ts'],
  ['wire', 'formats'],
  ['quotas', 'evaluations'],
  ['operation'],
  ['http'],
  ['access'],
  ['clients'],
  ['pages'],
  ['routes'],
  ['cluster'],
  ['app.ts'],
  ['main.ts', 'health-check.ts', 'store-command.ts'],
  ['server.ts'],
]

/** Rooms that may use only some of those below. */
const only: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  database: ['runtime'],
  wire: ['runtime'],
  formats: ['loss', 'scanner', 'runtime'],
  quotas: ['database', 'runtime'],
  evaluations: ['database', 'loss', 'runtime'],
  clients: [],
}

function roomOf(file: string): string {
  return file.split('/')[1]
}

function mayUse(room: string, other: string): boolean {
  const [level, otherLevel] = [room, other].map((name) => levels.findIndex((names) => names.includes(name)))
  return otherLevel < level && (only[room] ?? [other]).includes(other)
}

/** The files of the house, each with those that it imports, types included. */
function importsOfAll(): Map<string, readonly string[]> {
  const all = files('src/**/*.{ts,js}')
  return new Map(
    all.map((file) => {
      const local = importsOf(read(file)).filter((name) => name.startsWith('.'))
      // AssemblyScript names files without their ending
      const paths = local.flatMap((name) => [join(dirname(file), name), `${join(dirname(file), name)}.ts`])
      return [file, Array.from(new Set(paths)).filter((path) => all.includes(path))]
    }),
  )
}

/** All that can be reached from a file by imports. */
function reachedFrom(file: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>()
  const next = [file]
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    for (const other of imports.get(at) ?? []) {
      if (reached.has(other)) continue
      reached.add(other)
      next.push(other)
    }
  }
  return reached
}

test('a room imports only lower rooms', async (t) => {
  const imports = importsOfAll()
  const rooms = Array.from(new Set(Array.from(imports.keys(), roomOf)))
  t.same(rooms.toSorted(), levels.flat().toSorted(), 'all rooms have their place')
  const upward = Array.from(imports).flatMap(([file, others]) =>
    others
      .filter((other) => roomOf(file) !== roomOf(other) && !mayUse(roomOf(file), roomOf(other)))
      .map((other) => `${file} -> ${other}`),
  )
  t.same(upward, [])
})

test('no files import each other in a circle', async (t) => {
  const imports = importsOfAll()
  const reached = new Map(Array.from(imports.keys(), (file) => [file, reachedFrom(file, imports)]))
  const inCircle = Array.from(imports.keys()).filter((file) => reached.get(file)?.has(file))
  const circles = inCircle.map((file) =>
    inCircle.filter((other) => reached.get(file)?.has(other) && reached.get(other)?.has(file)),
  )
  const distinct = new Map(circles.map((circle) => [circle.join(' '), circle]))
  t.same([...distinct.values()], [])
})
