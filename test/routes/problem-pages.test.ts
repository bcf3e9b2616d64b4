import { test } from 'tap'
import type { ProblemName } from '../../src/http/problems.ts'
import { problems } from '../../src/http/problems.ts'
import { listPage, plainPage, typePage } from '../../src/routes/problem-pages.ts'
import { appOf, ask } from '../support.ts'

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const types = Object.entries(problems).map(([name, problem]) => ({ type: `/problems/${name}`, ...problem }))

test('each type has a page of its own', async (t) => {
  for (const type of types) {
    const page = typePage(type, 'en')
    t.match(page, `<h1>${type.title}</h1>`)
    t.match(page, `status ${type.status}`)
    t.notMatch(page, '`', 'no literal backticks')
    t.notMatch(page, /undefined|&(?!amp;|lt;|gt;)/)
  }
  const { ['invalid-content' satisfies ProblemName]: invalid } = problems
  const page = typePage({ type: '/problems/invalid-content', ...invalid }, 'en')
  t.match(page, 'Each entry of <code>errors</code> gives a location')
  t.match(page, '"labelFormat": "one-hot"')
  t.match(page, '"labelFormat": "index"')
  const { forbidden, overloaded } = problems
  t.match(typePage({ type: '/problems/forbidden', ...forbidden }, 'en'), '<p>With a key that has the scope')
  t.match(typePage({ type: '/problems/overloaded', ...overloaded }, 'en'), '<p>It depends on all that is sent')
  t.match(typePage({ type: '/problems/sealed', ...problems.sealed }, 'en'), '<h2>After</h2>')
})

test('the page of all types names each', async (t) => {
  const page = listPage(types, 'en')
  for (const { type } of types) t.match(page, `<a href="${type}">`)
  t.equal(page.match(/<li>/g)?.length, types.length)
})

test('a page is a whole document, whose files are there', async (t) => {
  const app = await appOf(t)
  const page = plainPage('A <title>', '<p>Text.</p>', 'en')
  t.match(page, '<title>A &lt;title&gt;: lossmeter</title>')
  const files = Array.from(page.matchAll(/(?:src|href)="(\/explore\/[^"]+)"/g), ([, file]) => file)
  t.ok(files.length > 5)
  for (const file of files) t.equal((await app.inject(file)).statusCode, 200, file)
})

test('a browser gets a page where nothing is, anything else a problem', async (t) => {
  const app = await appOf(t)
  for (const url of ['/nope', '/problems/nope', '/explore/nope']) {
    const page = await app.inject({ url, headers: browser })
    t.equal(page.statusCode, 404)
    t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    t.equal(page.headers.vary, 'accept, accept-language')
    t.equal(Number(page.headers['content-length']), Buffer.byteLength(page.body))
    t.match(page.body, '<h1>Nothing is here</h1>')
    for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }]) {
      const problem = await app.inject({ url, headers })
      t.equal(problem.headers['content-type'], 'application/problem+json; charset=utf-8', url)
      t.match(problem.json(), { status: 404, type: '/problems/not-found' })
      t.equal(problem.headers.vary, 'accept')
    }
  }
  t.equal((await app.inject({ method: 'HEAD', url: '/nope', headers: browser })).statusCode, 404)
  for (const url of ['/v2/nope', '/v2//models/mse', '/v2/models/mse/nope?a']) {
    const { statusCode, headers, body } = await app.inject({ url, headers: browser })
    t.same([statusCode, headers['content-type']], [404, 'application/json; charset=utf-8'], url)
    t.match(JSON.parse(body), { error: /^There is no resource at this path/ })
  }
  const evaluation = await ask(app, { url: '/v1/evaluations/nope', headers: browser })
  t.equal(evaluation.type, 'application/problem+json', 'resources of the API answer as they always do')
})

test('each page of problems is in Korean for a browser that prefers it, or where the address says so', async (t) => {
  const app = await appOf(t)
  const korean = { ...browser, 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.5' }
  for (const { type, title } of types) {
    const { body, headers } = await app.inject({ url: type, headers: korean })
    t.match(body, '<html lang="ko">')
    t.equal(headers['content-language'], 'ko')
    t.match(body, /<h1>[^<]*[가-힣]/, type)
    t.notMatch(body, title)
    t.notMatch(body, /undefined|`/)
  }
  const codes = (await app.inject({ url: '/problems/invalid-content?lang=ko', headers: browser })).body
  for (const [, said] of codes.matchAll(/<dd>(.*?)<\/dd>/g)) t.match(said, /[가-힣]/)
  const nowhere = await app.inject({ url: '/nope', headers: korean })
  t.match(nowhere.body, '<h1>여기에는 아무것도 없습니다</h1>')
  t.equal(nowhere.statusCode, 404)
  t.match((await app.inject({ url: '/nope?lang=en', headers: korean })).body, 'Nothing is here')
  t.match((await app.inject({ url: '/problems', headers: korean })).body, '<h1>오류 유형</h1>')
})
