import { browserTest, near } from './support.ts'

browserTest('paper', async (t, studio) => {
  const { page } = await studio.open()
  await page.waitForSelector('#training[data-mounted]')
  await page.evaluate(() => Object.assign(globalThis, { print: () => document.body.setAttribute('data-printed', '') }))

  await t.test('an undrawn picture leaves no empty place', async (t) => {
    await page.emulateMedia({ media: 'print' })
    t.notOk(await page.isVisible('#surface .stage'))
    t.ok(await page.isVisible('#surface .intro'))
    t.ok(await page.isVisible('#training .stage'))
    t.notOk(await page.isVisible('nav.contents'))
    await page.emulateMedia({ media: null })
  })

  await t.test('the button draws all before it prints', async (t) => {
    await page.click('button.print')
    await page.waitForSelector('body[data-printed]')
    t.equal(await page.locator('main > section:not([data-mounted])').count(), 0)
    t.equal(await page.locator('.surface-plot[data-drawn]').count(), 1)
  })
  await page.context().close()
})

browserTest('forced colours', async (t, studio) => {
  const { page } = await studio.open('/learn', { forcedColors: 'active', colorScheme: 'dark' })
  await near(page, 'losses')
  const strokes = await page.$$eval('.losses-drawing .line', (lines) =>
    lines.map((line) => getComputedStyle(line).stroke),
  )
  const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  t.equal(strokes.length, 5)
  t.notOk(strokes.includes(paper), 'lines can be seen')
  const bars = await page.$$eval('.stroke', (all) => all.map((one) => getComputedStyle(one).backgroundColor))
  t.notOk(bars.includes(paper), 'and so can their keys')
})
