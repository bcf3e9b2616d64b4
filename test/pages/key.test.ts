import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { browserTest } from './support.ts'

const keys = { lm_right: ['evaluate'], lm_reader: ['read'] }

function keysFile(t: Test): Record<string, string> {
  const list = Object.entries(keys).map(([key, scopes]) => {
    return { name: key, sha256: createHash('sha256').update(key).digest('hex'), scopes }
  })
  return { API_KEYS_FILE: join(t.testdir({ 'keys.json': JSON.stringify(list) }), 'keys.json') }
}

const form = '.ask-key'

browserTest(
  'a service that needs a key is given one, for this tab only',
  async (t, studio) => {
    const { page, answered } = await studio.open('/learn?lang=en#losses')
    await answered(({ status }) => status === 401)
    const field = await page.waitForSelector(`${form} input`)
    t.equal(await page.locator(form).count(), 1)
    await field.fill(' lm_rightä ')
    await page.click(`${form} button`)
    await answered(({ status, path }) => status === 200 && path === '/v1/loss')
    t.equal(await page.locator(form).count(), 0)
    t.same(await page.evaluate(() => [sessionStorage.getItem('key'), localStorage.length]), ['lm_right', 0])

    await t.test('and another one where a scope is missing, which is named', async (t) => {
      await page.evaluate(() => sessionStorage.setItem('key', 'lm_reader'))
      await page.reload()
      await page.waitForSelector(form)
      t.match(await page.textContent(form), 'does not have the scope evaluate.')
      await page.fill(`${form} input`, 'lm_right')
      await page.click(`${form} button`)
      await page.waitForSelector('#losses[data-mounted]')
      t.equal(await page.locator(form).count(), 0)
    })
  },
  keysFile,
)

browserTest(
  'the form for the key can be used on every page, at every width',
  async (t, studio) => {
    for (const width of [360, 768, 1280, 1920]) {
      // what plays on /learn is what needs the key there
      const motion = { reducedMotion: 'no-preference' } as const
      const { page } = await studio.open('/runs?lang=en', { viewport: { width, height: 740 }, ...motion })
      for (const address of ['/', '/learn', '/batch', '/runs', '/runs/one']) {
        await page.goto(`${new URL(page.url()).origin}${address}?lang=en`)
        await page.waitForSelector(form)
        t.same(await faultsOf(page), [], `${address} at ${width}`)
      }
    }
  },
  keysFile,
)

/** What of the form is smaller than a finger, outside of the form or of the window, or covered. */
function faultsOf(page: Page): Promise<string[]> {
  return page.$eval(form, (element) => {
    const frame = element.getBoundingClientRect()
    const faults: string[] = []
    if (frame.left < 0 || frame.right > innerWidth) faults.push(`form from ${frame.left} to ${frame.right}`)
    for (const part of element.querySelectorAll('label span, input, button')) {
      const { left, right, top, bottom, width, height } = part.getBoundingClientRect()
      const name = part.localName
      if (left < frame.left || right > frame.right || top < frame.top || bottom > frame.bottom)
        faults.push(`${name} stands out of the form`)
      if (part.localName !== 'span' && (width < 44 || height < 44)) faults.push(`${name} is ${width} by ${height}`)
      const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      if (there !== part) faults.push(`${name} is covered by ${there?.outerHTML.slice(0, 80)}`)
    }
    return faults
  })
}
