import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { Test } from 'tap'
import { test } from 'tap'
import { lossNames } from '../../src/loss/kernels/index.ts'
import { npyOf } from '../formats/form.ts'
import { matrix } from '../matrix.ts'
import { browserOf, contextOf, withoutBrowser } from '../pages/browser.ts'
import { appOf } from '../support.ts'

const skip = withoutBrowser

/** The operation POST /v1/loss, opened, and what the console of the browser says. */
async function opened(t: Test, options: BrowserContextOptions = {}) {
  const app = await appOf(t)
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = await browserOf(t)
  const page = await (await contextOf(browser, options)).newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  await page.goto(`${origin}/docs`)
  const operation = page.locator('#operations-Loss-evaluateLoss')
  await operation.locator('.opblock-summary-control').click()
  return { page, operation, body: operation.locator('.opblock-section-request-body'), said }
}

/** Sends what is filled in. */
async function execute(page: Page, operation: Locator) {
  const answered = page.waitForResponse('**/v1/loss')
  await operation.locator('button.execute').click()
  return answered
}

const narrow = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

/** A .npy file as a browser sends it. */
function fileOf(name: string, buffer: Buffer) {
  return { name, mimeType: 'application/octet-stream', buffer }
}

test('Try it out has file pickers for a form, and sends what is filled in', { skip }, async (t) => {
  const { page, operation, body } = await opened(t)
  await body.locator('select').first().selectOption('multipart/form-data')
  const field = (name: string, kind: string) => body.locator(`tr[data-property-name="${name}"] ${kind}`)
  await field('predictions', 'input[type=file]').setInputFiles(fileOf('p.npy', npyOf([2, 2], [0.2, 0.8, 0.9, 0.1])))
  await field('labels', 'input[type=file]').setInputFiles(fileOf('t.npy', npyOf([2], [1, 0], '<i8')))
  await field('loss', 'select').selectOption('cross-entropy')
  await field('labelFormat', 'select').selectOption('index')
  await field('epsilon', 'input[type=text]').fill('1e-9')
  await field('include', 'select').selectOption(['perClass', 'confusion'])
  const response = await execute(page, operation)
  t.match(response.request().headers()['content-type'], 'multipart/form-data')
  t.equal(response.status(), 200)
  t.match(await response.json(), {
    accuracy: 1,
    samples: 2,
    confusion: matrix('1 0; 0 1'),
    spec: { epsilon: 1e-9, include: ['perClass', 'confusion'] },
  })
})

test('Try it out sends the file of bytes that it tells how to make', { skip }, async (t) => {
  const { page, operation, body } = await opened(t)
  const [, bytes] = (await body.innerText()).match(/printf '%s' '(.*)' > batch.bin/) ?? []
  await body.locator('select').first().selectOption('application/octet-stream')
  await body.locator('input[type=file]').setInputFiles(fileOf('batch.bin', Buffer.from(bytes)))
  const length = operation.locator('tr[data-param-name="Inference-Header-Content-Length"] input')
  await length.fill(String(bytes.lastIndexOf('}') + 1))
  const response = await execute(page, operation)
  t.equal(response.status(), 200)
  t.match(await response.json(), { samples: 2, spec: { loss: 'mse' } })
})

test('Try it out shows a stream and sends it, in a narrow window, too', { skip }, async (t) => {
  const { page, operation, body } = await opened(t, narrow)
  await body.locator('select').first().selectOption('application/x-ndjson')
  const response = await execute(page, operation)
  t.equal(response.request().headers()['content-type'], 'application/x-ndjson')
  t.match(await response.json(), { samples: 3, spec: { loss: 'cross-entropy' } })
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, 'nothing is wider than the window')
})

test('a schema shows one loss at a time, in a narrow window, too, and the console is silent', { skip }, async (t) => {
  const { page, operation, body, said } = await opened(t, narrow)
  await body.getByRole('tab', { name: 'Schema' }).click()
  const choice = body.locator('.one-of select')
  t.equal(await choice.locator('option').count(), lossNames.length)
  for (const [title, own, others] of [
    ['Huber loss', 'delta', 'gamma'],
    ['Focal loss', 'gamma', 'delta'],
  ]) {
    await choice.selectOption(title)
    const names = await body.locator('.one-of .json-schema-2020-12__title').allInnerTexts()
    t.ok(names.includes(own) && !names.includes(others), names.join())
  }
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, 'nothing is wider than the window')
  const { height = 0 } = (await body.boundingBox()) ?? {}
  t.ok(height < 3 * narrow.viewport.height, `${height} px`)
  const answer = operation.locator('tr.response').first()
  await answer.getByRole('tab', { name: 'Schema' }).click()
  const { width = 0 } = (await answer.locator('.response-col_description__inner').boundingBox()) ?? {}
  t.ok(width > 250, `${width} px for the schema of the answer`)
  t.same(said, [])
})
