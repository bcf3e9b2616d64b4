import type { LossAnswer } from '../../../src/explorer/types.d.ts'
import { browserTest, near, requestOf, tracesOf, valuesOf } from '../support.ts'

interface MiniBatch {
  readonly size: number
  readonly seed: number
  readonly replacement: boolean
}

browserTest('mini-batches converge on the whole', async (t, studio) => {
  const { page, exchanges } = await studio.open()
  await near(page, 'mini-batches', '#mini-batches[data-done="70"]')

  const asked = exchanges.map(
    (exchange) =>
      ({ ...requestOf(exchange), answer: exchange.answer as LossAnswer }) as {
        miniBatch?: MiniBatch
        predictions: unknown[]
        answer: LossAnswer
      },
  )
  const whole = asked.find(({ miniBatch, predictions }) => miniBatch === undefined && predictions?.length === 899)
  const estimates = asked.filter(({ miniBatch }) => miniBatch !== undefined)
  t.equal(estimates.length, 70)
  t.ok(Math.abs((whole?.answer.loss ?? 0) - 0.24367477707471205) < 1e-15, 'the golden loss of the digits')
  t.same(await valuesOf(page, '.mini-summary'), [whole?.answer.loss])

  const drawn = (await tracesOf(page, '.mini-plot')).flatMap(({ name, y, customdata, error_y }) =>
    y.map((loss, at) => ({ name, loss, margin: error_y.array[at], of: String(customdata[at]) })),
  )
  t.equal(drawn.length, 70)
  let covering = 0
  for (const { miniBatch, answer } of estimates) {
    const found = drawn.find(({ of }) => of === `${miniBatch?.size},${miniBatch?.seed}`)
    const margin = 1.96 * (answer.standardError ?? 0)
    const covers = Math.abs((answer.loss ?? 0) - (whole?.answer.loss ?? 0)) <= margin
    if (covers) covering++
    t.same(found, {
      name: covers ? 'covers' : 'misses',
      loss: answer.loss,
      margin,
      of: `${miniBatch?.size},${miniBatch?.seed}`,
    })
  }
  t.match(await page.textContent('.mini-summary'), `${covering} of 70 intervals`)

  await t.test('other seeds are drawn on request', async (t) => {
    await page.selectOption('#mini-batches [name=seeds]', '5')
    await page.fill('#mini-batches [name=first]', '100')
    await page.uncheck('#mini-batches [name=replacement]')
    await page.click('#mini-batches [type=submit]')
    await page.waitForSelector('#mini-batches[data-done="35"]')
    // four are asked at a time, and may be answered in any order
    const later = exchanges
      .map((exchange) => requestOf(exchange).miniBatch as MiniBatch | undefined)
      .filter((miniBatch) => miniBatch?.replacement === false)
    const seeds = new Set(later.map((miniBatch) => miniBatch?.seed))
    t.same([later.length, seeds], [35, new Set([100, 101, 102, 103, 104])])
  })

  await t.test('what the service refuses is shown', async (t) => {
    await page.$eval('#mini-batches form', (form) => form.setAttribute('novalidate', ''))
    await page.fill('#mini-batches [name=first]', '-1')
    await page.click('#mini-batches [type=submit]')
    await page.waitForSelector('#mini-batches .trouble .problem-detail')
    t.match(await page.textContent('#mini-batches .trouble'), /422.*seed/s)
  })
})
