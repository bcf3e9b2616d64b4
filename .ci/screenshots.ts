// Takes the pictures of the README from a running service, whose address is the argument, with Chromium. It trains three
// models in the page, whose runs the service keeps.
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'

const [address = 'http://127.0.0.1:3000'] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
})

/** A section, as soon as it is drawn. */
async function open(path: string, section: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const viewport = { width: 1280, height: 1400 }
  const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce', bypassCSP: true })
  await page.goto(`${address}${path}#${section}`)
  await page.locator(`#${section}`).scrollIntoViewIfNeeded()
  await page.waitForSelector(`#${section}[data-mounted]`, { timeout: 60_000 })
  // the bar that stays at the top would lie over the picture
  await page.addStyleTag({ content: 'nav.contents { position: static } .stage, .run-figure { padding: 1rem }' })
  return page
}

/** Keeps what the section shows as a file, and closes the page. */
async function take(file: string, page: Page, section: string): Promise<void> {
  const path = join(import.meta.dirname, '..', '.github', file)
  await page.locator(`#${section} :is(.stage, .run-figure)`).first().screenshot({ path })
  await page.close()
}

/** A model that learns from so many digits at a time, after 300 steps. */
async function trained(size: number): Promise<Page> {
  const page = await open(`/learn?training.size=${size}`, 'training')
  await page.click('#training .training-play')
  await page.waitForFunction('document.querySelector("#training").dataset.steps >= 300', null, { timeout: 120_000 })
  await page.click('#training .training-play')
  await page.waitForSelector('#training[data-training="paused"]')
  return page
}

await take('explore-light.png', await open('/learn', 'losses'), 'losses')
await take('explore-dark.png', await open('/learn?surface.logPolicy=exact', 'surface', 'dark'), 'surface')
const runs: string[] = []
for (const size of [200, 10, 50]) {
  const page = await trained(size)
  runs.push(`explore-softmax-size-${size}-rate-0.5-seed-1`)
  if (size === 50) await take('explore-training.png', page, 'training')
  else await page.close()
}
await take('explore-runs.png', await open(`/runs?runs=${runs.join(',')}`, 'runs'), 'runs')
await browser.close()
