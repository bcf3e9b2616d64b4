import type { LossAnswer } from '../../../src/pages/types.d.ts'
import type { Exchange } from '../support.ts'
import { browserTest, near, requestOf, valuesOf } from '../support.ts'

interface Draw {
  readonly seed: number
  readonly replacement: boolean
}

browserTest('mini-batches converge on the whole', async (t, studio) => {
  const { page, origin, exchanges } = await studio.open()
  await near(page, 'mini-batches', '#mini-batches[data-done="70"]')
  const draws = async () =>
    (await exchanges())
      // the pictures next to it draw from other populations
      .filter(({ path, request }) => path === '/v1/mini-batches' && String(request).includes('"populationSize":899'))
      .map((exchange) => requestOf(exchange) as unknown as Draw)

  const uploads = (await exchanges()).filter(
    (exchange) => exchange.path === '/v1/loss' && (requestOf(exchange).predictions as unknown[]).length === 899,
  )
  t.equal(uploads.length, 1, 'the digits are sent once')
  const [whole] = uploads as Exchange<LossAnswer>[]
  t.ok(Math.abs((whole.answer.loss ?? 0) - 0.24367477707471205) < 1e-15, 'the golden loss of the digits')
  t.same(await valuesOf(page, '.mini-summary'), [whole.answer.loss])
  t.same(new Set((await draws()).map(({ seed }) => seed)), new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))

  const drawn = await page.$$eval('.mini-plot .estimate', (all) =>
    all.map((element) => {
      const { size, seed, loss, margin } = (element as SVGElement).dataset
      const covers = element.classList.contains('accent')
      return { covers, loss: Number(loss), margin: Number(margin), of: [Number(size), Number(seed)] }
    }),
  )
  t.equal(drawn.length, 70)
  const covering = drawn.filter(({ loss, margin }) => Math.abs(loss - (whole.answer.loss ?? 0)) <= margin)
  t.same(
    drawn.filter(({ covers }) => covers),
    covering,
  )
  t.match(await page.textContent('.mini-summary'), `${covering.length} of 70 intervals`)

  await t.test('and are those that the service evaluates itself', async (t) => {
    for (const { loss, margin, of } of drawn) {
      const [size, seed] = of
      const miniBatch = { size, seed, replacement: true }
      const { include: _, ...request } = requestOf(whole)
      const answer = await fetch(`${origin}/v1/loss`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...request, miniBatch }),
      })
      const expected = (await answer.json()) as LossAnswer
      const same = (one: number, other: number) => Math.abs(one - other) <= 1e-12 * other
      t.ok(same(loss, expected.loss ?? 0) && same(margin, 1.96 * (expected.standardError ?? 0)), String(of))
    }
  })

  await t.test('other seeds are drawn on request', async (t) => {
    await page.selectOption('#mini-batches [name=seeds]', '5')
    await page.fill('#mini-batches [name=first]', '100')
    await page.uncheck('#mini-batches [name=replacement]')
    await page.click('#mini-batches [type=submit]')
    await page.waitForSelector('#mini-batches[data-done="35"]')
    const later = (await draws()).filter(({ replacement }) => !replacement)
    t.same(new Set(later.map(({ seed }) => seed)), new Set([100, 101, 102, 103, 104]))
  })

  await t.test('what the service refuses is shown', async (t) => {
    await page.$eval('#mini-batches form', (form) => form.setAttribute('novalidate', ''))
    await page.fill('#mini-batches [name=first]', '-1')
    await page.click('#mini-batches [type=submit]')
    await page.waitForSelector('#mini-batches .trouble .problem-detail')
    t.match(await page.textContent('#mini-batches .trouble'), /422.*seed/s)
  })
})
