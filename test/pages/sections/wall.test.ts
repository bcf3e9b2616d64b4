import type { LossAnswer } from '../../../src/pages/types.d.ts'
import type { Exchange } from '../support.ts'
import { browserTest, near, requestOf, saved, valuesOf } from '../support.ts'

browserTest('mini-batches are drawn from a wall of digits', async (t, studio) => {
  const { page, origin, exchanges } = await studio.open()
  await near(page, 'wall')
  const until = (draws: number) =>
    page.waitForFunction((least) => Number(document.getElementById('wall')?.dataset.draws) >= least, draws)
  const sent = async (path: string, part: string) =>
    (await exchanges()).filter((each) => each.path === path && String(each.request).includes(part))
  const [whole] = (await sent('/v1/loss', '"perSample"')).filter(
    (exchange) => (requestOf(exchange).predictions as unknown[]).length === 900,
  ) as Exchange<LossAnswer>[]
  const losses = whole.answer.perSample?.losses as number[]
  const draws = async () =>
    (await sent('/v1/mini-batches', '"populationSize":900')) as Exchange<{ indices: number[] }>[]
  const bars = () =>
    page.$$eval('#wall .drawn-bar', (all) => all.map((bar) => Number((bar as SVGElement).dataset.loss)))
  const spread = () => page.$eval('#wall .spread', (band) => Number((band as SVGElement).dataset.spread))

  await t.test('the bars are the losses of the digits drawn', async (t) => {
    const [{ answer, request }] = await draws()
    t.match(JSON.parse(String(request)), { populationSize: 900, size: 10, seed: 1, replacement: true })
    t.same(
      await bars(),
      answer.indices.map((row) => losses[row]),
    )
    const values = await valuesOf(page, '.wall-says')
    t.equal(values.at(-1), whole.answer.loss)
    const sigma = (whole.answer.standardError ?? 0) * 30
    t.ok(Math.abs((await spread()) - sigma / Math.sqrt(10)) < 1e-15, 'the band is sigma / sqrt(n)')
  })

  await t.test('the estimates are those of the service, and the histogram counts all of them', async (t) => {
    await page.click('.wall-many')
    await until(12)
    await page.click('.wall-many')
    t.equal(await page.textContent('.wall-many'), 'Draw 100')
    const lines = (await saved(page, 'A wall of 900 digits', 'CSV')).trim().split(/\r?\n/).slice(1)
    const counts = await page.$$eval('#wall .bin', (all) => all.map((bin) => Number((bin as SVGElement).dataset.count)))
    t.equal(
      counts.reduce((one, other) => one + other),
      lines.length,
    )
    const { include: _, ...request } = requestOf(whole)
    for (const line of lines.slice(0, 12)) {
      const [seed, size, estimate] = line.split(',').map(Number)
      const answer = await fetch(`${origin}/v1/loss`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...request, miniBatch: { size, seed, replacement: true } }),
      })
      const { loss } = (await answer.json()) as LossAnswer
      t.ok(Math.abs(estimate - (loss ?? 0)) <= 1e-12 * estimate, `seed ${seed}`)
    }
  })

  await t.test('four times the digits halve the spread; another size begins anew', async (t) => {
    const before = await spread()
    await page.selectOption('#wall [name=size]', '40')
    await page.waitForSelector('#wall[data-draws="1"]')
    t.equal(await spread(), before / 2)
    t.equal((await bars()).length, 40)
    await page.click('.wall-one')
    await until(2)
    t.equal(requestOf((await draws()).at(-1) as Exchange).seed, 2)
  })

  await t.test('the digits drawn are lit', async (t) => {
    await page.selectOption('#wall [name=size]', '1')
    await page.waitForSelector('#wall[data-draws="1"]')
    const [row] = (await draws()).at(-1)?.answer.indices ?? []
    const strengths = await page.$eval('#wall .wall-canvas', (element) => {
      const canvas = element as HTMLCanvasElement
      const columns = canvas.width / 10
      return Array.from({ length: 900 }, (_, at) => {
        const [x, y] = [(at % columns) * 10, Math.floor(at / columns) * 10]
        const data = canvas.getContext('2d')?.getImageData(x, y, 8, 8).data ?? []
        return Math.max(...data.filter((_, at) => at % 4 === 3))
      })
    })
    t.ok(strengths[row] > 200)
    t.same(
      strengths.flatMap((strength, at) => (strength > 200 ? [at] : [])),
      [row],
    )
  })
})
