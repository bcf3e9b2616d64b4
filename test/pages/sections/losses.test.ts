import type { Exchange } from '../support.ts'
import { browserTest, near, requestOf, valuesOf } from '../support.ts'

const kinds = ['squared', 'absolute', 'huber', 'cross-entropy', 'binary']
const isCurve = (loss: string) => (exchange: Exchange) => {
  const { loss: asked, include } = requestOf(exchange)
  return asked === loss && include !== undefined && exchange.status === 200
}

browserTest('one error, five losses', async (t, studio) => {
  const { page, answered } = await studio.open()
  await near(page, 'losses')
  const cell = async (kind: string, column: number) =>
    (await valuesOf(page, `[data-loss=${kind}] td:nth-child(${column})`))[0]
  const shown = (kind: string, column: number, value: number) =>
    page.waitForFunction(
      ([selector, value]) =>
        Math.abs(Number(document.querySelector<HTMLDataElement>(String(selector))?.value) - Number(value)) < 1e-6,
      [`[data-loss=${kind}] td:nth-child(${column}) data`, value],
    )

  await t.test('the curves are what the service answered', async (t) => {
    for (const [kind, loss] of [
      ['squared', 'sse'],
      ['absolute', 'mae'],
      ['huber', 'huber'],
      ['binary', 'binary-cross-entropy'],
    ]) {
      const { answer } = await answered(isCurve(loss))
      const drawn = await page.getAttribute(`.losses-drawing .line.${kind}`, 'data-losses')
      t.same(JSON.parse(drawn ?? ''), answer.perSample?.losses, kind)
    }
  })

  await t.test("the numbers of the textbook's samples, and their slopes", async (t) => {
    // Saitoh, Deep Learning from Scratch, 4.2: 0.0975 and 0.5108; 0.5975 and 2.3026. Slopes by hand.
    t.same(await cell('squared', 3), 0.09750000000000003)
    await shown('squared', 2, -0.4)
    await shown('absolute', 2, -1)
    await shown('huber', 2, -0.25)
    await shown('cross-entropy', 2, -1 / 0.6)
    await shown('cross-entropy', 3, 0.5108256)
    t.match(await page.textContent('.losses-half'), 'sse is 0.195 and mse 0.0195')
    await page.check('#losses [name=sample][value=seven]')
    await shown('squared', 3, 0.5975)
    await shown('cross-entropy', 3, Math.LN10)
    await shown('cross-entropy', 2, -10)
    t.equal(await page.inputValue('.losses-handle'), '0.1')
  })

  await t.test('an output that is not true', async (t) => {
    await page.check('#losses [name=t][value="0"]')
    await shown('squared', 1, 0.18)
    await shown('cross-entropy', 1, 0)
    await shown('cross-entropy', 2, 0)
    await shown('binary', 2, 2.5)
    t.match(await page.textContent('.losses-says'), 'does not depend on')
    t.equal(await page.inputValue('.losses-handle'), '0.6')
  })

  await t.test('the handle, the point of Huber and the choice of curves', async (t) => {
    await page.focus('.losses-handle')
    await page.keyboard.press('End')
    await shown('squared', 2, 0.995)
    t.match(await page.getAttribute('.losses-handle', 'aria-valuetext'), /^y 0\.995, error 0\.995$/)
    await page.focus('#losses [name=delta]')
    await page.keyboard.press('End')
    await shown('huber', 1, 0.995 ** 2 / 2)
    await page.uncheck('#losses [name=huber]')
    for (const kind of kinds) {
      t.equal(await page.locator(`.losses-drawing .line.${kind}`).count(), kind === 'huber' ? 0 : 1, kind)
    }
  })

  await t.test('a link, a reload and the way back bring it back', async (t) => {
    const { searchParams, hash } = new URL(page.url())
    t.same(Object.fromEntries(searchParams), {
      'losses.sample': 'seven',
      'losses.t': '0',
      'losses.y': '0.995',
      'losses.delta': '1',
      'losses.huber': 'off',
    })
    t.equal(hash, '#losses')
    await page.reload()
    await page.waitForSelector('#losses[data-mounted]')
    await shown('squared', 2, 0.995)
    t.equal(await page.locator('.losses-drawing .line.huber').count(), 0)
    await page.goBack()
    await page.waitForFunction(() => !location.search.includes('losses.huber'))
    await page.waitForSelector('.losses-drawing .line.huber')
    await page.goBack()
    await shown('huber', 2, 0.25)
  })
})
