import { test } from 'tap'
import { appOf } from '../support.ts'

test('the page', async (t) => {
  const app = await appOf(t)
  const page = await app.inject('/learn')
  t.equal(page.statusCode, 200)
  t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  t.equal(page.headers['cache-control'], 'no-cache')
  t.match(page.body, '<title>The pictures: lossmeter</title>')

  await t.test('under a strict policy', async (t) => {
    const policy = String(page.headers['content-security-policy'])
    t.match(policy, "default-src 'none'")
    t.match(policy, "script-src 'self'")
    t.match(policy, "style-src 'self'")
    t.notMatch(policy, /unsafe|\*|https?:/)
  })

  await t.test('names only files that are there', async (t) => {
    const names = Array.from(page.body.matchAll(/(?:src|href)="(\/explore\/[^"]+)"/g), ([, name]) => name)
    t.ok(names.length >= 5)
    for (const name of names) t.equal((await app.inject(name)).statusCode, 200, name)
  })

  await t.test('and nothing of another host', async (t) => {
    t.notMatch(page.body, /(?:src|href)="(?:https?:)?\/\//)
  })

  await t.test('is not sent again while it is the same', async (t) => {
    const again = await app.inject({ url: '/learn', headers: { 'if-none-match': String(page.headers.etag) } })
    t.equal(again.statusCode, 304)
    t.equal(again.body, '')
  })
})

test('the page to watch runs', async (t) => {
  const app = await appOf(t)
  for (const [language, title] of [
    ['en', 'Watch runs'],
    ['ko', '학습 지켜보기'],
  ]) {
    const { statusCode, body } = await app.inject(`/runs?lang=${language}`)
    t.equal(statusCode, 200)
    t.match(body, `<h1>${title}</h1>`)
    t.notMatch(body, /\{\{|undefined|\[object/)
  }
})

test('speaks the language of the address, else that of the browser', async (t) => {
  const app = await appOf(t)
  const table: [string, string | undefined, string][] = [
    ['/learn', undefined, 'en'],
    ['/learn', '*', 'en'],
    ['/learn', 'ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7', 'ko'],
    ['/learn', 'en-GB,en;q=0.9,ko;q=0.1', 'en'],
    ['/learn', 'de-DE,de;q=0.9', 'en'],
    ['/learn?lang=ko', 'en', 'ko'],
    ['/learn?lang=en', 'ko', 'en'],
    ['/learn?lang=xx', 'ko', 'ko'],
    ['/learn?lang=ko&lang=en', 'en', 'en'],
    ['/learn?lang=__proto__', undefined, 'en'],
  ]
  for (const [url, accepted, language] of table) {
    const headers = accepted === undefined ? {} : { 'accept-language': accepted }
    const { headers: said, body } = await app.inject({ url, headers })
    t.equal(said['content-language'], language, `${url} ${accepted}`)
    t.equal(said.vary, 'accept-language, accept-encoding')
    t.match(body, `<html lang="${language}"`)
    t.match(body, language === 'ko' ? '교차 엔트로피 오차' : 'Cross-entropy')
    t.notMatch(body, /\{\{|undefined|\[object/)
  }
})

test('its files', async (t) => {
  const app = await appOf(t)
  const { body } = await app.inject('/learn')
  const [, assets] = /"(\/explore\/assets\/[^/]+)\/main\.js"/.exec(body) ?? []
  const plotly = String(/data-plotly="([^"]+)"/.exec(body)?.[1])
  for (const [file, type] of [
    ['main.js', 'text/javascript; charset=utf-8'],
    ['sections/curve.js', 'text/javascript; charset=utf-8'],
    ['styles/base.css', 'text/css; charset=utf-8'],
    ['digits.json', 'application/json; charset=utf-8'],
    ['icon.svg', 'image/svg+xml'],
  ]) {
    const answer = await app.inject({ url: `${assets}/${file}`, headers: { 'accept-encoding': 'gzip, br' } })
    t.equal(answer.statusCode, 200, file)
    t.equal(answer.headers['content-type'], type, file)
    t.equal(answer.headers['cache-control'], 'public, max-age=31536000, immutable', file)
    t.equal(answer.headers['content-encoding'], 'br', file)
    t.ok(answer.headers.etag, file)
  }

  await t.test('all modules that it loads first, the client of the service among them', async (t) => {
    const modules = [...body.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, url]) => url)
    t.ok(modules.includes('/clients/lossmeter.js'))
    for (const url of modules) t.equal((await app.inject(url)).statusCode, 200, url)
  })

  await t.test('the library', async (t) => {
    const library = await app.inject(plotly)
    t.equal(library.statusCode, 200)
    t.equal(library.headers['cache-control'], 'public, max-age=31536000, immutable')
    t.match(library.body.slice(0, 100), 'plotly.js (gl3d - minified)')
  })

  await t.test('of another version are these, and not kept', async (t) => {
    for (const url of ['/explore/assets/older/main.js', '/explore/plotly/older.js']) {
      const answer = await app.inject(url)
      t.equal(answer.statusCode, 200)
      t.equal(answer.headers['cache-control'], 'no-cache')
    }
  })

  await t.test('other files are not found', async (t) => {
    for (const file of [
      'none.js',
      'tsconfig.json',
      'types.d.ts',
      'page.html',
      '..%2fapp.ts',
      '%2e%2e/app.ts',
      '.git',
      '',
    ]) {
      const answer = await app.inject(`${assets}/${file}`)
      t.equal(answer.statusCode, 404, file)
      t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
    }
  })

  await t.test('they cannot be written', async (t) => {
    const answer = await app.inject({ method: 'POST', url: `${assets}/main.js` })
    t.equal(answer.statusCode, 405)
    t.match(answer.headers.allow, 'GET')
  })
})

test('the page of one run is the page of runs', async (t) => {
  const app = await appOf(t)
  const [all, one] = await Promise.all(['/runs', '/runs/run-7'].map((url) => app.inject(url)))
  t.equal(one.statusCode, 200)
  t.equal(one.body, all.body)
})

test('links of old lead to the pages of today, with their state', async (t) => {
  const app = await appOf(t)
  for (const [before, now] of [
    ['/explore', '/learn'],
    ['/explore?curve.y=0.5&lang=ko', '/learn?curve.y=0.5&lang=ko'],
    ['/explore/evaluations', '/runs'],
    ['/explore/evaluations?runs=a,b&by=time', '/runs?runs=a,b&by=time'],
  ]) {
    const { statusCode, headers } = await app.inject(before)
    t.equal(statusCode, 308, before)
    t.equal(headers.location, now)
  }
})

test('the root is a page with three doors for a browser, and links for others', async (t) => {
  const app = await appOf(t)
  const browser = await app.inject({ url: '/', headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
  t.equal(browser.statusCode, 200)
  t.equal(browser.headers['content-type'], 'text/html; charset=utf-8')
  t.equal(browser.headers.vary, 'accept, accept-language, accept-encoding')
  for (const door of ['/learn', '/batch', '/runs']) t.match(browser.body, `<h3><a href="${door}">`)
  for (const accept of ['*/*', 'application/json']) {
    const other = await app.inject({ url: '/', headers: { accept } })
    t.equal(other.statusCode, 200)
    t.equal(other.headers.vary, 'accept')
    t.same(other.json(), {
      name: 'lossmeter',
      links: {
        learn: '/learn',
        batch: '/batch',
        runs: '/runs',
        docs: '/docs',
        openapi: '/openapi.json',
        losses: '/v1/losses',
        limits: '/v1/limits',
        problems: '/problems',
      },
    })
    for (const link of Object.values<string>(other.json().links)) {
      t.ok((await app.inject(link)).statusCode < 400, link)
    }
  }
})
