import { t as root, test } from 'tap'
import { appOf } from '../../support.ts'
import { batches, evaluationOf, send, threeClasses } from './support.ts'

const app = await appOf(root)

async function metadataOf(name: string): Promise<unknown> {
  return ((await send(app, 'GET', `/${name}`)).body as { metadata: unknown }).metadata
}

test('metadata are merged: a string is set, null removes, the others stay', async (t) => {
  await evaluationOf(app, 'merging', { ...threeClasses, metadata: { a: '1', b: '2' } })
  const { body: before } = await send(app, 'GET', '/merging')
  const { status, body } = await send(app, 'PATCH', '/merging', { metadata: { b: null, c: '', d: 'null' } })
  t.equal(status, 200)
  const { requestId: _, updatedAt, expiresAt, ...rest } = body as Record<string, unknown>
  t.match({ ...(before as object), metadata: { a: '1', c: '', d: 'null' } }, rest, 'nothing else changes')
  t.same(await metadataOf('merging'), { a: '1', c: '', d: 'null' })
  t.ok(Date.parse(String(expiresAt)) - Date.parse(String(updatedAt)) === 30 * 86_400_000)
  await send(app, 'PATCH', '/merging', { metadata: null })
  t.same(await metadataOf('merging'), {})
})

test('the declaration stays: sent again it is the same, and leaves changed metadata', async (t) => {
  const declaration = { ...threeClasses, metadata: { a: '1' } }
  await evaluationOf(app, 'declared', declaration, [])
  await send(app, 'PATCH', '/declared', { metadata: { a: '2' } })
  const again = await send(app, 'PUT', '/declared', declaration)
  t.equal(again.status, 200)
  t.same((again.body as { metadata: unknown }).metadata, { a: '2' })
  const changed = await send(app, 'PUT', '/declared', { ...threeClasses, metadata: { a: '2' } })
  t.equal(changed.status, 409, 'another declaration')
})

test('a change is whole: with a seal that fails nothing is changed', async (t) => {
  await evaluationOf(app, 'whole', { ...threeClasses, expectedBatches: 4 })
  const change = { status: 'sealed', metadata: { stage: 'done' } }
  t.equal((await send(app, 'PATCH', '/whole', change)).status, 409)
  t.same(await metadataOf('whole'), {})
  await send(app, 'PUT', '/whole/batches/step-4', batches[0])
  t.match((await send(app, 'PATCH', '/whole', change)).body, { status: 'sealed', metadata: { stage: 'done' } })
  const after = await send(app, 'PATCH', '/whole', { metadata: { stage: 'archived' } })
  t.match(after.body, { status: 'sealed', metadata: { stage: 'archived' } }, 'a sealed one can be labelled')
})

test('a change has a tag of its own, and is made only to what If-Match names', async (t) => {
  await evaluationOf(app, 'tagged')
  const tagOf = async () => String((await send(app, 'GET', '/tagged')).headers.etag)
  const patch = (match: string, value: string) =>
    app.inject({
      method: 'PATCH',
      url: '/v1/evaluations/tagged',
      headers: { 'if-match': match },
      payload: { metadata: { value } },
    })
  const first = await tagOf()
  t.equal((await patch(first, '1')).statusCode, 200)
  const second = await tagOf()
  t.not(second, first)
  const late = await patch(first, '2')
  t.equal(late.statusCode, 412)
  t.equal(late.headers.etag, second)
  t.same(await metadataOf('tagged'), { value: '1' })
  t.equal((await patch(second, '1')).statusCode, 200, 'a change to the same')
  t.equal(await tagOf(), second)
})

test('changes at once are all kept', async (t) => {
  await evaluationOf(app, 'raced', threeClasses, [])
  const keys = Array.from({ length: 20 }, (_, at) => `key${at}`)
  const answers = await Promise.all(keys.map((key) => send(app, 'PATCH', '/raced', { metadata: { [key]: 'x' } })))
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]))
  t.same(await metadataOf('raced'), Object.fromEntries(keys.map((key) => [key, 'x'])))
})

test('what is no change, or too much, is refused', async (t) => {
  const metadata = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`key${at}`, 'x']))
  await evaluationOf(app, 'refusing', { ...threeClasses, metadata }, [])
  const refused: [unknown, string, string][] = [
    [{}, '#', 'the body must have status or metadata; received an object'],
    [{ status: 'open' }, '#/status', 'status must be sealed; received "open"'],
    [{ metadata: { a: 1 } }, '#/metadata/a', 'metadata.a must be a string; received 1'],
    [{ metadata: 'a' }, '#/metadata', 'metadata must be a JSON object; received "a"'],
    [{ metadata: { more: 'x' } }, '#/metadata', 'metadata would have 33 entries; at most 32 are allowed'],
    [{ metadata: {}, outputs: 3 }, '#/outputs', '"outputs" is not a recognised field'],
  ]
  for (const [change, pointer, detail] of refused) {
    const { status, body } = await send(app, 'PATCH', '/refusing', change)
    t.equal(status, 422)
    t.match(body, { errors: [{ pointer, detail }] })
  }
  t.equal((await send(app, 'PATCH', '/refusing', { metadata: { more: 'x', key0: null } })).status, 200)
  t.equal((await send(app, 'PATCH', '/nowhere', { metadata: {} })).status, 404)
})
