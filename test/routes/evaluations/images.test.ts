import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { t as root, test } from 'tap'
import { appOf } from '../../support.ts'
import { allRows, evaluationOf, send, threeClasses } from './support.ts'

const app = await appOf(root)

function get(of: FastifyInstance, path: string, headers: Record<string, string> = {}) {
  return of.inject({ method: 'GET', url: `/v1/evaluations${path}`, headers })
}

/** The text of an image: what stands in its title. */
function titleOf(svg: string): string | undefined {
  return /<title>(.*)<\/title>/.exec(svg)?.[1]
}

test('a badge shows one figure of the report, of all rows or of a group', async (t) => {
  const declaration = { ...threeClasses, include: ['metrics'], groupBy: ['country'] }
  const groups = { country: ['KR', 'FR', 'KR', 'KR', 'FR', 'KR'] }
  await evaluationOf(app, 'badge', declaration, [{ ...allRows, groups }])
  const { body } = await send(app, 'GET', '/badge')
  const report = body as {
    loss: number
    accuracy: number
    samples: number
    metrics: { f1: { macro: number } }
    groups: { groups: { key: { country: string }; loss: number }[] }[]
  }
  const short = (value: number) => String(Number(value.toPrecision(4)))
  const korea = report.groups[0].groups.find(({ key }) => key.country === 'KR')
  for (const [query, title] of [
    ['', `loss: ${short(report.loss)}`],
    ['?figure=accuracy', `accuracy: ${short(report.accuracy)}`],
    ['?figure=samples', `samples: ${report.samples}`],
    ['?figure=metrics.f1.macro&label=F1', `F1: ${short(report.metrics.f1.macro)}`],
    [`?group=${encodeURIComponent('{"country":"KR"}')}`, `loss: ${short(korea?.loss ?? Number.NaN)}`],
    [`?group=${encodeURIComponent('{"country":"IT"}')}`, 'loss: –'],
  ]) {
    const answer = await get(app, `/badge/badge.svg${query}`)
    t.equal(answer.statusCode, 200, answer.body)
    t.equal(answer.headers['content-type'], 'image/svg+xml')
    t.equal(titleOf(answer.body), title)
  }
  t.not(short(korea?.loss ?? 0), short(report.loss), 'a group has its own loss')
})

test('a sparkline goes from the lowest to the highest loss, with a gap for an infinite one', async (t) => {
  const finite = (p: number) => ({ predictions: [[p, 1 - p, 0]], labels: [0] })
  const parts = [finite(0.5), finite(0.25), finite(1e-300), { predictions: [[0, 1, 0]], labels: [0] }, finite(1)]
  await evaluationOf(app, 'line', { ...threeClasses, logPolicy: 'exact' }, parts)
  const { body } = await get(app, '/line/sparkline.svg')
  t.equal(titleOf(body), 'loss: 0')
  const [path] = /(?<= d=")[^"]*/.exec(body) ?? []
  // ln 2 / (300 ln 10) and ln 4 / (300 ln 10) of 16 pixels are 0.016 and 0.032
  t.equal(path, 'M2 17.98L31 17.97L60 2M118 18')
  t.match(body, '<circle class="b" cx="118" cy="18" r="2"/>')
  const accuracy = await get(app, '/line/sparkline.svg?figure=accuracy')
  t.equal(titleOf(accuracy.body), 'accuracy: 1')
  t.equal((await get(app, '/line/badge.svg')).body.includes('∞'), true)
  await send(app, 'PUT', '/empty', threeClasses)
  t.equal(titleOf((await get(app, '/empty/sparkline.svg')).body), 'loss: –')
})

test('an image is a static SVG: what is drawn is escaped, and the policy allows its style only', async (t) => {
  await evaluationOf(app, 'safe')
  const label = `<script>alert("1")</script>&'`
  const answer = await get(app, `/safe/badge.svg?label=${encodeURIComponent(label)}`)
  t.notMatch(answer.body, '<script')
  t.match(answer.body, '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;')
  const [, style = ''] = /<style>(.*)<\/style>/.exec(answer.body) ?? []
  t.match(style, 'prefers-color-scheme:dark')
  const hash = createHash('sha256').update(style).digest('base64')
  t.equal(answer.headers['content-security-policy'], `default-src 'none';style-src 'sha256-${hash}'`)
  for (const wrong of ['%00', '%0A', '', 'x'.repeat(65), '%EF%BF%BE']) {
    const { statusCode } = await get(app, `/safe/badge.svg?label=${wrong}`)
    t.equal(statusCode, 422, wrong)
  }
})

test('a figure that the report does not have is refused, with the nearest name', async (t) => {
  await evaluationOf(app, 'wrong')
  for (const [query, pointer, detail] of [
    ['figure=acuracy', '#/figure', 'did you mean "accuracy"?'],
    ['figure=metrics.f1.macro', '#/figure', 'include: ["metrics"]'],
    ['figure=losses', '#/figure', 'not a number of the answer'],
    ['group=%7B%22country%22%3A%22KR%22%7D', '#/group', 'declared without groupBy'],
    ['size=3', '#/size', 'not a recognised field'],
  ]) {
    const { body, statusCode } = await get(app, `/wrong/badge.svg?${query}`)
    t.equal(statusCode, 422)
    t.equal(JSON.parse(body).errors[0].pointer, pointer)
    t.match(JSON.parse(body).errors[0].detail, detail)
  }
  t.equal((await get(app, '/wrong/sparkline.svg?figure=samples')).statusCode, 422)
  t.equal((await get(app, '/absent/badge.svg')).statusCode, 404)
})

test('an unchanged image is not sent again, and one with another batch is', async (t) => {
  await evaluationOf(app, 'tag')
  for (const name of ['badge', 'sparkline']) {
    const first = await get(app, `/tag/${name}.svg`)
    const { etag } = first.headers
    t.equal(first.headers['cache-control'], 'no-cache')
    const again = await get(app, `/tag/${name}.svg`, { 'if-none-match': String(etag) })
    t.same([again.statusCode, again.body, again.headers.etag], [304, '', etag])
    await send(app, 'PUT', `/tag/batches/${name}`, allRows)
    const changed = await get(app, `/tag/${name}.svg`, { 'if-none-match': String(etag) })
    t.equal(changed.statusCode, 200)
    t.not(changed.headers.etag, etag)
  }
})

test('without a key only what is public is drawn, and nothing says what else there is', async (t) => {
  const keys = ['a', 'b'].map((name) => {
    const scopes = name === 'a' ? ['read', 'write'] : ['write']
    return { name, sha256: createHash('sha256').update(`key-${name}`).digest('hex'), scopes }
  })
  const file = join(t.testdir({ 'keys.json': JSON.stringify(keys) }), 'keys.json')
  const closed = await appOf(t, { API_KEYS_FILE: file })
  const as = (name: string) => ({ authorization: `Bearer key-${name}` })
  const declare = (owner: string, name: string, more: object = {}) =>
    closed.inject({
      method: 'PUT',
      url: `/v1/evaluations/${name}`,
      headers: { ...as(owner), 'content-type': 'application/json' },
      payload: JSON.stringify({ ...threeClasses, ...more }),
    })
  const publicly = { badge: 'public' }
  t.equal((await declare('a', 'private')).statusCode, 201)
  const { body } = await declare('a', 'shown', publicly)
  t.equal(JSON.parse(body).badge, 'public')
  t.equal((await declare('a', 'shown')).statusCode, 409, 'it is part of the declaration')

  for (const image of ['badge.svg', 'sparkline.svg']) {
    const shown = await get(closed, `/shown/${image}`)
    t.equal(shown.statusCode, 200, shown.body)
    t.equal(shown.headers['cross-origin-resource-policy'], 'cross-origin')
    t.match(shown.headers.vary, 'authorization')
    const [hidden, absent] = [await get(closed, `/private/${image}`), await get(closed, `/absentee/${image}`)]
    const alike = ({ body, statusCode, headers }: typeof hidden) => {
      const { requestId: _, detail, instance: __, ...others } = JSON.parse(body)
      const { 'x-request-id': ___, 'content-length': ____, date: _____, ...sent } = headers
      return [statusCode, String(detail).replaceAll(/private|absentee/g, 'name'), others, sent]
    }
    t.same(alike(hidden), alike(absent))
    t.equal(hidden.statusCode, 404)
    t.equal((await get(closed, `/private/${image}`, as('a'))).statusCode, 200)
    t.equal((await get(closed, `/private/${image}?owner=a`)).statusCode, 404)
    t.equal((await get(closed, `/shown/${image}`, as('b'))).statusCode, 403, 'a key that cannot read')
    t.equal((await get(closed, `/shown/${image}`, { authorization: 'Bearer wrong' })).statusCode, 401)
  }
  t.equal((await get(closed, '/shown')).statusCode, 401, 'nothing else of it is public')
  t.equal((await get(closed, '/shown/curve')).statusCode, 401)

  t.equal((await declare('b', 'shown', publicly)).statusCode, 201)
  const several = await get(closed, '/shown/badge.svg')
  t.equal(several.statusCode, 422)
  t.match(JSON.parse(several.body).errors[0], { pointer: '#/owner', code: 'missing' })
  for (const owner of ['a', 'b']) {
    const { statusCode } = await get(closed, `/shown/badge.svg?owner=${owner}`)
    t.equal(statusCode, 200)
  }
  await closed.inject({ method: 'DELETE', url: '/v1/evaluations/shown', headers: as('a') })
  t.equal((await get(closed, '/shown/badge.svg?owner=a')).statusCode, 404)
  t.equal((await get(closed, '/shown/badge.svg')).statusCode, 200)
})
