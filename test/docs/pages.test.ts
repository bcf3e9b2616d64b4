import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { t as root, test } from 'tap'
import packageJson from '../../package.json' with { type: 'json' }
import { appOf, document } from '../support.ts'
import { blocksOf, root as folder, pages, proseOf, read } from './markdown.ts'

const app = await appOf(root)
const limits: Record<string, number> = {
  'README.md': 260,
  'README.ko.md': 260,
  'CHANGELOG.md': 1000,
  'CONTRIBUTING.md': 1000,
}

test('each page has one title, and no more lines than can be read in one sitting', async (t) => {
  t.ok(pages.length >= 20)
  for (const page of pages) {
    t.equal(proseOf(page).match(/^# /gm)?.length, 1, page)
    const lines = read(page).split('\n').length - 1
    const limit = limits[page] ?? 150
    t.ok(lines <= limit, `${page}: ${lines} lines, at most ${limit}`)
  }
})

/** The anchors of a page as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return Array.from(proseOf(page).matchAll(/^#+ (.*)$/gm), ([, title]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('every link leads to a file, and every anchor to a heading', async (t) => {
  for (const page of pages)
    for (const [, link] of proseOf(page).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(link)) continue
      const [path, anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      t.ok(existsSync(join(folder, target)), `${page}: ${link}`)
      if (anchor !== undefined) t.ok(anchorsOf(target).includes(anchor), `${page}: ${link}`)
    }
})

test('every file, and every script of npm, that a page mentions exists', async (t) => {
  for (const page of pages.filter((name) => name !== 'CHANGELOG.md')) {
    for (const [, path] of read(page).matchAll(/(?<![\w/.])((?:src|test|openapi|docs)\/[\w./-]*\w)/g))
      if (!isPlaceholder(path)) t.ok(existsSync(join(folder, path)), `${page}: ${path}`)
    for (const [, script] of read(page).matchAll(/(?:^|`)npm (?:run )?(?:--\w+ )?([\w:]+)/gm))
      t.ok(script === 'ci' || script in packageJson.scripts, `${page}: npm ${script}`)
  }
})

/** `x` and `a/b` stand for any name. */
function isPlaceholder(path: string): boolean {
  return /\/(?:x|b)\.(?:test\.ts|ts|js|html)$/.test(path)
}

test('every page is linked from its README', async (t) => {
  const linked = ['README.md', 'README.ko.md'].flatMap((page) =>
    Array.from(proseOf(page).matchAll(/\]\(([^)#:]+\.md)[^)]*\)/g), ([, link]) => link),
  )
  for (const page of pages) t.ok(linked.includes(page), page)
})

test('the links to the service work', async (t) => {
  for (const page of pages)
    for (const [, path] of proseOf(page).matchAll(/\]\(http:\/\/127\.0\.0\.1:3000(\/[^)]*)\)/g))
      t.match(String((await app.inject(path)).statusCode), /^(200|302)$/, `${page}: ${path}`)
})

test('every route of the service is on a page', async (t) => {
  const text = pages.map(read).join('\n')
  for (const [path, methods] of Object.entries(document.paths))
    for (const method of Object.keys(methods)) {
      const route = `${method.toUpperCase()} ${path}`
      t.ok(text.includes(`\`${route}\``), route)
    }
})

test('a block that is not run says why', async (t) => {
  for (const page of pages.filter((name) => name !== 'CONTRIBUTING.md'))
    for (const { language, before, from } of blocksOf(page))
      if (language === 'console') t.match(before, /^<!-- not run: .+ -->$/, `${page}:${from}`)
})

test('the first page names what a newcomer needs: the version of Node, what npm ci prints, another port, the language of errors', async (t) => {
  const version = packageJson.engines.node.replace('>=', '')
  for (const page of ['README.md', 'README.ko.md']) {
    for (const words of [version, 'git clone', 'EBADENGINE', 'PORT=3001 npm start', 'docker compose up']) {
      t.match(read(page), words, page)
    }
  }
  t.match(read('README.md'), 'HOST=0.0.0.0')
  t.match(read('README.ko.md'), '오류 메시지와 API 문서(`/docs`)는 영어로만')
})

test('each symbol with an index is in the table of the notation, or explained in its row', async (t) => {
  const text = read('docs/losses.md')
  const [, table] = /## Notation\n([\s\S]*?)\n## /.exec(text) ?? []
  let count = 0
  for (const line of text.split('\n')) {
    for (const [symbol, letter, index] of line.matchAll(/\b([a-z])_([a-z])\b/g)) {
      count++
      if (line.includes(`${symbol} = `) || line.includes(`, ${letter} the `)) continue
      t.ok(table.includes(`| ${letter}_`) && /[ikc]/.test(index), `${symbol} in ${line}`)
    }
  }
  t.ok(count > 50, `${count} symbols`)
})
