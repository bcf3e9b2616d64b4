import { browserTest } from './support.ts'

browserTest('an address leads to its section', async (t, studio) => {
  for (const width of [360, 820, 1600]) {
    for (const [id, ready, above] of [
      ['sweeps', '#sweeps[data-done]', '#landscape[data-mounted]'],
      ['landscape', '#landscape[data-mounted]', '#mini-batches[data-done]'],
    ]) {
      await t.test(`#${id}, ${width} px`, async (t) => {
        const { page } = await studio.open(`/learn#${id}`, { viewport: { width, height: 800 } })
        const top = () => page.$eval(`#${id}`, (section) => section.getBoundingClientRect().top)
        // what is near above has been filled, too
        await page.waitForSelector(above)
        await page.waitForSelector(ready)
        t.ok(Math.abs(await top()) < 100, `${await top()} px from the top`)

        await page.evaluate(() => {
          document.querySelector<HTMLElement>('#curve')?.style.setProperty('height', '3000px')
        })
        await page.waitForFunction(() => scrollY > 3000)
        t.ok(Math.abs(await top()) < 100, 'also when something above grows late')

        await page.mouse.wheel(0, -1500)
        await page.waitForFunction((id) => (document.getElementById(id)?.getBoundingClientRect().top ?? 0) > 1000, id)
        await page.evaluate(() => {
          document.querySelector<HTMLElement>('#training')?.style.setProperty('height', '3000px')
        })
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
        t.ok((await top()) > 1000, 'whoever has moved on is left alone')
        await page.context().close()
      })
    }
  }
})
