import { t as root, test } from 'tap'
import { appOf } from '../../support.ts'
import { batches, evaluationOf, send, threeClasses } from './support.ts'

const app = await appOf(root)

interface List {
  readonly evaluations: readonly { readonly evaluation: string; readonly accuracy: number | null }[]
  readonly next?: string
}

/** The names of all pages. */
async function namesOf(query: string, limit = 100): Promise<string[]> {
  const names: string[] = []
  for (let after = ''; ; ) {
    const { status, body, text } = await send(app, 'GET', `?${query}&limit=${limit}${after}`)
    if (status !== 200) throw new Error(text)
    const { evaluations, next } = body as List
    names.push(...evaluations.map(({ evaluation }) => evaluation))
    if (next === undefined) return names
    if (evaluations.length !== limit) throw new Error('a page that is not full has a next one')
    after = `&after=${next}`
  }
}

const all = ['a', 'b', 'c', 'd', 'e']
await evaluationOf(app, 'a', { ...threeClasses, metadata: { model: 'm1', 'a b&c=': 'x+ y' } }, [batches[0]])
await evaluationOf(app, 'b', { ...threeClasses, metadata: { model: 'm2', stage: 'test' } }, [batches[1]])
await evaluationOf(app, 'c', { ...threeClasses, metadata: { model: 'm1', stage: 'test' } }, [batches[2]])
await evaluationOf(app, 'd', threeClasses, [])
await evaluationOf(app, 'e', { loss: 'cross-entropy', labelFormat: 'index', outputs: 3, metadata: { model: 'M1' } }, [
  batches[0],
])

test('a list has what has all strings', async (t) => {
  t.same(await namesOf('metadata.model=m1'), ['c', 'a'])
  t.same(await namesOf('metadata.model=m1&metadata.stage=test'), ['c'])
  t.same(await namesOf('metadata.model=m3'), [])
  t.same(await namesOf('metadata.__proto__=x'), [])
  t.same(await namesOf('metadata.constructor='), [])
  const odd = new URLSearchParams({ 'metadata.a b&c=': 'x+ y' })
  t.same(await namesOf(String(odd)), ['a'])
  for (const value of ['"\\/\u2028\n', '한 글', '', '{"model":"m1"}']) {
    await send(app, 'PATCH', '/d', { metadata: { value } })
    t.same(await namesOf(String(new URLSearchParams({ 'metadata.value': value }))), ['d'])
  }
  await send(app, 'PATCH', '/d', { metadata: null })
  t.same(await namesOf('metadata.loss=cross-entropy'), [], 'what only the declaration has is no metadata')
  t.same(await namesOf('prefix=a&metadata.model=m1'), ['a'])
  t.same(await namesOf('metadata.model=m1', 1), ['c', 'a'], 'page by page')
  await send(app, 'PATCH', '/d', { metadata: { model: 'm1' } })
  t.same(await namesOf('metadata.model=m1'), ['d', 'c', 'a'], 'as it was changed')
  await send(app, 'PATCH', '/d', { metadata: null })
  t.same(await namesOf('metadata.model=m1'), ['c', 'a'])
})

test('a sorted list has nulls last, and of equals the newest first, on whatever pages', async (t) => {
  const { body } = await send(app, 'GET', '')
  const accuracies = Object.fromEntries(
    (body as List).evaluations.map(({ evaluation, accuracy }) => [evaluation, accuracy]),
  )
  t.same(accuracies, { a: 0.5, b: 1, c: 1 / 3, d: null, e: 0.5 })
  const orders: [string, string[]][] = [
    ['accuracy', ['c', 'e', 'a', 'b', 'd']],
    ['-accuracy', ['b', 'e', 'a', 'c', 'd']],
    ['samples', ['d', 'b', 'e', 'a', 'c']],
    ['-samples', ['c', 'e', 'a', 'b', 'd']],
    ['createdAt', all],
    ['-createdAt', all.toReversed()],
  ]
  for (const [sort, names] of orders)
    for (const limit of [1, 2, 3, 5, 6]) t.same(await namesOf(`sort=${sort}`, limit), names, `${sort} by ${limit}`)
  t.same(
    (await namesOf('sort=loss')).toReversed().slice(1),
    (await namesOf('sort=-loss')).slice(0, -1).toSorted(byLoss),
  )
  t.same(await namesOf('sort=-accuracy&metadata.model=m1'), ['a', 'c'])
})

/** a and e are equal, and the newest of them comes first both ways. */
function byLoss(a: string, b: string): number {
  return a + b === 'ea' ? 1 : a + b === 'ae' ? -1 : 0
}

test('figures in a list are those of now', async (t) => {
  await send(app, 'PUT', '/b/batches/step-2', batches[2])
  t.same(
    await namesOf('sort=-accuracy'),
    ['e', 'b', 'a', 'c', 'd'].toSorted((x, y) => rank(x) - rank(y)),
  )
})

/** b has now 2 of 4 right, as many as a and e of theirs. */
function rank(name: string): number {
  return ['e', 'b', 'a', 'c', 'd'].indexOf(name)
}

test('queries that mean nothing are refused', async (t) => {
  const refused: [string, string][] = [
    ['sort=colour', '#/sort'],
    ['sort=-accuracy&sort=loss', '#/sort'],
    ['sort=-accuracy&after=7', '#/after'],
    ['after=0.5~7', '#/after'],
    ['sort=loss&after=0.5~', '#/after'],
    ['sort=loss&after=x~1', '#/after'],
    ['sort=loss&after=null~0', '#/after'],
    ['metadata.a=1&metadata.a=2', '#/metadata.a'],
    ['metadata=1', '#/metadata'],
    ['metadat.a=1', '#/metadat.a'],
    ['from=2020-01-01', '#/from'],
  ]
  for (const [query, pointer] of refused) {
    const { status, body } = await send(app, 'GET', `?${query}`)
    t.equal(status, 422, query)
    t.match(body, { errors: [{ pointer }] }, query)
  }
})

test('what has no figures is listed page by page, and nothing as no page', async (t) => {
  for (const name of ['empty-1', 'empty-2', 'empty-3']) await evaluationOf(app, name, threeClasses, [])
  for (const sort of ['accuracy', '-loss'])
    t.same(await namesOf(`prefix=empty&sort=${sort}`, 1), ['empty-3', 'empty-2', 'empty-1'])
  t.same(await namesOf('prefix=none&sort=loss'), [])
})
