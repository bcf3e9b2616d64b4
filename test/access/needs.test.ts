import { test } from 'tap'
import type { Need } from '../../src/access/needs.ts'
import { NeedUnknown, needOf, needs } from '../../src/access/needs.ts'

const table: [string, string, Need][] = [
  ['GET', '/livez', 'nothing'],
  ['GET', '/readyz', 'nothing'],
  ['GET', '/', 'nothing'],
  ['GET', '/openapi.json', 'nothing'],
  ['GET', '/docs', 'nothing'],
  ['HEAD', '/docs/static/*', 'nothing'],
  ['GET', '/explore/plotly.js', 'nothing'],
  ['GET', '/problems/:name', 'nothing'],
  ['POST', '/v1/loss', 'evaluate'],
  ['POST', '/v1/mini-batches', 'evaluate'],
  ['POST', '/v1/sweeps', 'evaluate'],
  ['POST', '/v1/comparisons', 'evaluate'],
  ['GET', '/v1/losses', 'any key'],
  ['HEAD', '/v1/limits', 'any key'],
  ['GET', '/v1/evaluations', 'read'],
  ['HEAD', '/v1/evaluations/:evaluation', 'read'],
  ['GET', '/v1/evaluations/:evaluation/events', 'read'],
  ['PUT', '/v1/evaluations/:evaluation', 'write'],
  ['PUT', '/v1/evaluations/:evaluation/batches/:batch', 'write'],
  ['POST', '/v1/evaluations/:evaluation/batches', 'write'],
  ['PATCH', '/v1/evaluations/:evaluation', 'write'],
  ['DELETE', '/v1/evaluations/:evaluation', 'write'],
  ['GET', '/v2', 'any key'],
  ['GET', '/v2/health/live', 'nothing'],
  ['GET', '/v2/models/:loss/ready', 'any key'],
  ['POST', '/v2/models/:loss/infer', 'evaluate'],
  ['GET', '/metrics', 'metrics'],
  ['OPTIONS', '*', 'nothing'],
]

test('what each route asks for', async (t) => {
  for (const [method, url, need] of table) t.equal(needOf(method, url), need, `${method} ${url}`)
  const tested = table.map(([, url]) => url)
  for (const pattern of Object.keys(needs)) {
    const root = pattern.replace('/*', '')
    t.ok(
      tested.some((url) => url === root || url.startsWith(`${root}/`)),
      pattern,
    )
  }
})

test('a route that is not in the table is refused before the service starts', async (t) => {
  for (const [method, url] of [
    ['GET', '/v1/secrets'],
    ['GET', '/docsx'],
    ['GET', '/v1/loss/x'],
    ['TRACE', '/v1/evaluations'],
  ]) {
    const message = `${method} ${url} is missing in the table of src/access/needs.ts`
    t.throws(() => needOf(method, url), new NeedUnknown(message))
  }
})
