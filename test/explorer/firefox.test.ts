import { browserTest } from './support.ts'

/** What each page is for, and cannot be there before its scripts have done their work. */
const pages = {
  '/explore': '.losses-drawing .line.cross-entropy',
  '/explore?lang=ko': '.losses-drawing .line.cross-entropy',
  '/explore/evaluations': '#runs[data-mounted] .learning-drawing svg',
  '/docs': '#operations-Evaluation-evaluate, .opblock',
  '/problems/invalid-content': 'main h1',
}

browserTest(
  'every page in Firefox',
  async (t, studio) => {
    for (const [address, content] of Object.entries(pages)) {
      await t.test(address, async (t) => {
        const { page } = await studio.open(address)
        await page.waitForSelector(content, { timeout: 60_000 })
        t.equal(await page.isVisible('h1, h2'), true)
        await page.context().close()
      })
    }

    await t.test('the first picture follows the keyboard', async (t) => {
      const { page } = await studio.open('/explore')
      await page.waitForSelector('#losses[data-mounted]')
      await page.focus('.losses-handle')
      const before = await page.textContent('[data-loss=squared] data')
      await page.keyboard.press('ArrowLeft')
      t.not(await page.textContent('[data-loss=squared] data'), before)
      await page.context().close()
    })
  },
  undefined,
  'firefox',
)
