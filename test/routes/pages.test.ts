import { test } from 'tap'
import type { Language } from '../../src/routes/pages.ts'
import { assets, filled, languages, pageOf } from '../../src/routes/pages.ts'

test('the files of the pages', async (t) => {
  const { files, version, plotly } = assets()
  for (const name of ['main.js', 'sections/curve.js', 'styles/base.css', 'digits.json', 'icon.svg', 'strings/ko.js']) {
    t.ok(files.has(name), name)
  }
  t.same(
    [...files.keys()].filter((name) => /\.(ts|html)$|tsconfig/.test(name)),
    [],
    'what a browser does not need is not served',
  )
  t.match(version, /^[\w-]{20}$/)
  t.equal(assets(), assets(), 'are read once')
  t.match(plotly.hash, /^[\w-]{20}$/)
})

test('a page in each language', async (t) => {
  const pages = Object.keys(languages).map((language) => pageOf('explore', language as Language))
  t.equal(new Set(pages.map(({ hash }) => hash)).size, pages.length)
})

test('a template is filled, and nothing is left open', async (t) => {
  const texts = { id: 'curve', common: { left: '<b>Left</b>' } }
  t.equal(filled('{{id}} {{common.left}} {{id}} { {{ }}', texts), 'curve <b>Left</b> curve { {{ }}')
  for (const path of ['none', 'none.left', 'common.none', 'common', 'id.length']) {
    t.throws(() => filled(`{{${path}}}`, texts), { message: `no string ${path}` })
  }
})
