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

  await t.test('the wrong routine sums other cells, and says nothing', async (t) => {
    // by NumPy 2.4.6: -np.sum(t * np.log(y)) / 3 and -np.sum(np.log(y[np.arange(3), t])) / 3, for both t
    const means = await page.$$eval('.declaration-grids p data', (all) =>
      all.map((each) => Number(each.getAttribute('value'))),
    )
    const expected = [0.49870307570903244, 4.462109641079597, 3.774211912842366, 0.49870307570903244]
    t.ok(means.length === 4 && means.every((mean, at) => Math.abs(mean - expected[at]) < 1e-14), String(means))
    t.same(await page.locator('.declaration-grids .card.wrong').count(), 2)
    const counts = await page.$$eval('.declaration-grids .card', (cards) =>
      cards.map((card) =>
        Array.from(card.querySelectorAll<HTMLElement>('.cell'), ({ dataset }) => dataset.count).join(''),
      ),
    )
    t.same(counts, ['010100001', '102102102', '210210210', '010100001'])
    const [truth] = await valuesOf(page, '.declaration-same')
    t.ok(Math.abs(truth - means[0]) < 1e-6, 'the right code agrees with the service')
  })

  await t.test('both right declarations give the same bits', async (t) => {
    const [one, other] = await valuesOf(page, '.declaration-same')
    t.ok(Number.isFinite(one))
    t.equal(one, other)
  })
})

browserTest(
  'an error is said in the language of the page, by its code, its place and what would fit',
  async (t, studio) => {
    const { page } = await studio.open('/learn?lang=ko')
    await near(page, 'declaration', '#declaration .card')
    const card = page.locator('.declaration-four .card.wrong').first()
    const said = (await card.innerText()).replaceAll(/\s+/g, ' ')
    t.match(said, '422 내용이 올바르지 않습니다')
    t.match(said, /#\/labels\S* 배열의 형상|#\/labels\S* [가-힣]/)
    t.match(said, /이렇게 하면 맞습니다: \{"labelFormat":"(one-hot|index)"\}/)
    t.equal(await card.locator('.problem-detail').isVisible(), false, 'the English sentence is folded')
    await card.locator('details', { hasText: '서비스가 보낸' }).locator('summary').click()
    t.equal(await card.locator('.problem-detail').isVisible(), true)
  },
)
