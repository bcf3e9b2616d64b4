import type { LossAnswer, Problem } from '../../../src/pages/types.d.ts'
import { browserTest, near, requestOf, valuesOf } from '../support.ts'

browserTest('one-hot or index', async (t, studio) => {
  const { page, answered } = await studio.open()
  await near(page, 'declaration', '#declaration .card')

  for (const [labels, declared] of [
    ['one-hot rows', 'one-hot'],
    ['one-hot rows', 'index'],
    ['indices', 'one-hot'],
    ['indices', 'index'],
  ]) {
    await t.test(`${labels}, declared ${declared}`, async (t) => {
      const card = `.card[data-labels="${labels}"][data-declared="${declared}"]`
      const found = await answered<LossAnswer | Problem>((exchange) => {
        if (exchange.path !== '/v1/loss') return false
        const { labelFormat, predictions, labels: sent } = requestOf(exchange)
        const isOneHot = Array.isArray((sent as unknown[])?.[0])
        return (
          labelFormat === declared && (predictions as unknown[]).length === 3 && isOneHot === (labels !== 'indices')
        )
      })
      const raw = await page.textContent(`${card} details code`)
      t.same(JSON.parse(raw ?? ''), found.answer, 'shown as it is')
      if (found.status === 200) {
        const { loss, accuracy } = found.answer as LossAnswer
        t.same(await valuesOf(page, `${card} .figures`), [loss, accuracy])
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

  await t.test('[1, 0] has two right answers', async (t) => {
    const cards = page.locator('.declaration-proof .card')
    t.equal(await cards.count(), 2)
    t.same(await page.locator('.declaration-proof .status').allTextContents(), ['200', '200'])
    // -ln 0.2; the mean of -ln 0.8 and -ln 0.9
    const [oneHot, , index] = await valuesOf(page, '.declaration-proof .figures')
    t.ok(Math.abs(oneHot + Math.log(0.2)) < 1e-6)
    t.ok(Math.abs(index + Math.log(0.8 * 0.9) / 2) < 1e-6)
    t.same(await valuesOf(page, '.declaration-proof .figures'), [oneHot, 0, index, 1])
  })

  await t.test('both right declarations give the same bits', async (t) => {
    const [one, other] = await valuesOf(page, '.declaration-same')
    t.ok(Number.isFinite(one))
    t.equal(one, other)
  })
})
