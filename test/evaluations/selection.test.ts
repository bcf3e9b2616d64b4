import { test } from 'tap'
import { StoreUnavailable } from '../../src/database/errors.ts'
import type { Evaluation } from '../../src/database/store.ts'
import type { OpenEvaluation } from '../../src/evaluations/open-evaluation.ts'
import { selected } from '../../src/evaluations/selection.ts'
import type { Evaluations } from '../../src/evaluations/service.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { newTask } from './evaluations.ts'

/** Evaluations of which only those with even ids are of this release. */
function evaluationsOf(stored: readonly Partial<Evaluation>[]): Evaluations {
  const fake: Pick<Evaluations, 'list' | 'open'> = {
    list: async (_, { after = Number.POSITIVE_INFINITY, limit }) =>
      (stored as Evaluation[]).filter(({ id }) => id < after).slice(0, limit),
    open: (evaluation) => {
      if (evaluation.id === 0) throw new TypeError('broken')
      if (evaluation.id % 2 === 1) throw new StoreUnavailable('newer-release')
      return { stored: evaluation, declared: { metadata: { model: 'a' } } } as unknown as OpenEvaluation
    },
  }
  return fake as Evaluations
}

test('what fits is found page by page, also where a newer release declared it', async (t) => {
  const declaration = '{"metadata":{"model":"a"}}'
  const all = [
    { id: 9, metadata: null, declaration },
    { id: 8, metadata: null },
    { id: 7, metadata: '{"model":"b"}', declaration },
    { id: 5, metadata: null, declaration: '{}' },
    { id: 3, metadata: '{"model":"a"}', declaration: '{}' },
  ]
  const pages: number[][] = []
  for await (const page of selected(evaluationsOf(all), 'ann', { metadata: { model: 'a' } }, newTask(), undefined, 2))
    pages.push(page.map(({ stored }) => stored.id))
  t.strictSame(pages, [[9, 8], [], [3]])
  const broken = selected(evaluationsOf([{ id: 0, metadata: null }]), 'ann', { metadata: { model: 'a' } }, newTask())
  await t.rejects(broken.next(), new TypeError('broken'))
})

test('what the store has computed for its pages counts', async (t) => {
  const overtime = new Error('overtime')
  const task = new Scheduler().task(100, () => overtime)
  const all = Array.from({ length: 10 }, (_, at) => ({ id: 10 - at, metadata: null }))
  const { list, open } = evaluationsOf(all)
  let pages = 0
  const evaluations = {
    list(...query: Parameters<typeof list>) {
      pages++
      task.charge(40)
      return list(...query)
    },
    open,
  }
  const read = async () => {
    for await (const _ of selected(evaluations as Evaluations, 'ann', { metadata: {} }, task, undefined, 1));
  }
  await t.rejects(read(), overtime)
  t.equal(pages, 3)
})
