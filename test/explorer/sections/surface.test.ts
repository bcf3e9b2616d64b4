import { browserTest, near, requestOf, tracesOf, valuesOf } from '../support.ts'

browserTest('the surface of binary cross-entropy', async (t, studio) => {
  const { page, answered } = await studio.open()
  await near(page, 'surface', '.surface-plot[data-drawn]')
  const heights = async () => (await tracesOf(page, '.surface-plot')).find(({ type }) => type === 'surface')?.z.flat()

  const first = await answered((exchange) => requestOf(exchange).epsilon === 1e-7)
  t.equal(first.answer.perSample?.losses.length, 10_000)
  t.same(await heights(), first.answer.perSample?.losses)

  await t.test('another epsilon lowers the wall', async (t) => {
    await page.selectOption('[name=epsilon]', '0.1')
    const { answer } = await answered((exchange) => requestOf(exchange).epsilon === 0.1)
    await page.waitForFunction(
      (clipped) => document.querySelector('.surface-note')?.textContent?.includes(`act in ${clipped} of`),
      answer.clipped,
    )
    await page.waitForTimeout(300)
    const losses = answer.perSample?.losses ?? []
    t.same(await heights(), losses)
    t.ok(Math.max(...losses.map(Number)) < Math.max(...(first.answer.perSample?.losses ?? []).map(Number)) / 2)
  })

  await t.test('exact over the whole range leaves the infinite wall open', async (t) => {
    await page.selectOption('[name=range]', 'whole')
    await page.selectOption('[name=logPolicy]', 'exact')
    const { answer } = await answered((exchange) => {
      const { logPolicy, predictions } = requestOf(exchange)
      return logPolicy === 'exact' && (predictions as number[])?.length === 10_000 && (predictions as number[])[0] === 0
    })
    const infinite = answer.perSample?.losses.filter((loss) => loss === null).length
    t.equal(infinite, 198)
    await page.waitForFunction(() => document.querySelector('.surface-note')?.textContent?.includes('198 are infinite'))
    t.ok(await page.isDisabled('[name=epsilon]'))
  })

  await t.test('the probe reads heights with the keyboard', async (t) => {
    const { answer } = await answered((exchange) => requestOf(exchange).logPolicy === 'exact')
    await page.focus('#surface [name=p]')
    await page.keyboard.press('ArrowRight')
    t.same(await valuesOf(page, '.probe-loss'), [answer.perSample?.losses[5 * 100 + 91]])
    await page.keyboard.press('Home')
    t.match(await page.textContent('.probe-loss'), 'infinite')
  })
})
