import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { test } from 'tap'
import { npyOf } from './http/body/form.ts'
import { appOf } from './support.ts'

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : `no Chromium at ${executablePath}`

/** A .npy file as a browser sends it. */
function fileOf(name: string, buffer: Buffer) {
  return { name, mimeType: 'application/octet-stream', buffer }
}

test('Try it out has file pickers for a form, and sends what is filled in', { skip }, async (t) => {
  const app = await appOf(t)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  t.after(() => browser.close())
  const page = await browser.newPage()
  await page.goto(`${origin}/docs`)
  const operation = page.locator('#operations-Loss-evaluateLoss')
  await operation.locator('.opblock-summary-control').click()
  const body = operation.locator('.opblock-section-request-body')
  await body.locator('select').first().selectOption('multipart/form-data')
  const field = (name: string, kind: string) => body.locator(`tr[data-property-name="${name}"] ${kind}`)
  await field('predictions', 'input[type=file]').setInputFiles(fileOf('p.npy', npyOf([2, 2], [0.2, 0.8, 0.9, 0.1])))
  await field('labels', 'input[type=file]').setInputFiles(fileOf('t.npy', npyOf([2], [1, 0], '<i8')))
  await field('loss', 'select').selectOption('cross-entropy')
  await field('labelFormat', 'select').selectOption('index')
  await field('epsilon', 'input[type=text]').fill('1e-9')
  await field('include', 'select').selectOption(['perClass', 'confusion'])
  const answered = page.waitForResponse(`${origin}/v1/loss`)
  await operation.locator('button.execute').click()
  const response = await answered
  t.match(response.request().headers()['content-type'], 'multipart/form-data')
  t.equal(response.status(), 200)
  t.match(await response.json(), {
    accuracy: 1,
    samples: 2,
    confusion: [
      [1, 0],
      [0, 1],
    ],
    spec: { epsilon: 1e-9, include: ['perClass', 'confusion'] },
  })
})

test('Try it out shows a stream and sends it, in a narrow window, too', { skip }, async (t) => {
  const app = await appOf(t)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  t.after(() => browser.close())
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true })
  const page = await context.newPage()
  await page.goto(`${origin}/docs`)
  const operation = page.locator('#operations-Loss-evaluateLoss')
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.opblock-section-request-body select').first().selectOption('application/x-ndjson')
  const answered = page.waitForResponse(`${origin}/v1/loss`)
  await operation.locator('button.execute').click()
  const response = await answered
  t.equal(response.request().headers()['content-type'], 'application/x-ndjson')
  t.match(await response.json(), { samples: 3, spec: { loss: 'cross-entropy' } })
  const width = await page.evaluate('document.documentElement.scrollWidth')
  t.equal(width, 360, 'nothing is wider than the window')
})
