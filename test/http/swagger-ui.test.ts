import { test } from 'tap'
import { chooseMember, leaveOutLogo, showLines } from '../../src/http/swagger-ui.ts'
import { appOf } from '../support.ts'

test('Swagger UI, for narrow windows, too', async (t) => {
  const app = await appOf(t)
  for (const url of ['/docs', '/docs/']) {
    const { statusCode, body, headers } = await app.inject(url)
    t.equal(statusCode, 200)
    t.equal(headers['content-type'], 'text/html; charset=utf-8')
    t.match(body, '<meta name="viewport" content="width=device-width, initial-scale=1">')
    t.match(body, 'docs.css')
  }
  t.match((await app.inject('/docs/static/theme/docs.css')).body, '.swagger-ui')
})

test('its large files and the document are compressed', async (t) => {
  const app = await appOf(t)
  for (const [url, most] of [
    ['/docs/static/swagger-ui-bundle.js', 450_000],
    ['/docs/static/swagger-ui-standalone-preset.js', 100_000],
    ['/docs/static/swagger-ui.css', 40_000],
    ['/openapi.json', 40_000],
  ] as const) {
    const answer = await app.inject({ url, headers: { 'accept-encoding': 'gzip, deflate, br' } })
    t.equal(answer.headers['content-encoding'], 'br', url)
    t.ok(answer.rawPayload.length < most, `${url}: ${answer.rawPayload.length} bytes`)
    t.match(answer.headers['cache-control'], url === '/openapi.json' ? 'no-cache' : 'max-age=86400')
  }
  const same = await app.inject('/docs/json')
  t.equal(same.statusCode, 302)
  t.equal(same.headers.location, '/openapi.json')
})

test('the example of NDJSON is shown as lines', async (t) => {
  const fn = { getSampleSchema: (schema: unknown, _type: string) => JSON.stringify(schema) }
  showLines().afterLoad({ fn })
  t.equal(fn.getSampleSchema('{"a":1}\n', 'application/x-ndjson'), '{"a":1}\n')
  t.equal(fn.getSampleSchema({ a: 1 }, 'application/json'), '{"a":1}')
})

test('of a union one schema is shown, which is chosen in a list', async (t) => {
  let chosen = 0
  const React = {
    createElement: (type: unknown, props: object | null, ...children: unknown[]) => ({ type, props, children }),
    useState: <State>(_first: State): [State, (next: State) => void] => [
      chosen as State,
      (next) => {
        chosen = Number(next)
      },
    ],
  }
  const useComponent = (name: string) => () => name
  const plugin = chooseMember({ React, getSystem: () => ({ fn: { jsonSchema202012: { useComponent } } }) })
  const Union = () => 'union'
  const wrapped = plugin.wrapComponents.JSONSchema202012KeywordOneOf(Union)
  const oneOf = [{ title: 'First' }, { title: 'Second' }]
  t.match(wrapped({ schema: { oneOf } }), { type: Union })
  const { type: Chosen, props } = wrapped({ schema: { oneOf, discriminator: { propertyName: 'loss' } } }) as {
    type: (props: object) => { children: { props: { schema: object }; children: { props: object }[] }[] }
    props: object
  }
  const [label, description, properties] = Chosen(props).children
  t.match(label.children, [
    'loss',
    ' ',
    { type: 'select', children: [oneOf.map(({ title }) => ({ children: [title] }))] },
  ])
  t.equal(description.props.schema, oneOf[0])
  t.equal(properties.props.schema, oneOf[0])
  const { onChange } = label.children[2].props as { onChange: (event: object) => void }
  onChange({ target: { value: '1' } })
  t.equal(Chosen(props).children[1].props.schema, oneOf[1])
  t.same(Chosen({ schema: { discriminator: undefined } }).children[1].props.schema, undefined)
})

test('there is no logo but ours', async (t) => {
  t.equal(leaveOutLogo().components.Logo(), null)
})
