import type { Page } from 'playwright-core'
import { browserTest } from './support.ts'

const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)

browserTest('the language', async (t, studio) => {
  const { page } = await studio.open('/learn?lang=en&loss=mse#sweeps')
  await page.click('.languages [hreflang=ko]')
  await page.waitForURL('**/learn?lang=ko&loss=mse#sweeps')
  t.equal(await page.getAttribute('html', 'lang'), 'ko')
  t.match(await page.textContent('#sweeps h2'), '정확도')
  await page.waitForSelector('#sweeps[data-done]')
  for (const section of await page.$$('main > section')) {
    await section.scrollIntoViewIfNeeded()
    await page.waitForFunction((section) => (section as HTMLElement).dataset.mounted, section)
  }
  const said = await page.evaluate(() => document.body.innerText)
  t.notMatch(said, /\{\{|undefined|\[object|NaN/)
  await page.context().close()

  const other = await studio.open('/learn', { locale: 'ko-KR' })
  t.equal(await other.page.getAttribute('html', 'lang'), 'ko', 'of the browser')
  await other.page.context().close()
})

browserTest('the theme', async (t, studio) => {
  const { page, origin } = await studio.open('/learn', { colorScheme: 'light' })
  await page.waitForSelector('#training[data-mounted]')
  const light = await background(page)
  await page.selectOption('select.theme', 'dark')
  const dark = await background(page)
  t.not(dark, light)

  await page.goto(`${origin}/learn?lang=ko`)
  t.equal(await background(page), dark, 'is kept')
  t.equal(await page.inputValue('select.theme'), 'dark')
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.selectOption('select.theme', 'light')
  t.equal(await background(page), light, 'whatever the system likes')
  await page.selectOption('select.theme', '')
  t.equal(await background(page), dark, 'or follows it')
})
