// No text is read in more than linear time: every regular expression of the sources, and every parser of a text that clients or
// operators send, on hostile texts of its own characters.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import ts from 'typescript-5'
import { readKeys } from '../src/access/keys.ts'
import { ContentDigest } from '../src/formats/content-digest.ts'
import { traceParentOf } from '../src/operation/traceparent.ts'
import { clientOf } from '../src/wire/table.ts'
import { finish } from './loss/support.ts'

const root = join(import.meta.dirname, '..')
const limitMs = 5
/** More than any header, name or number that is taken: headers are at most 16 KiB together. */
const longest = 2 ** 16

/** Texts that are read once, from a file of the product itself: what they match is known. */
const own = [
  { file: 'src/http/document.ts', why: 'the document of the service' },
  { file: 'src/http/plugins/base-path.ts', why: 'pages and answers of the service' },
  { file: 'src/pages/batch/errors.js', why: 'details of errors, which the service bounds' },
  { file: 'src/pages/batch/catalogue-formula.js', why: 'formulas of the catalogue' },
  { file: 'src/routes/pages.ts', why: 'modules and pages of the service' },
  { file: 'src/routes/problem-pages.ts', why: 'texts of the service' },
]

/** Expressions that see no more of a text than so many characters. */
const windows = new Map([['src/formats/looks-like.ts', 128]])

interface Found {
  readonly place: string
  readonly expression: RegExp
}

function expressionsOf(file: string): Found[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest)
  const found: Found[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const [, pattern, flags] = /^\/(.*)\/([a-z]*)$/s.exec(node.text) ?? []
      const place = `${file} /${pattern}/${flags}`
      found.push({ place, expression: new RegExp(pattern, flags.replace('g', '')) })
    }
    if (ts.isNewExpression(node) && node.expression.getText(source) === 'RegExp')
      throw new Error(`${file}: an expression that is made at run time cannot be tried here`)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The characters that an expression names, and one of each class. */
function alphabetOf({ source }: RegExp): string[] {
  const plain = source
    .replace(/\\[dwsSWDbpLCu]/g, '')
    .replace(/\\(.)/g, '$1')
    .replace(/[[\](){}?*+^$|]/g, '')
  return Array.from(new Set(['0', '1', '9', 'a', 'A', ' ', '.', '-', ...plain])).slice(0, 24)
}

/** Texts of about so many characters: repeats of one and of two characters, whole or with something at the end that is wrong. */
function* hostile(alphabet: readonly string[], prefix: string, length: number): Generator<string> {
  for (const one of alphabet) {
    yield prefix + one.repeat(length)
    for (const end of ['!', '\n', 'a', '0'].filter((each) => each !== one)) yield prefix + one.repeat(length) + end
  }
  const few = alphabet.slice(0, 10)
  for (const one of few)
    for (const other of few) if (one < other) yield `${prefix}${(one + other).repeat(length / 2)}\0`
}

function millisecondsOf(read: (text: string) => unknown, text: string): number {
  const before = process.threadCpuUsage()
  read(text)
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

/** What takes too long, or `undefined`. Texts grow, so that what is not linear is found before it stands still. */
function tooSlow(
  read: (text: string) => unknown,
  alphabet: readonly string[],
  { prefixes = [''], most = longest, mostMs = limitMs } = {},
): string | undefined {
  for (let length = Math.min(most, 256); length <= most; length *= 4) {
    for (const prefix of prefixes) {
      for (const text of hostile(alphabet, prefix, length)) {
        const took = () => millisecondsOf(read, text)
        if (took() <= mostMs || Math.min(took(), took(), took()) <= mostMs) continue
        return `${JSON.stringify(text.slice(0, 20))}, ${length} characters: over ${mostMs} ms`
      }
    }
  }
  return undefined
}

const files = execFileSync('git', ['ls-files', 'src'], { cwd: root, encoding: 'utf8' }).trim().split('\n')

test('every regular expression', async (t) => {
  const found = files.filter((file) => /\.(ts|js)$/.test(file)).flatMap(expressionsOf)
  t.ok(found.length > 50)
  for (const { place, expression } of found) {
    if (own.some(({ file }) => place.startsWith(`${file} `))) continue
    t.equal(
      tooSlow((text) => expression.exec(text), alphabetOf(expression), { most: windows.get(place.split(' ')[0]) }),
      undefined,
      place,
    )
  }
})

test('what is quadratic is found', async (t) => {
  for (const expression of [/a+b/, /^\d*\d*\d*!$/])
    t.match(
      tooSlow((text) => expression.exec(text), alphabetOf(expression)),
      'over 5 ms',
      String(expression),
    )
})

const tolerant = (read: (text: string) => unknown) => (text: string) => {
  try {
    read(text)
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}

test('every parser of a header or a line', async (t) => {
  const parsers: [string, (text: string) => unknown, string, string[]?, number?][] = [
    ['Content-Digest', (text) => new ContentDigest(text), 'sha-256=:A:,', ['', 'sha-256=:', 'sha-256=:AAAA:, ']],
    ['a forwarded address', clientOf, '0123456789abcdef:.[]% ', ['', '[', '::', '1.']],
    ['traceparent', traceParentOf, '0123456789abcdef-', ['', '00-']],
    // of which JSON.parse takes most
    ['a list of keys', (text) => finish(readKeys(text)), '[]{}",: ', ['', '[', '[{"name":"'], 25],
  ]
  for (const [name, read, alphabet, prefixes, mostMs] of parsers)
    t.equal(tooSlow(tolerant(read), Array.from(alphabet), { prefixes, mostMs }), undefined, name)
})
