import { test } from 'tap'
import type { ProblemName } from '../../src/http/problems.ts'
import { problems } from '../../src/http/problems.ts'
import { errorCodes } from '../../src/loss/error-codes.ts'
import { appOf, ask, plainProblem, problemOf } from '../support.ts'

const names = Object.keys(problems) as ProblemName[]
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

test('every problem type is explained as JSON', async (t) => {
  const app = await appOf(t)
  const listed = []
  for (const name of names) {
    const { status, body, headers } = await ask(app, { url: `/problems/${name}` })
    const codes = name === 'invalid-content' ? { codes: errorCodes } : {}
    t.same([status, body], [200, { ...problems[name], type: `/problems/${name}`, ...codes }], name)
    t.equal(headers.vary, 'accept')
    listed.push(body)
  }
  const { problems: all } = (await ask(app, { url: '/problems' })).body as { problems: Record<string, unknown>[] }
  t.same(all.map(plainProblem), listed)
})

test('a browser gets a page, anything else JSON', async (t) => {
  const app = await appOf(t)
  const table: [string | undefined, string][] = [
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/problem+json', 'application/json'],
    ['image/png', 'application/json'],
    ['nonsense', 'application/json'],
    ['text/html', 'text/html'],
    [browser, 'text/html'],
    ['text/html;q=0.1, application/json', 'application/json'],
  ]
  for (const url of ['/problems', '/problems/not-found']) {
    for (const [accept, type] of table) {
      const answer = await ask(app, { url, headers: accept === undefined ? {} : { accept } })
      t.same([answer.status, answer.type], [200, type], `${url} ${accept}`)
    }
  }
})

test('there is no other problem type', async (t) => {
  const app = await appOf(t)
  const detail = `There is no problem type with this name. The types are ${names.join(', ')}.`
  for (const name of ['nope', 'toString', '__proto__', 'NOT-FOUND', '%2e%2e', '<script>']) {
    const url = `/problems/${encodeURIComponent(name)}`
    const { status, body } = await ask(app, { url })
    t.same([status, body], [404, problemOf('not-found', 404, 'No such resource', detail, url)], name)
  }
})
