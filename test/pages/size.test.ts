import { test } from 'tap'
import { pages } from '../../src/pages/pages.js'
import { appOf } from '../support.ts'

/** Compressed, but for the library that draws in three dimensions. */
const most = 90_000

test(`the JavaScript of each page is under ${most / 1000} kB`, async (t) => {
  const app = await appOf(t)
  const get = (url: string) => app.inject({ url, headers: { 'accept-encoding': 'br' } })
  for (const [name, sections] of Object.entries(pages) as [keyof typeof pages, string[]][]) {
    const { body } = await app.inject({ url: name === 'home' ? '/' : `/${name}`, headers: { accept: 'text/html' } })
    const [, assets] = /src="(\/explore\/assets\/[\w-]+)\/main\.js"/.exec(body) ?? []
    // the texts of the language, and the sections, are imported by names that are put together
    const named = ['main', 'strings/ko', ...sections.map((id) => `sections/${id}`)]
    const found = new Set(named.map((module) => `${assets}/${module}.js`))
    let size = 0
    for (const url of found) {
      const module = await get(url)
      t.equal(module.statusCode, 200, url)
      size += module.rawPayload.length
      const text = (await app.inject(url)).body
      for (const [, imported] of text.matchAll(/(?:^import [^;]*?|\bimport\()'(\.[^']+\.js)'/gms))
        found.add(new URL(imported, `http://a${url}`).pathname)
    }
    t.comment(`${name}: ${size} bytes in ${found.size} modules`)
    t.ok(found.size > 10 && size < most, `${name}: ${size} bytes`)
  }
})
