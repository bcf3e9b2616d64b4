import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { t as root, test } from 'tap'
import packageJson from '../package.json' with { type: 'json' }
import { environment } from '../src/config.ts'
import type { LossName } from '../src/loss/kernels/index.ts'
import { losses, lossNames } from '../src/loss/kernels/index.ts'
import type { Loss } from '../src/loss/kernels/loss.ts'
import { typeInWords } from '../src/loss/option-types.ts'
import { defaultFor, optionNames, optionOf } from '../src/loss/options.ts'
import { appOf, documentOf, post } from './support.ts'

const folder = new URL('..', import.meta.url)
const readme = readFileSync(new URL('README.md', folder), 'utf8')
const contributing = readFileSync(new URL('CONTRIBUTING.md', folder), 'utf8')
const app = await appOf(root)

/** The rows of the table with this head, cell by cell. */
function table(head: string): string[][] {
  const lines = readme.split('\n')
  const from = lines.indexOf(head)
  const length = lines.slice(from).findIndex((line) => !line.startsWith('|'))
  return lines.slice(from + 2, from + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

test('the configuration table is that of the service', async (t) => {
  const rows = Object.entries(environment.shape).map(([name, schema]) => {
    const preset = schema.safeParse(undefined).data
    return [`\`${name}\``, preset === undefined ? '' : `\`${preset}\``, schema.description ?? '']
  })
  t.same(table('| Variable | Default | Meaning |'), rows)
})

test('the options table is that of the core', async (t) => {
  const rows = optionNames.map((name) => {
    const { type, default: standard, appliesTo, description } = optionOf(name)
    return [`\`${name}\``, typeInWords(type), standard?.words ?? 'off', appliesTo, description]
  })
  t.same(table('| Option | Type | Default | Applies to | Meaning |'), rows)
})

test('each format goes with the losses that take it', async (t) => {
  for (const [head, kind] of [
    ['| `labelFormat` | `labels` | Checked | Goes with |', 'labelFormats'],
    ['| `predictionFormat` | `predictions` | Checked | Goes with |', 'predictionFormats'],
  ] as const) {
    let before: LossName[] = []
    for (const [format, , , cell] of table(head)) {
      const takes = ({ [kind]: formats }: Loss) => formats.some((taken) => `\`${taken}\`` === format)
      before = lossesIn(cell, before)
      t.same(before.toSorted(), lossNames.filter((name) => takes(losses[name])).toSorted(), format)
    }
  }
})

/** The losses that a cell names, where `the same` is those of the row before. */
function lossesIn(cell: string, before: LossName[]): LossName[] {
  const named = (text: string) => lossNames.filter((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text))
  if (cell.startsWith('every loss but')) return lossNames.filter((name) => !named(cell).includes(name))
  if (!cell.startsWith('the same')) return named(cell)
  const [without, added = ''] = cell.split(', and ')
  return [...before.filter((name) => !named(without).includes(name)), ...named(added)]
}

test('each loss has its formula', async (t) => {
  const told = table('| `loss` | l_i |').flatMap(([cell]) =>
    Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name),
  )
  t.same(told.toSorted(), lossNames.toSorted())
})

test('a default told in words is that of every loss', async (t) => {
  for (const name of optionNames) {
    const words = optionOf(name).default?.words ?? ''
    for (const loss of lossNames) {
      for (const format of losses[loss].predictionFormats) {
        const value = defaultFor(name, losses[loss], format)
        const shown = typeof value === 'string' ? value : JSON.stringify(value)
        if (value !== undefined) t.ok(words.includes(`\`${shown}\``), `${name}, ${loss}, ${format}: ${words}`)
      }
    }
  }
})

test('each request shown is answered as shown', async (t) => {
  const shown = readme.matchAll(/```sh\ncurl [^\n]*?(\/v\d\/[\w/-]+)[^\n]* -d '([^']*)'\n```\n+```json\n([\s\S]*?)```/g)
  const pairs = Array.from(shown, ([, url, request, answer]) => ({ url, request, answer }))
  t.equal(pairs.length, readme.match(/```json/g)?.length, 'every answer has its request')
  t.ok(pairs.length >= 2)
  for (const { url, request, answer } of pairs) {
    const { requestId, ...expected } = JSON.parse(answer)
    if (url.startsWith('/v1/')) t.match(requestId, /^[\da-f-]{36}$/)
    t.same((await post(app, url, request)).body, expected)
  }
})

test('the comparison shown is answered as shown', async (t) => {
  const shown = readme.match(
    /\/v1\/comparisons[^\n]* -d '([^']*)' \| jq -c '.difference, .agreement'\n# (.*)\n# (.*)\n/,
  )
  const [, request, difference, agreement] = shown ?? []
  const { body } = await post(app, '/v1/comparisons', request)
  t.match(body, { difference: JSON.parse(difference), agreement: JSON.parse(agreement) })
})

test('every endpoint of the document is in the table, and every one in the table answers', async (t) => {
  const listed = table('| Endpoint | What it does |').flatMap(([endpoints]) =>
    Array.from(endpoints.matchAll(/`(GET|POST|PUT|PATCH|DELETE|\/)([^`]*)`/g), ([, method, rest]) =>
      method === '/' ? `GET /${rest}` : `${method}${rest}`,
    ),
  )
  const documented = Object.entries(documentOf(app).paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  for (const endpoint of documented) t.ok(listed.includes(endpoint), endpoint)
  await app.inject({
    method: 'PUT',
    url: '/v1/evaluations/run-7',
    payload: { loss: 'mse', labelFormat: 'values', outputs: 1 },
  })
  // what is deleted would not answer afterwards
  for (const endpoint of listed.toSorted((a, b) => Number(a.startsWith('DELETE')) - Number(b.startsWith('DELETE')))) {
    const [method, path] = endpoint.split(' ')
    const url = path
      .replace('{name}', 'not-found')
      .replace('{evaluation}', 'run-7')
      .replace('{batch}', 'step-1')
      .replace('{loss}', 'mse')
      .replace(/comparison$/, '$&?with=run-7')
    // an event stream has no end
    const answer = await app.inject({ method: method as 'GET', url, payloadAsStream: true })
    answer.stream().destroy()
    t.equal(answer.statusCode, { GET: 200, DELETE: 204 }[method] ?? 415, endpoint)
  }
})

test('what it refers to exists', async (t) => {
  for (const [, link] of readme.matchAll(/\]\(([^):]+)\)/g)) t.ok(existsSync(new URL(link, folder)), link)
  const text = `${readme}\n${contributing}`
  for (const [, path] of text.matchAll(/\b((?:src|test|openapi)\/[\w./-]+\b)/g))
    if (!isPlaceholder(path)) t.ok(existsSync(new URL(path, folder)), path)
  for (const [, script] of text.matchAll(/^npm (?:run )?(\w+)/gm))
    t.ok(script === 'ci' || script in packageJson.scripts, script)
})

/** `x` and `a/b` stand for any name. */
function isPlaceholder(path: string): boolean {
  return /\/(?:x|b)\.(?:test\.ts|ts|js|html)$/.test(path)
}

test('the map of the code has every folder of src, and the files that are named after one', async (t) => {
  for (const entry of readdirSync(new URL('src', folder), { withFileTypes: true, recursive: true })) {
    const path = relative(fileURLToPath(folder), join(entry.parentPath, entry.name))
    if (!entry.isDirectory() || /pages.|assembly/.test(path)) continue
    t.ok(contributing.includes(path), path)
  }
  for (const [, first, others] of contributing.matchAll(/`(src\/[\w/-]+)\/[\w-]+\.ts`((?:, `[\w-]+\.ts`)+)/g))
    for (const [, name] of others.matchAll(/`([\w-]+\.ts)`/g))
      t.ok(existsSync(new URL(`${first}/${name}`, folder)), `${first}/${name}`)
})

test('what README.ko.md shows is what README.md shows, and refers to what exists', async (t) => {
  const korean = readFileSync(new URL('README.ko.md', folder), 'utf8')
  const shown = korean.match(/```[\s\S]*?```/g) ?? []
  t.ok(shown.length >= 5)
  for (const block of shown) t.ok(readme.includes(block), block)
  for (const [, link] of korean.matchAll(/\]\(([^):#]+)[^):]*\)/g)) t.ok(existsSync(new URL(link, folder)), link)
})
