import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { browserTest } from './support.ts'

const list = [{ name: 'reader', sha256: createHash('sha256').update('lm_right').digest('hex'), scopes: ['evaluate'] }]

browserTest(
  'a service that needs a key is given one, for this tab alone',
  async (t, studio) => {
    const { page, answered } = await studio.open('/explore?lang=en')
    await answered(({ status }) => status === 401)
    const field = await page.waitForSelector('form.key input')
    t.equal(await page.locator('form.key').count(), 1)
    await field.fill(' lm_rightä ')
    await page.click('form.key button')
    await answered(({ status, path }) => status === 200 && path === '/v1/loss')
    t.equal(await page.locator('form.key').count(), 0)
    t.same(await page.evaluate(() => [sessionStorage.getItem('key'), localStorage.length]), ['lm_right', 0])
  },
  (t) => ({ API_KEYS_FILE: join(t.testdir({ 'keys.json': JSON.stringify(list) }), 'keys.json') }),
)
