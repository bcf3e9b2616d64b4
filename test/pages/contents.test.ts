import { browserTest, near } from './support.ts'

browserTest('the contents mark what is being read', async (t, studio) => {
  const { page } = await studio.open('/learn', { viewport: { width: 360, height: 740 } })
  await near(page, 'sweeps', '#sweeps[data-done]')
  for (const id of ['landscape', 'training']) {
    await page.$eval(`#${id}`, (section) => section.scrollIntoView())
    await page.waitForSelector(`.contents a[href="#${id}"][aria-current]`)
    // one alone, and seen, though the contents are wider than the window
    await page.waitForFunction(() => {
      const marked = Array.from(document.querySelectorAll('.contents [aria-current]'), (link) =>
        link.getBoundingClientRect(),
      )
      return marked.length === 1 && marked[0].left >= 0 && marked[0].right <= innerWidth
    })
    t.equal(await page.getAttribute('.contents [aria-current]', 'href'), `#${id}`)
  }
})
