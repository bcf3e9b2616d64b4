import type { Test } from 'tap'
import type { RunComparison } from '../../../src/pages/types.d.ts'
import { Trainer } from '../runs/runs.ts'
import { browserTest, near, saved, valuesOf } from '../support.ts'

browserTest('two runs, batch by batch', async (t, studio) => {
  const { page, origin } = await studio.open('/runs?lang=en')
  const trainer = new Trainer(origin)
  for (const name of ['fast', 'slow']) await trainer.declare(name)
  await trainer.declare('squared', { loss: 'mse', predictionFormat: 'values' })
  await trainer.train('fast', 1, 8, 0.5)
  await trainer.train('slow', 1, 6)
  await page.goto(`${origin}/runs?lang=en&runs=fast,slow,squared`)
  await near(page, 'paired')

  const shows = async (t: Test, one: string, other: string) => {
    const { difference, accuracyDifference } = await trainer.answer<RunComparison>(`${one}/comparison?with=${other}`)
    await page.waitForFunction(
      (loss) => document.querySelector<HTMLDataElement>('.paired-answer data')?.value === loss,
      String(difference.loss),
    )
    t.same(await valuesOf(page, '.paired-answer .figures'), [
      difference.loss,
      difference.standardError,
      accuracyDifference,
    ])
  }

  await t.test('are compared as the service compares them', async (t) => {
    await shows(t, 'fast', 'slow')
    t.match(await page.textContent('.paired-verdict'), 'fast has a lower loss than slow')
    t.match(await page.textContent('.paired-answer'), 'Pairs of batches: 6. Left out: 2 only in the first run')
  })

  await t.test('along their batches, which the service lists one by one', async (t) => {
    await page.waitForSelector('.paired-drawing .line')
    const [one, other] = await Promise.all(
      ['fast', 'slow'].map((name) => trainer.answer<{ batches: { loss: number }[] }>(`${name}/batches`)),
    )
    const [, first, last] = (await saved(page, 'Difference along the batches', 'CSV')).trim().split('\r\n')
    const mean = one.batches.slice(0, 5).reduce((sum, { loss }, at) => sum + loss - other.batches[at].loss, 0) / 5
    const [from, to, difference, margin] = first.split(',').map(Number)
    t.same([from, to], [1, 5])
    t.ok(Math.abs(difference - mean) < 1e-12, `${difference}, ${mean}`)
    t.ok(margin > 0)
    t.match(last, /^6,6,[-'\d.]+,$/, 'one batch has no band')
  })

  await t.test('or the other way round', async (t) => {
    await page.click('.paired-swap')
    await shows(t, 'slow', 'fast')
    t.match(await page.textContent('.paired-verdict'), 'fast has a lower loss than slow')
  })

  await t.test('while they go on', async (t) => {
    await trainer.train('slow', 7, 8)
    await shows(t, 'slow', 'fast')
  })

  await t.test('unless their losses cannot be compared', async () => {
    await page.selectOption('.paired-form [name=other]', 'squared')
    await page.locator('#paired .trouble').filter({ hasText: 'cannot be compared' }).waitFor()
    await page.selectOption('.paired-form [name=other]', 'slow')
    await page.waitForSelector('.paired-none')
  })
})
