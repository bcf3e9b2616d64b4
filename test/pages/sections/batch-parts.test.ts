import type { LossAnswer } from '../../../src/pages/types.d.ts'
import { npy } from '../npy.ts'
import { Trainer } from '../runs/runs.ts'
import { browserTest, near, valuesOf } from '../support.ts'

const batch = {
  predictions: Array.from({ length: 40 }, (_, i) => ((i * 29) % 37) / 37),
  labels: Array.from({ length: 40 }, (_, i) => Number((i * i) % 3 === 1)),
  groupBy: ['country'],
  groups: { country: Array.from({ length: 40 }, (_, i) => ['KR', 'DE', null][i % 3]) },
  thresholds: 11,
  costs: { falsePositive: 1, falseNegative: 4 },
  require: [
    { figure: 'accuracy', atLeast: 0.1 },
    { figure: 'loss', atMost: 0.1 },
  ],
}

for (const [lang, words] of [
  ['en', { fail: 'Fail', order: 'The worst first, by accuracy' }],
  ['ko', { fail: '탈락', order: 'accuracy 기준, 나쁜 그룹부터' }],
] as const) {
  browserTest(`groups, thresholds, intervals and a verdict of a batch: ${lang}`, async (t, studio) => {
    const { page, answered } = await studio.open(`/batch?lang=${lang}`, {
      colorScheme: lang === 'en' ? 'light' : 'dark',
    })
    await near(page, 'batch', '#batch[data-ready]')
    await page.fill('#batch-text', JSON.stringify(batch))
    await page.selectOption('#batch [name=loss]', 'binary-cross-entropy')
    await page.selectOption('#batch [name=labelFormat]', 'binary')
    for (const part of ['metrics', 'intervals']) await page.check(`#batch [name=include][value=${part}]`)
    await page.click('#batch [type=submit]')
    await page.waitForSelector('.batch-result .thresholds .dot')
    const { answer } = await answered<LossAnswer>(({ path, status }) => path === '/v1/loss' && status === 200)

    await t.test('the verdict is one line, with what was required', async (t) => {
      t.equal(await page.textContent('.batch-verdict p'), words.fail)
      t.same(
        await page.$$eval('.batch-verdict li', (items) => items.map((item) => [item.dataset.result, item.textContent])),
        answer.verdict?.requirements.map(({ result, detail }) => [result, detail]),
      )
    })

    await t.test('groups are sorted by the chosen figure, the worst first, each with its interval', async (t) => {
      t.equal(await page.textContent('.grouping caption'), words.order)
      const groups = answer.groups?.[0].groups ?? []
      const expected = groups.toSorted((one, other) => Number(one.accuracy) - Number(other.accuracy))
      const inOrder = expected.flatMap(({ accuracy, accuracyInterval }) => [accuracy, ...(accuracyInterval ?? [])])
      t.same(await valuesOf(page, '.grouping table'), inOrder)
      t.equal(await page.locator('.grouping .range').count(), 3)
      await page.selectOption('.grouping select', 'loss')
      const losses = groups.map(({ loss }) => Number(loss)).toSorted((one, other) => other - one)
      const shown = await valuesOf(page, '.grouping table')
      t.same(
        shown.filter((_, at) => at % 3 === 0),
        losses,
      )
      const f1 = groups.map(({ metrics }) => (metrics as { f1: { macro: number } }).f1.macro)
      await page.selectOption('.grouping select', 'metrics.f1.macro')
      t.equal((await valuesOf(page, '.grouping table'))[0], Math.min(...f1))
      t.equal(await page.locator('.grouping .range').count(), 3)
    })

    await t.test('a slider moves the threshold along both curves', async (t) => {
      const [{ points, best }] = answer.thresholds?.perOutput ?? []
      const state = () => valuesOf(page, '.threshold-state')
      t.equal((await state())[0], best.f1?.threshold, 'it begins at the best F1')
      for (const at of [0, 7, 10]) {
        await page.$eval(
          '.threshold-slider input',
          (input, value) => {
            ;(input as HTMLInputElement).value = String(value)
            input.dispatchEvent(new Event('input'))
          },
          at,
        )
        const { threshold, truePositives, falsePositives, trueNegatives, falseNegatives, f1, accuracy } = points[at]
        t.same(
          (await state()).map((value) => (Number.isNaN(value) ? null : value)),
          [
            threshold,
            truePositives,
            falsePositives,
            trueNegatives,
            falseNegatives,
            f1 ?? 0,
            accuracy,
            falsePositives + 4 * falseNegatives,
          ],
        )
      }
      t.equal(await page.locator('.threshold-plot svg.chart').count(), 2)
    })

    await t.test('metrics have their intervals as whiskers', async (t) => {
      const { intervals } = answer as { intervals?: { metrics?: { f1: { macro: { interval: number[] } } } } }
      const row = page.locator('.metrics tr').filter({ has: page.getByText('f1.macro', { exact: true }) })
      t.equal(await row.locator('.interval .range').count(), 1)
      const values = await row
        .locator('data')
        .evaluateAll((all) => all.map((each) => Number((each as HTMLDataElement).value)))
      t.same(values.slice(1), intervals?.metrics?.f1.macro.interval)
    })
  })
}

browserTest('groups and thresholds of a run', async (t, studio) => {
  const { page, origin } = await studio.open('/runs?lang=en')
  const trainer = new Trainer(origin)
  await trainer.declare('cut', { thresholds: 5 })
  await trainer.train('cut', 1, 3)
  await page.goto(`${origin}/runs?lang=en&runs=cut`)
  await near(page, 'figures')
  await page.waitForSelector('.figures-result .thresholds svg.chart')
  t.equal(await page.locator('.figures-result .threshold-plot').count(), 2)
})

browserTest('the worst samples are shown with their images, which are not sent', async (t, studio) => {
  const { page, exchanges } = await studio.open('/batch?lang=en&loss=cross-entropy&labelFormat=index')
  await page.waitForSelector('#batch[data-ready]')
  const images = (shape: number[], data: NodeJS.TypedArray, descr: string) =>
    page.setInputFiles('#batch [name=imagesFile]', {
      name: 'images.npy',
      mimeType: 'application/octet-stream',
      buffer: npy(descr, shape, data),
    })
  await page.click('#batch .row-images summary')
  await page.fill('#batch-text', '{"predictions": [[0.9, 0.1], [0.2, 0.8]], "labels": [0, 0]}')
  await images([2, 2, 2], Float32Array.of(0, 0, 0, 1, -1, 0, 0, 1), '<f4')
  await page.click('#batch [type=submit]')
  await page.waitForSelector('.worst .thumbnail')
  const drawn = () =>
    page.$$eval('.worst .thumbnail', (all) =>
      all.map((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement
        const pixels = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? []
        return [canvas.ariaLabel, ...Array.from(pixels).filter((_, at) => at % 4 === 0)]
      }),
    )
  // row 1 has the greater loss, and its image goes from -1 to 1
  t.same(await drawn(), [
    ['Image of row 1', 0, 128, 128, 255],
    ['Image of row 0', 0, 0, 0, 255],
  ])

  await images([2, 1, 1, 3], Uint8Array.of(10, 20, 30, 30, 20, 10), '|u1')
  await page.waitForSelector('.worst .thumbnail[width="1"]')
  t.same(await drawn(), [
    ['Image of row 1', 255],
    ['Image of row 0', 0],
  ])
  t.ok(await page.isHidden('.batch-stale'), 'the answer is still that of the form')

  for (const [shape, size, said] of [
    [[3, 4], 12, 'images.npy has 3 images, and the batch 2 rows.'],
    [[2, 5], 10, 'has no shape of images'],
  ] as const) {
    await images([...shape], new Uint8Array(size), '|u1')
    await page.getByText(said).waitFor()
    t.equal(await page.locator('.worst .thumbnail').count(), 0)
    t.ok(await page.isVisible('.worst'), 'the samples are shown without')
  }
  const evaluated = (await exchanges()).filter(({ path }) => path === '/v1/loss')
  t.equal(evaluated.length, 1)
  t.notMatch(String(evaluated[0].request), 'images')
})

browserTest('predictions against labels, and residuals', async (t, studio) => {
  const { page } = await studio.open('/batch?lang=en&loss=mse&labelFormat=values')
  const batch = { predictions: [[1], [2.5], [2]], labels: [[1], [2], [4]] }
  await page.waitForSelector('#batch[data-ready]')
  await page.fill('#batch-text', JSON.stringify(batch))
  await page.click('#batch [type=submit]')
  await page.waitForSelector('.residuals [data-point]')
  const points = await page.$$eval('[data-point]', (all) => all.map((dot) => (dot as SVGElement).dataset.point))
  t.same(points, ['1 1', '2 2.5', '4 2'])
  // residuals 0, 0.5 and -2, in 20 bins from -2 to 0.5
  const counts = await page.$$eval('.residuals .bar-of', (all) =>
    all.map((bar) => Number((bar as SVGElement).dataset.count)),
  )
  t.same([counts[0], counts[16], counts[19], counts.reduce((sum, count) => sum + count, 0)], [1, 1, 1, 3])
  // of 20 rows with 200 outputs three are drawn
  const wide = Array.from({ length: 20 }, (_, row) => Array.from({ length: 200 }, (_, at) => row + at))
  await page.fill('#batch-text', JSON.stringify({ predictions: wide, labels: wide }))
  await page.click('#batch [type=submit]')
  await page.waitForFunction(() => document.querySelectorAll('[data-point]').length > 3)
  t.equal(await page.locator('.residuals [data-point]').count(), 600)
})
