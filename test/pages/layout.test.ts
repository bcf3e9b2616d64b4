import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { browserTest } from './support.ts'

const widths = [360, 768, 1280, 1920]
/** A colour changes no size, so each language is seen in one theme at all widths, and in the other at one. */
const views = [
  ['en', 'light', widths],
  ['ko', 'dark', widths],
  ['en', 'dark', [360]],
  ['ko', 'light', [1280]],
] as const
const pages = ['/', '/learn', '/batch', '/runs', '/runs/run', '/problems', '/docs']
const key = createHash('sha256').update('lm_key').digest('hex')

/** A service with keys, of which the browser has none. */
function keysFile(t: Test): Record<string, string> {
  const keys = [{ name: 'key', sha256: key, scopes: ['evaluate'] }]
  return { API_KEYS_FILE: join(t.testdir({ 'keys.json': JSON.stringify(keys) }), 'keys.json') }
}

for (const [name, variablesOf] of Object.entries({ 'without keys': () => ({}), 'where a key is missing': keysFile })) {
  browserTest(
    `every form, figure and control is as large as its content, inside its parent and not covered, ${name}`,
    async (t, studio) => {
      const { page, origin } = await studio.open('/?lang=en')
      if (name === 'without keys') await addRun(origin)
      for (const address of process.env.ONLY?.split(',') ?? pages) {
        for (const [language, colorScheme, all] of views) {
          await page.emulateMedia({ colorScheme })
          await page.goto(`${origin}${address}?lang=${language}`)
          await whole(page)
          for (const width of all) {
            await page.setViewportSize({ width, height: width < 700 ? 740 : 720 })
            t.same(await settledFaultsOf(page), [], `${address} in ${language}, ${colorScheme}, at ${width}`)
          }
        }
      }
    },
    variablesOf,
  )
}

browserTest('the faults that a layout can have are found', async (t, studio) => {
  const { page } = await studio.open('/?lang=en')
  await whole(page)
  t.same(await faultsOf(page), [])
  // the form for a key once had the size of the mark of a legend
  for (const [style, fault] of [
    ['width: 37px; height: 26px', /^form\.planted is 37 x 26/],
    ['position: relative; left: 2000px', /^form\.planted stands out of its parent/],
    ['position: relative; z-index: -1; background: none', /^button Use is covered by/],
  ] as const) {
    await page.evaluate((css) => {
      document.querySelector('.planted')?.remove()
      const form = document.createElement('form')
      form.className = 'planted'
      form.style.cssText = css
      form.innerHTML = '<input aria-label="key"><button type="button">Use</button>'
      document.querySelector('main > section')?.prepend(form)
      if (!css.includes('z-index')) return
      const cover = document.createElement('div')
      cover.style.cssText = 'position: absolute; inset: 0; background: var(--paper)'
      document.querySelector('main > section')?.append(cover)
    }, style)
    t.match((await faultsOf(page)).join('\n'), new RegExp(fault, 'm'), style)
  }
})

/** A run with two batches, to be looked at. */
async function addRun(origin: string): Promise<void> {
  const put = (path: string, body: object) =>
    fetch(`${origin}/v1/evaluations/run${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await put('', { loss: 'cross-entropy', labelFormat: 'index', outputs: 3, include: ['confusion', 'calibration'] })
  for (const at of [1, 2]) await put(`/batches/${at}`, { predictions: [[0.7, 0.2, 0.1]], labels: [at] })
}

/** Waits until each section of a page has drawn, or has said what is missing. */
async function whole(page: Page): Promise<void> {
  if (new URL(page.url()).pathname === '/docs') {
    await page.waitForSelector('.opblock')
    return
  }
  for (const section of await page.locator('main > section').all()) {
    await section.scrollIntoViewIfNeeded()
    await section.and(page.locator('[data-mounted], :has(.trouble:not(:empty))')).waitFor({ state: 'attached' })
  }
}

/** What stays wrong when the pictures have drawn again, which they do after the window has another size. */
async function settledFaultsOf(page: Page): Promise<string[]> {
  let faults: string[] = []
  for (let tries = 0; tries < 8; tries++) {
    faults = await faultsOf(page)
    if (faults.length === 0) break
    await page.waitForTimeout(100 * 2 ** tries)
  }
  return faults
}

/** What of a page is smaller than its content, stands out of its parent or of the window, or is covered. */
function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = []
    const said = (element: Element) => {
      const name = element.getAttribute('aria-label') ?? element.getAttribute('name') ?? element.textContent?.trim()
      const known = [...element.classList].map((one) => `.${one}`).join('') || ` ${name?.slice(0, 40)}`
      return element.localName + known
    }
    const isShown = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
    const reach = document.documentElement.scrollWidth
    if (reach > innerWidth) faults.push(`the page is ${reach} wide`)
    for (const element of document.querySelectorAll('form, figure, table, button, input, select, textarea, summary')) {
      if (!(element instanceof HTMLElement) || !isShown(element)) continue
      // for readers of screens; and a button of Swagger UI that opens over its neighbours when it is pointed at
      if (element.closest('.hidden, .view-line-link') !== null) continue
      const { scrollWidth, scrollHeight, clientWidth, clientHeight, offsetWidth, offsetHeight } = element
      const scrolls = /auto|scroll/.test(getComputedStyle(element).overflow) || element.localName === 'input'
      const isCut = !scrolls && clientWidth > 0 && (scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1)
      const isTiny = offsetWidth < 13 || offsetHeight < 13
      if (isCut || isTiny)
        faults.push(`${said(element)} is ${offsetWidth} x ${offsetHeight}, for ${scrollWidth} x ${scrollHeight}`)
      const own = element.getBoundingClientRect()
      const outer = element.parentElement?.getBoundingClientRect() ?? own
      const isOut = own.left < outer.left - 1 || own.right > outer.right + 1
      const mayScroll = /auto|scroll/.test(getComputedStyle(element.parentElement ?? element).overflow)
      // the handle of a chart is as much wider as its thumb
      if (isOut && !mayScroll && !element.matches('.handle')) faults.push(`${said(element)} stands out of its parent`)
      if (element.matches('form, figure, table, :disabled')) continue
      const isSeen = own.top > 100 && own.bottom < innerHeight && own.left >= 0 && own.right <= innerWidth
      if (!isSeen) element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' })
      const { left, right, top, bottom } = element.getBoundingClientRect()
      const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      if (there === null || !(element.contains(there) || there.contains(element)))
        faults.push(`${said(element)} is covered by ${there === null ? 'the edge' : said(there)}`)
    }
    return faults
  })
}
