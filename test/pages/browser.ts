import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { chromium } from 'playwright-core'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Why no browser can be tested with; false when there is one. */
export const withoutBrowser = existsSync(executablePath) ? false : `no Chromium at ${executablePath}`

/** How Chromium is started: quiet, and drawing WebGL without a graphics card. */
export const launchOptions = {
  executablePath,
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
  ],
}

/** The Chromium that test/run.ts has started for all tests, or else one of the test's own. What was opened is closed with the test. */
export async function browserOf(t: { after(release: () => Promise<void>): unknown }): Promise<Browser> {
  const { TEST_BROWSER: address } = process.env
  const browser = await (address === undefined ? chromium.launch(launchOptions) : chromium.connect(address))
  t.after(() => browser.close())
  return browser
}

/** A window of its own, whose waits bear a busy machine. */
export async function contextOf(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(120_000)
  return context
}
