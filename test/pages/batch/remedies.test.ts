import { test } from 'tap'
import { hasHeader, partRefused, remediesOf } from '../../../src/pages/batch/remedies.js'

type Problem = Parameters<typeof remediesOf>[0]
type ListedError = NonNullable<Problem['errors']>[number]

/** A problem with these errors. */
function problem(...errors: Partial<ListedError>[]): Problem {
  const whole = errors.map((error) => ({ pointer: '#', code: 'shape' as const, detail: '', received: '', ...error }))
  return { type: '', title: '', status: 422, detail: '', instance: '', requestId: '', errors: whole }
}

test('changes of options are offered, those of the data are not', async (t) => {
  const set = { labelFormat: 'index', ignoreIndex: -1 }
  t.same(remediesOf(problem({ remedies: [{ set }] }, {})), [set])
  t.same(remediesOf(problem({ remedies: [{ scale: { predictions: 0.01 } }] })), [])
  t.same(remediesOf(problem({ remedies: [{ set, flatten: ['labels'] }] })), [])
  const { errors: _, ...bare } = problem()
  t.same(remediesOf(bare), [])
})

test('a part that cannot be given is left out, unless a remedy says so', async (t) => {
  const options = { include: ['metrics', 'confusion'] }
  const refused = { pointer: '#/include/1', code: 'not-available' } as const
  t.equal(partRefused(problem(refused), options), 'confusion')
  t.equal(partRefused({ ...problem(), pointer: '#/include/0' }, options), 'metrics')
  t.equal(partRefused(problem({ ...refused, remedies: [{ set: { include: [] } }] }), options), undefined)
  t.equal(partRefused(problem(refused), {}), undefined)
})

test('a row of names is seen by its code', async (t) => {
  t.equal(hasHeader(problem({ code: 'header' })), true)
  t.equal(hasHeader(problem({ code: 'empty' })), false)
})
