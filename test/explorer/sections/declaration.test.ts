import type { LossAnswer, Problem } from '../../../src/explorer/types.d.ts'
import { browserTest, near, requestOf, valuesOf } from '../support.ts'

browserTest('one-hot or index', async (t, studio) => {
  const { page, exchanges } = await studio.open()
  await near(page, 'declaration', '#declaration .card')

  for (const [labels, declared] of [
    ['one-hot rows', 'one-hot'],
    ['one-hot rows', 'index'],
    ['indices', 'one-hot'],
    ['indices', 'index'],
  ]) {
    await t.test(`${labels}, declared ${declared}`, async (t) => {
      const card = `.card[data-labels="${labels}"][data-declared="${declared}"]`
      const found = exchanges.find((exchange) => {
        const { labelFormat, predictions, labels: sent } = requestOf(exchange)
        const isOneHot = Array.isArray((sent as unknown[])?.[0])
        return (
          labelFormat === declared && (predictions as unknown[]).length === 3 && isOneHot === (labels !== 'indices')
        )
      })
      if (found === undefined) return t.fail('was not asked')
      const raw = await page.textContent(`${card} details code`)
      t.same(JSON.parse(raw ?? ''), found.answer, 'shown as it is')
      if (found.status === 200) {
        const { loss } = found.answer as LossAnswer
        t.same(await valuesOf(page, `${card} .figures`), [loss])
      } else {
        const { detail, errors } = found.answer as Problem
        t.equal(found.status, 422)
        t.equal(await page.textContent(`${card} .problem-detail`), detail)
        t.equal(errors?.[0].pointer, '#/labels')
        const marked = JSON.parse((await page.textContent(`${card} mark`)) ?? '')
        t.same(marked, requestOf(found).labels, 'the offending element is marked')
      }
    })
  }

  await t.test('both right declarations give the same bits', async (t) => {
    const [one, other] = await valuesOf(page, '.declaration-same')
    t.ok(Number.isFinite(one))
    t.equal(one, other)
  })
})
