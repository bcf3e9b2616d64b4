import { buffer } from 'node:stream/consumers'
import type { Page } from 'playwright-core'
import { Trainer } from './runs/runs.ts'
import { browserTest, near, saved } from './support.ts'

/** The names on the buttons that save the figures and tables of a section. */
const namesOf = (page: Page, id: string) =>
  page.$$eval(`#${id} .saves button`, (all) => all.map((button) => button.getAttribute('aria-label')))

const rowsOf = (csv: string) => csv.trimEnd().split('\r\n')

browserTest('what the pictures show can be saved', async (t, studio) => {
  const { page } = await studio.open('/learn')
  const pictures = {
    losses: ['losses', '.losses-drawing svg', 2 * 5 + 1, 199],
    curve: ['curve', '.curve-drawing svg', 2, 121],
    scatter: ['scatter', '.scatter-plot[data-drawn]', 4, 10],
    surface: ['surface', '.surface-plot[data-drawn]', 3, 115 * 21],
    'surface-edges': ['surface', '.surface-edges svg', 3, 115],
    'mini-batches': ['mini-batches', '#mini-batches[data-done]', 5, 70],
    'sweeps-loss': ['sweeps', '#sweeps[data-done]', 2, 0],
    'sweeps-accuracy-slope': ['sweeps', '#sweeps[data-done]', 2, 0],
    training: ['training', '#training[data-training]', 5, 1],
  } as const
  for (const [file, [section, ready, columns, count]] of Object.entries(pictures)) {
    await t.test(file, async (t) => {
      await near(page, section, ready)
      const figure = page.locator(`#${section} figure:has(.saves)`)
      await figure.first().waitFor()
      const part = file.slice(section.length + 1)
      const own = page.locator(`#${section} figure${part === '' ? ':not([data-part])' : `[data-part=${part}]`}`)
      const kept: Record<string, Buffer> = {}
      for (const format of ['PNG', 'SVG', 'CSV']) {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          own.getByRole('button', { name: new RegExp(`^Save .+ as ${format}$`) }).press('Enter'),
        ])
        t.equal(download.suggestedFilename(), `${file}.${format.toLowerCase()}`)
        kept[format] = await buffer(await download.createReadStream())
      }
      t.equal(kept.PNG.subarray(1, 4).toString(), 'PNG')
      const svg = kept.SVG.toString()
      t.match(svg, /^<svg [^>]*width="\d+" height="\d+">.*<\/svg>$/s)
      t.notMatch(svg, /class="(line|chart|tick)|data-losses|var\(/, 'it brings its own looks')
      const rows = rowsOf(kept.CSV.toString())
      if (count > 0) t.equal(rows.length, count + 1)
      t.ok(rows.length > 1)
      t.ok(rows.every((row) => row.split(',').length <= columns))
    })
  }

  await t.test('tables, too', async (t) => {
    t.equal(rowsOf(await saved(page, 'The ten points', 'CSV'))[0], 'class,y,t,−t ln y')
    const walls = rowsOf(await saved(page, 'How high the walls are', 'CSV'))
    t.match(walls, ['logPolicy,"y = 0, t = 1"', /^add-epsilon,16\.118/, /^clip/, 'clamp,100', 'exact,infinite'])
    await near(page, 'softmax')
    t.equal(rowsOf(await saved(page, 'Before the step, and after it', 'CSV')).length, 8)
  })

  await t.test('each picture once, and not on paper', async (t) => {
    const names = await namesOf(page, 'sweeps')
    t.same(names.length, 12)
    t.equal(new Set(names).size, 12)
    t.match(await page.textContent('#training .saves'), /^Save as PNG ?SVG ?CSV$/)
    await page.emulateMedia({ media: 'print' })
    t.equal(await page.locator('.saves:visible').count(), 0)
    await page.emulateMedia({ media: null })
  })
  await page.context().close()

  await t.test('in Korean', async (t) => {
    const { page } = await studio.open('/learn?lang=ko')
    await near(page, 'losses', '#losses .saves')
    for (const name of await namesOf(page, 'losses')) t.match(name, /\p{Script=Hangul}.*(PNG|SVG|CSV)/u)
    await page.context().close()
  })

  await t.test('learning curves, with what they are of', async (t) => {
    const { page, origin } = await studio.open('/runs/one')
    const trainer = new Trainer(origin)
    await trainer.declare('one')
    await trainer.train('one', 1, 3)
    await page.reload()
    await page.waitForSelector('#runs .saves')
    await page.waitForSelector('.learning-drawing .run-0 .group')
    t.match(await saved(page, 'Runs and their learning curves', 'SVG'), '>one</text>')
    const [head, ...rows] = rowsOf(await saved(page, 'Runs and their learning curves', 'CSV'))
    t.match(head, /^run,fromSequence,toSequence,createdAt,samples,loss,/)
    t.equal(rows.length, 3)
    await page.context().close()
  })
})

browserTest('what is not drawn cannot be saved, and says so', async (t, studio) => {
  const { page } = await studio.open('/learn')
  await near(page, 'losses', '.losses-drawing svg')
  await page.waitForSelector('#losses .saves')
  // at once: what comes in between may have it drawn anew
  await page.$eval('#losses figure', (figure) => {
    figure.querySelector('.losses-drawing')?.replaceChildren()
    figure.querySelector<HTMLElement>('.saves button')?.click()
  })
  await page.getByText('could not make the picture').waitFor()
  t.ok(await page.isEnabled('#losses figure .saves button'))
})
