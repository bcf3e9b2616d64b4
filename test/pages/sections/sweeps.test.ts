import type { SweepAnswer } from '../../../src/pages/types.d.ts'
import { browserTest, near, requestOf, valuesOf } from '../support.ts'

const panels = {
  loss: '.sweep-loss',
  lossSlope: '.sweep-loss-slope',
  accuracy: '.sweep-accuracy',
  accuracySlope: '.sweep-accuracy-slope',
} as const

browserTest('loss and accuracy along a knob', async (t, studio) => {
  const { page, answered } = await studio.open()
  await near(page, 'sweeps', '#sweeps[data-done="bias"]')

  for (const knob of ['bias', 'temperature']) {
    await t.test(knob, async (t) => {
      await page.selectOption('#sweeps [name=parameter]', knob)
      await page.waitForSelector(`#sweeps[data-done="${knob}"]`)
      const { answer } = await answered<SweepAnswer>(
        (exchange) =>
          exchange.path === '/v1/sweeps' && (requestOf(exchange).parameter as { name: string }).name === knob,
      )
      for (const [name, selector] of Object.entries(panels)) {
        const drawn = await page.getAttribute(`${selector} .line`, 'data-values')
        t.same(JSON.parse(drawn ?? ''), answer[name as keyof typeof panels])
      }
      t.ok(
        answer.accuracySlope.every((slope) => slope === 0),
        'the accuracy is flat on each of its steps',
      )
      const { length } = answer.values
      t.match(await page.textContent('.sweep-summary'), `exactly 0 at ${length} of ${length} values.`)
      const changes = answer.accuracy.filter((value, at) => at > 0 && value !== answer.accuracy[at - 1]).length
      t.equal(await page.locator('.sweep-accuracy-slope .jump').count(), changes)
      if (knob === 'bias') t.ok(changes > 15, 'the steps are there')
      else t.equal(changes, 0, 'a temperature changes no decision')
    })
  }
  t.ok(await page.isDisabled('#sweeps [name=class]'))

  await t.test('the steps are upright', async (t) => {
    await page.selectOption('#sweeps [name=parameter]', 'bias')
    await page.waitForSelector('#sweeps[data-done="bias"]')
    const d = (await page.getAttribute('.sweep-accuracy .line', 'd')) ?? ''
    const points = d
      .split(/[ML]/)
      .slice(1)
      .map((point) => point.split(' ').map(Number))
    for (const [at, [x, y]] of points.entries()) {
      if (at > 0 && y !== points[at - 1][1]) t.equal(x, points[at - 1][0])
    }
  })

  await t.test('the knob moves through all four, and the address knows', async (t) => {
    await page.focus('#sweeps [name=value]')
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => location.search.includes('sweeps.value=-2.95'))
    const { answer } = await answered<SweepAnswer>(
      (exchange) =>
        exchange.path === '/v1/sweeps' && (requestOf(exchange).parameter as { name: string }).name === 'bias',
    )
    const distance = (value: number) => Math.abs(value + 2.95)
    const at = answer.values.reduce(
      (best, value, at) => (distance(value) < distance(answer.values[best]) ? at : best),
      0,
    )
    for (const name of Object.keys(panels) as (keyof typeof panels)[]) {
      t.same(await valuesOf(page, `figure:has(${panels[name]}) .here`), [answer[name][at]])
      t.equal(await page.locator(`${panels[name]} .dot`).count(), 1)
    }
    await page.reload()
    await near(page, 'sweeps', '#sweeps[data-done="bias"]')
    t.equal(await page.inputValue('#sweeps [name=value]'), '-2.95')
  })
})
