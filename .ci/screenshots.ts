// Takes the pictures of the README from a running service, whose address is the argument, with Chromium.
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const pictures = [
  { file: 'explore-light.png', colorScheme: 'light', section: 'losses', query: '' },
  { file: 'explore-dark.png', colorScheme: 'dark', section: 'surface', query: '?surface.logPolicy=exact' },
] as const

const [address = 'http://127.0.0.1:3000'] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
})
for (const { file, colorScheme, section, query } of pictures) {
  const viewport = { width: 1280, height: 1400 }
  const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce', bypassCSP: true })
  await page.goto(`${address}/explore${query}#${section}`)
  await page.locator(`#${section}`).scrollIntoViewIfNeeded()
  await page.waitForSelector(`#${section}[data-mounted]`, { timeout: 60_000 })
  // the bar that stays at the top would lie over the picture
  await page.addStyleTag({ content: 'nav.contents { position: static } .stage { padding: 1rem }' })
  await page.locator(`#${section} .stage`).screenshot({ path: join(import.meta.dirname, '..', '.github', file) })
  await page.close()
}
await browser.close()
