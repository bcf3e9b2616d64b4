import type { SweepAnswer } from '../../../src/explorer/types.d.ts'
import { browserTest, near, requestOf, tracesOf } from '../support.ts'

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
        const [trace] = await tracesOf(page, selector)
        t.same(trace.x, answer.values)
        t.same(trace.y, answer[name as keyof typeof panels])
      }
      const zeros = answer.accuracySlope.filter((slope) => slope === 0).length
      t.ok(zeros / answer.values.length > 0.9, 'the accuracy is flat nearly everywhere')
      t.match(await page.textContent('.sweep-summary'), `exactly 0 at ${zeros} of ${answer.values.length} values.`)
    })
  }
  t.ok(await page.isDisabled('#sweeps [name=class]'))
})
