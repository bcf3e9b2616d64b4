import { test } from 'tap'
import { addressBelow, documentBelow, pageBelow } from '../../../src/http/plugins/base-path.ts'
import { Client, serve } from '../../formats/support.ts'
import { appOf } from '../../support.ts'

const BASE_PATH = '/models/loss_meter'

test('the address of a request below a base path', async (t) => {
  const below = addressBelow('/a')
  const table: [string | undefined, string][] = [
    ['/a', '/'],
    ['/a/', '/'],
    ['/a?x=/b', '/?x=/b'],
    ['/a/v1/loss?x', '/v1/loss?x'],
    ['/a/livez', '/livez'],
    ['/livez', '/livez'],
    ['/readyz?verbose', '/readyz?verbose'],
    ['/metrics', '/metrics'],
    ['/ab', '/.outside'],
    ['/v1/loss', '/.outside'],
    ['/', '/.outside'],
    ['*', '/.outside'],
    [undefined, '/.outside'],
  ]
  for (const [url, expected] of table) t.equal(below({ url }), expected, String(url))
})

test('what stands in a page or a document', async (t) => {
  t.equal(
    pageBelow('/a', '<a href="/docs">/docs</a> <a href="#x"> <img src="/i"> curl http://127.0.0.1:3000/v1'),
    '<a href="/a/docs">/docs</a> <a href="#x"> <img src="/a/i"> curl http://127.0.0.1:3000/a/v1',
  )
  const document = {
    info: { description: '[The pictures](/learn)' },
    servers: [{ url: '/' }],
    example: { type: '/problems/x', instance: '/', other: '/', schema: { type: 'object' } },
  }
  t.same(JSON.parse(documentBelow('/a', JSON.stringify(document))), {
    info: { description: '[The pictures](/a/learn)' },
    servers: [{ url: '/a' }],
    example: { ...document.example, type: '/a/problems/x', instance: '/a/' },
  })
  t.equal(documentBelow('', JSON.stringify(document)), JSON.stringify(document))
})

test('all pages, their files and their links stay below it, and are there', async (t) => {
  const app = await appOf(t, { BASE_PATH })
  const seen = new Set<string>()
  const visit = async (url: string): Promise<void> => {
    if (seen.has(url)) return
    seen.add(url)
    t.ok(url.startsWith(`${BASE_PATH}/`), url)
    const answer = await app.inject({ url, headers: { accept: 'text/html' } })
    t.equal(answer.statusCode, 200, url)
    if (!String(answer.headers['content-type']).startsWith('text/html')) return
    for (const [, link] of answer.body.matchAll(/\b(?:href|src|data-plotly)="([^"#]+)"/g)) {
      if (!/^(data|https?):/.test(link)) await visit(new URL(link, `http://a${url}`).pathname)
    }
  }
  for (const path of ['/', '/learn', '/batch', '/runs', '/docs', '/docs/', '/problems', '/openapi.json'])
    await visit(`${BASE_PATH}${path}`)
  t.ok(seen.has(`${BASE_PATH}/problems/invalid-content`))
  t.ok(seen.size > 40)
  const { body } = await app.inject({ url: `${BASE_PATH}/nothing`, headers: { accept: 'text/html' } })
  t.match(body, `<a href="${BASE_PATH}/docs">`)
})

test('links, redirects, and the document stay below it', async (t) => {
  const app = await appOf(t, { BASE_PATH })
  const locationOf = async (url: string) =>
    (await app.inject({ url, headers: { accept: 'text/html' } })).headers.location
  t.equal(await locationOf(`${BASE_PATH}/explore?lang=ko`), `${BASE_PATH}/learn?lang=ko`)
  t.equal(await locationOf(`${BASE_PATH}/docs/json`), `${BASE_PATH}/openapi.json`)
  t.equal(await locationOf(`${BASE_PATH}/docs/static/index.html`), `${BASE_PATH}/docs/`)
  const { links } = (await app.inject(BASE_PATH)).json()
  for (const url of Object.values<string>(links)) t.equal((await app.inject(url)).statusCode, 200, url)
  const document = (await app.inject(`${BASE_PATH}/openapi.json`)).json()
  t.equal(document.servers[0].url, BASE_PATH)
  t.match(document.info.description, `(${BASE_PATH}/learn)`)
  t.notMatch(JSON.stringify(document), '"type":"/problems/')
  t.ok('/v1/loss' in document.paths)
  const created = await app.inject({
    method: 'PUT',
    url: `${BASE_PATH}/v1/evaluations/a`,
    payload: { loss: 'mse', labelFormat: 'values', outputs: 1 },
  })
  t.equal(created.headers.location, `${BASE_PATH}/v1/evaluations/a`)
})

test('problems name addresses below it, wherever they come from', async (t) => {
  const { app, port } = await serve(t, { BASE_PATH })
  const url = `${BASE_PATH}/v1/loss`
  const refused = await app.inject({ method: 'POST', url: `${url}?a`, payload: {} })
  t.match(refused.json(), { type: `${BASE_PATH}/problems/invalid-content`, instance: url })
  const line = await app.inject({
    method: 'POST',
    url: `${BASE_PATH}/v1/evaluations/none/batches`,
    headers: { 'content-type': 'application/x-ndjson' },
    payload: '{\n',
  })
  t.match(line.body, `"type":"http://localhost:80${BASE_PATH}/problems/`)
  t.match((await app.inject(`${BASE_PATH}/problems/sealed`)).json(), { type: `${BASE_PATH}/problems/sealed` })
  t.match((await app.inject(`${BASE_PATH}/%zz`)).json(), { instance: `${BASE_PATH}/%zz` })
  const broken = new Client(t, port)
  await broken.write('NONSENSE\r\n\r\n')
  t.match((await broken.answer()).body, { type: `${BASE_PATH}/problems/bad-request`, instance: `${BASE_PATH}/` })
})

test('outside it nothing is served but what orchestrators ask', async (t) => {
  const app = await appOf(t, { BASE_PATH })
  for (const url of ['/', '/docs', '/v1/losses', `${BASE_PATH}x`, '/.outside']) {
    const { statusCode, body } = await app.inject(url)
    t.equal(statusCode, 404, url)
    t.match(JSON.parse(body), { type: `${BASE_PATH}/problems/not-found`, instance: url })
  }
  for (const url of ['/livez', '/readyz']) {
    t.equal((await app.inject(url)).statusCode, 200)
    t.equal((await app.inject(`${BASE_PATH}${url}`)).statusCode, 200)
  }
})
