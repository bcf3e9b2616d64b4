import type { RunReport } from '../../../src/pages/types.d.ts'
import { Trainer } from '../runs/runs.ts'
import { binsOf, browserTest, near, valuesOf } from '../support.ts'

browserTest('what a run adds up to', async (t, studio) => {
  const { page, origin } = await studio.open('/runs?lang=en')
  const trainer = new Trainer(origin)
  await near(page, 'figures')
  t.ok(await page.isVisible('.figures-none'))
  await trainer.declare('one', { include: ['perClass', 'confusion', 'calibration'], expectedBatches: 9 })
  await trainer.declare('other', { epsilon: 0.01, logPolicy: 'clip', metadata: { model: 'linear' } })
  for (const name of ['one', 'other']) await trainer.train(name, 1, 5)
  await page.goto(`${origin}/runs?lang=en&runs=one,other`)
  await near(page, 'figures')

  await t.test('has the figures of the service', async (t) => {
    const report = await trainer.answer<RunReport>('one')
    await page.waitForSelector('.figures-result .confusion')
    t.equal((await valuesOf(page, '.figures-result .figures'))[0], report.loss)
    t.same(
      await page.$$eval('.figures-result .confusion [data-count]', (all) =>
        all.map((cell) => Number((cell as HTMLElement).dataset.count)),
      ),
      report.confusion?.flat(),
    )
    t.match(await page.textContent('.figures-state'), 'Batches: 5 of 9.')
    const bins = report.calibration?.bins.filter(({ count }) => count > 0)
    t.same(
      await binsOf(page, '.figures-result .calibration-plot'),
      bins?.map(({ meanConfidence, accuracy, count }) => [meanConfidence, accuracy, count]),
    )
  })

  await t.test('follows what comes, and keeps open what is open', async () => {
    await page.click('.figures-result summary')
    await trainer.train('one', 6, 7)
    await page.locator('.figures-state').filter({ hasText: 'Batches: 7 of 9.' }).waitFor()
    await page.waitForSelector('.figures-result details[open]')
  })

  await t.test('says in which options runs differ', async (t) => {
    const rows = await page.$$eval('.figures-options > .scrolls tbody tr', (all) =>
      all.map((row) => [...row.children].map(({ textContent }) => textContent)),
    )
    t.same(rows, [
      ['logPolicy', 'exact', 'clip'],
      ['include', '["perClass","confusion","calibration"]', '[]'],
      ['epsilon', 'none', '0.01'],
      ['metadata.model', 'none', 'linear'],
    ])
  })

  await t.test('has a small picture of each group, on one scale', async (t) => {
    await trainer.declare('grouped', { groupBy: ['site'] })
    for (const step of [1, 2, 3])
      await trainer.batch('grouped', step, { groups: { site: ['north', 'north', 'south', 'south'] } })
    await page.goto(`${origin}/runs?lang=en&runs=grouped`)
    await near(page, 'figures')
    await page.waitForSelector('.multiples .line.accent')
    const { groups } = await trainer.answer<RunReport>('grouped')
    const worst = groups?.[0].groups.toSorted((one, other) => Number(other.loss) - Number(one.loss))
    const said = await page.$$eval('.multiples figcaption', (all) => all.map(({ textContent }) => textContent))
    t.same(
      said.map((text) => text?.split(' ')[1]),
      worst?.map(({ key }) => key.site),
    )
    t.equal(await page.locator('.multiples .whole-run').count(), 2)
    await page.goto(`${origin}/runs?lang=en&runs=one,other`)
    await near(page, 'figures', '.figures-options .scrolls')
  })

  await t.test('is told of the run that is chosen', async (t) => {
    await page.selectOption('.figures-form [name=run]', 'other')
    await page.locator('.figures-state').filter({ hasText: 'Batches: 5.' }).waitFor()
    t.equal(await page.locator('.figures-result .confusion').count(), 0)
  })
})
