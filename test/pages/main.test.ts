import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { browserTest, near, violationsOf } from './support.ts'

const sections = {
  curve: '#curve[data-mounted]',
  scatter: '.scatter-plot[data-drawn]',
  surface: '.surface-plot[data-drawn]',
  declaration: '#declaration .card',
  'mini-batches': '#mini-batches[data-done]',
  sweeps: '#sweeps[data-done]',
  training: '#training[data-training]',
}

/** All that is folded is opened: the page is accessible then, and no wider than the window. */
async function opensAll(t: Test, page: Page): Promise<void> {
  await page.$$eval('details', (all) => {
    for (const details of all) details.open = true
  })
  await page.waitForTimeout(200)
  t.same(await violationsOf(page), [])
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
  t.ok(content <= window, `${content} px in ${window} px`)
}

browserTest('the page', async (t, studio) => {
  await t.test('its first view is there before the library that draws in 3D', async (t) => {
    const times: number[] = []
    for (let load = 0; load < 3; load++) {
      const { page } = await studio.open()
      await page.waitForFunction(() => performance.getEntriesByName('first view').length > 0)
      const { view, early } = await page.evaluate(() => {
        const view = performance.getEntriesByName('first view')[0].startTime
        const files = performance.getEntriesByType('resource').filter(({ startTime }) => startTime < view)
        return { view, early: files.map(({ name }) => new URL(name).pathname) }
      })
      t.ok(early.some((path) => path.endsWith('/sections/training.js')))
      t.notOk(
        early.some((path) => path.startsWith('/explore/plotly/')),
        'what is not needed comes later',
      )
      t.equal(early.filter((path) => path.endsWith('.css')).length, 1, 'one style sheet')
      times.push(Math.round(view))
      await page.context().close()
    }
    t.comment(`first view usable after ${times.join(', ')} ms`)
    t.ok(Math.min(...times) < 3000, 'on a busy machine, too')
  })

  await t.test('submits nothing before it works', async (t) => {
    for (const [address, form, field, text] of [
      ['/batch', '#batch', '#batch-text', '{"predictions": [[0.5, 0.5]], "labels": [1]}'],
      ['/learn', '#mini-batches', '#mini-batches [name=first]', '7'],
    ]) {
      const { page, exchanges } = await studio.open(address, { javaScriptEnabled: false })
      await page.fill(field, text)
      await page.press(field, 'Enter')
      t.ok(await page.isDisabled(`${form} [type=submit]`))
      t.equal(new URL(page.url()).search, '')
      t.same(await exchanges(), [])
      await page.context().close()
    }
  })

  await t.test('moves nothing while it is filled', async (t) => {
    for (const width of [360, 820, 1600]) {
      const { page } = await studio.open('/learn', { viewport: { width, height: 800 } })
      const heights = () => page.$$eval('main > section', (all) => all.map(({ clientHeight }) => clientHeight))
      await page.evaluate(() => {
        const shifts = { sum: 0 }
        Object.assign(globalThis, { shifts })
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) shifts.sum += (entry as unknown as { value: number }).value
        }).observe({ type: 'layout-shift', buffered: true })
      })
      const before = await heights()
      for (const [id, ready] of Object.entries(sections)) await near(page, id, ready)
      const after = await heights()
      const moved = after.map((height, at) => height - before[at])
      t.ok(Math.max(...moved.map(Math.abs)) < 100, `${width} px: ${moved.join(', ')}`)
      const shift = await page.evaluate(() => (globalThis as unknown as { shifts: { sum: number } }).shifts.sum)
      t.ok(shift < 0.05, `layout shift ${shift.toFixed(4)}`)
      await page.context().close()
    }
  })

  await t.test('works with the keyboard alone', async (t) => {
    const { page } = await studio.open()
    await page.waitForSelector('#training[data-mounted]')
    await page.keyboard.press('Tab')
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the pictures')
    const stops: (string | undefined)[] = []
    for (let at = 0; at < 30; at++) {
      await page.keyboard.press('Tab')
      stops.push(
        await page.evaluate(() => document.activeElement?.getAttribute('href') ?? document.activeElement?.className),
      )
    }
    for (const stop of ['/batch', '/docs', '#losses', '#training', 'training-play']) t.ok(stops.includes(stop), stop)
    await page.context().close()
  })

  await t.test('changes with the theme', async () => {
    const { page } = await studio.open('/learn', { colorScheme: 'light' })
    await near(page, 'scatter', '.scatter-plot[data-drawn]')
    const isInk = (dark: boolean) =>
      page.waitForFunction((dark) => {
        const { layout } = document.querySelector('.scatter-plot') as unknown as { layout: { font: { color: string } } }
        // the grey of light themes is darker than that of dark ones
        return Number(/\d+/.exec(layout.font.color)) > 128 === dark
      }, dark)
    await isInk(false)
    await page.emulateMedia({ colorScheme: 'dark' })
    await isInk(true)
    await page.context().close()
  })

  for (const [colorScheme, width] of [
    ['light', 1600],
    ['dark', 360],
  ] as const) {
    await t.test(`is accessible and not too wide, ${colorScheme}, ${width} px`, async (t) => {
      // axe is put into the page as a script of the test's own, which the page's policy would refuse
      const options = { colorScheme, viewport: { width, height: 900 }, bypassCSP: true }
      const { page } = await studio.open('/learn', options)
      for (const [id, ready] of Object.entries(sections)) await near(page, id, ready)
      await page.click('.training-step')
      await page.waitForSelector('#training[data-steps="1"][data-training=paused]')
      await opensAll(t, page)
      const { origin } = new URL(page.url())
      await page.goto(origin)
      await page.waitForSelector('#doors[data-mounted]')
      await opensAll(t, page)
      await page.goto(`${origin}/batch`)
      await page.waitForSelector('#batch[data-ready]')
      await page.click('.batch-example')
      await page.selectOption('#batch [name=loss]', 'cross-entropy')
      await page.selectOption('#batch [name=labelFormat]', 'one-hot')
      await page.click('#batch [type=submit]')
      await page.waitForSelector('.batch-problem mark')
      t.same(await violationsOf(page), [])
      await page.selectOption('#batch [name=labelFormat]', 'index')
      await page.click('#batch [type=submit]')
      await page.waitForSelector('.calibration-plot svg')
      await opensAll(t, page)
      await page.context().close()
    })
  }
})
