import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import type { LossAnswer, Problem } from '../../../src/explorer/types.d.ts'
import { golden } from '../../support.ts'
import { npy } from '../npy.ts'
import { browserTest, near, tracesOf, valuesOf } from '../support.ts'

interface Digits {
  readonly predictions: number[][]
  readonly labels: number[]
}

const digits = golden<Digits>('digits.json')

/** Presses the button, and waits for the answer and for what is shown then. */
async function evaluate(page: Page, shown: string): Promise<Answered> {
  const [response] = await Promise.all([
    page.waitForResponse((response) => new URL(response.url()).pathname === '/v1/loss'),
    page.click('#batch [type=submit]'),
  ])
  const answer = await response.json()
  await page.waitForSelector(shown)
  return { status: response.status(), type: response.request().headers()['content-type'], answer, problem: answer }
}

interface Answered {
  readonly status: number
  readonly type: string | undefined
  readonly answer: LossAnswer
  readonly problem: Problem
}

const result = '.batch-result:not([hidden]) .batch-heading'
const refusal = '.batch-problem .problem-detail'

async function shows(page: Page, { loss, accuracy }: LossAnswer): Promise<boolean> {
  const [shown] = await valuesOf(page, '.batch-result .figures')
  const all = await valuesOf(page, '.batch-result .figures')
  return shown === loss && (accuracy === null || all.includes(accuracy))
}

browserTest('a batch of one’s own', async (t, studio) => {
  const opened = await studio.open('/explore#batch')
  const { page, exchanges } = opened
  const folder = t.testdir()
  await near(page, 'batch', '#batch[data-ready]')

  await t.test('nothing is chosen for the person', async (t) => {
    t.equal(await page.inputValue('#batch [name=loss]'), '')
    t.equal(await page.inputValue('#batch [name=labelFormat]'), '')
    await page.click('.batch-example')
    await page.selectOption('#batch [name=loss]', 'cross-entropy')
    const before = exchanges.length
    await page.click('#batch [type=submit]')
    t.equal(
      await page.$eval('#batch [name=labelFormat]', (select) => (select as HTMLSelectElement).validity.valueMissing),
      true,
    )
    t.equal(exchanges.length, before, 'without a labelFormat nothing is sent')
  })

  await t.test('pasted JSON', async (t) => {
    await page.selectOption('#batch [name=labelFormat]', 'index')
    const exchange = await evaluate(page, result)
    t.equal(exchange.status, 200)
    t.match(exchange.answer.spec, { loss: 'cross-entropy', labelFormat: 'index' })
    t.ok(await shows(page, exchange.answer))
    const counts = await page.$$eval('.confusion tbody tr', (rows) =>
      rows.map((row) => Array.from(row.querySelectorAll('td'), (cell) => Number(cell.dataset.count))),
    )
    t.same(counts, exchange.answer.confusion)
    t.same(await valuesOf(page, '.accuracy-interval'), exchange.answer.accuracyInterval)
    const worst = exchange.answer.perSample?.losses.toSorted((one, other) => Number(other) - Number(one))
    t.same(await valuesOf(page, '.worst'), worst)
  })

  await t.test('a wrong declaration shows the error and marks the element', async (t) => {
    await page.selectOption('#batch [name=labelFormat]', 'one-hot')
    const declared = await evaluate(page, refusal)
    t.equal(declared.status, 422)
    t.equal(await page.textContent(refusal), declared.problem.detail)
    t.match(await page.textContent(refusal), 'labelFormat "index"')
    t.equal(await page.textContent('.batch-problem mark'), '[1, 0, 2, 2, 1, 1]')

    await page.fill('#batch-text', '{"predictions": [[0.1, 0.9], [0.8, 0.2]], "labels": [1, 7]}')
    await page.selectOption('#batch [name=labelFormat]', 'index')
    const outside = await evaluate(page, '.batch-problem :text("labels[1] is 7")')
    t.equal(outside.status, 422)
    t.equal(await page.textContent('.batch-problem .pointer'), '#/labels/1')
    t.equal(await page.textContent('.batch-problem mark'), '7')
  })

  await t.test('what is no JSON is marked where it breaks', async (t) => {
    await page.fill('#batch-text', '{"predictions": [[0.1, 0.9]], "labels": [1,, 7]}')
    const exchange = await evaluate(page, '.batch-problem :text("not valid JSON")')
    t.equal(exchange.status, 400)
    t.equal(await page.textContent('.batch-problem mark'), ',')
  })

  await t.test('declarations of a pasted request move into the form', async (t) => {
    await page.fill('#batch-text', '{"loss": "mse", "labelFormat": "values", "predictions": [1, 2], "labels": [1, 4]}')
    await page.click('.batch-adopt button')
    t.equal(await page.inputValue('#batch [name=loss]'), 'mse')
    t.equal(await page.inputValue('#batch [name=labelFormat]'), 'values')
    const exchange = await evaluate(page, result)
    t.match(exchange.answer, { loss: 2, accuracy: null })
    t.same(exchange.answer.spec.include, ['perSample'], 'parts that need a decision are not asked for')
    t.ok(await shows(page, exchange.answer))
  })

  await t.test('a JSON file', async (t) => {
    const file = join(folder, 'digits.json')
    writeFileSync(file, JSON.stringify({ predictions: digits.predictions, labels: digits.labels }))
    await page.check('#batch [value=file]')
    await page.setInputFiles('#batch [name=file]', file)
    await page.selectOption('#batch [name=loss]', 'cross-entropy')
    await page.selectOption('#batch [name=labelFormat]', 'index')
    const { answer, type } = await evaluate(page, result)
    t.equal(type, 'application/json')
    t.match(answer, { samples: 899, correct: 859 })
    t.ok(Math.abs((answer.loss ?? 0) - 0.24367462637609028) < 1e-15, 'the golden loss')
    t.ok(await shows(page, answer))
    const filled = answer.calibration?.bins.filter(({ count }) => count > 0)
    const bins = (await tracesOf(page, '.calibration-plot')).find(({ name }) => name === 'bins')
    t.same(
      bins?.x,
      filled?.map(({ meanConfidence }) => meanConfidence),
    )
    t.same(
      bins?.y,
      filled?.map(({ accuracy }) => accuracy),
    )
    t.same(
      bins?.customdata,
      filled?.map(({ count }) => count),
    )

    for (const [name, program, loss] of [
      ['curl', 'curl', `"loss":${answer.loss}`],
      ['python', 'python3', `'loss': ${answer.loss}`],
    ]) {
      await t.test(`the same from ${name}`, { skip: missing(program) }, async (t) => {
        const code = (await page.textContent(`.batch-${name} code`)) ?? ''
        t.match(await run(name === 'curl' ? 'bash' : program, ['-c', code], folder), loss)
      })
    }
  })

  await t.test('a dropped file', async (t) => {
    await page.check('#batch [value=text]')
    const dataTransfer = await page.evaluateHandle(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File(['{"predictions": [[0.5, 0.5]], "labels": [1]}'], 'dropped.json'))
      return transfer
    })
    await page.dispatchEvent('.batch-form', 'drop', { dataTransfer })
    t.ok(await page.isChecked('#batch [value=file]'))
    t.match((await evaluate(page, result)).answer, { samples: 1, ties: 1, accuracy: 0 })
  })

  await t.test('an NDJSON file', async (t) => {
    const lines = [0, 300, 600].map((from) => ({
      predictions: digits.predictions.slice(from, from + 300),
      labels: digits.labels.slice(from, from + 300),
    }))
    const file = join(folder, 'digits.ndjson')
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    await page.setInputFiles('#batch [name=file]', file)
    t.ok(await page.isDisabled('#batch [value=perSample]'), 'a stream keeps no samples')
    const { answer, type } = await evaluate(page, result)
    t.equal(type, 'application/x-ndjson')
    t.match(answer, { loss: 0.24367462637609028, samples: 899, correct: 859 })
    t.ok(await shows(page, answer))

    lines[1].labels = lines[1].labels.with(3, 12)
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    await page.setInputFiles('#batch [name=file]', file)
    await evaluate(page, refusal)
    t.match(await page.textContent(refusal), 'Line 3: labels[3] is 12')
    t.equal(await page.textContent('.batch-problem mark'), '12')
  })

  await t.test('a large file shows how far it is', async (t) => {
    const file = join(folder, 'large.ndjson')
    const line = `${JSON.stringify({ predictions: digits.predictions, labels: digits.labels })}\n`
    writeFileSync(file, line.repeat(100))
    await page.setInputFiles('#batch [name=file]', file)
    const network = await page.context().newCDPSession(page)
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 25e6 }
    await network.send('Network.emulateNetworkConditions', slow)
    const seen = await page.evaluateHandle(() => {
      const texts: string[] = []
      const status = document.querySelector('.batch-status')
      const progress = document.querySelector<HTMLProgressElement>('.batch-progress')
      if (status === null || progress === null) return texts
      new MutationObserver(() => {
        if (!progress.hidden) texts.push(`${progress.value}: ${status.textContent}`)
      }).observe(status, { childList: true })
      return texts
    })
    const { answer } = await evaluate(page, result)
    t.match(answer, { loss: 0.24367462637609028, samples: 89_900 }, 'the same mean, however often')
    await network.detach()
    const texts = await seen.jsonValue()
    t.ok(
      texts.some((text) => /^0\.\d+: Sending 19\.\d MB, \d+ %$/.test(text)),
      texts.join('; '),
    )
    t.ok(texts.includes('1: Sent; evaluating'))
    t.ok(await page.isHidden('.batch-progress'))
  })

  await t.test('two .npy files', async (t) => {
    const files = { predictions: join(folder, 'p.npy'), labels: join(folder, 'l.npy') }
    writeFileSync(files.predictions, npy('<f8', [899, 10], Float64Array.from(digits.predictions.flat())))
    writeFileSync(files.labels, npy('<i8', [899], BigInt64Array.from(digits.labels, BigInt)))
    await page.check('#batch [value=npy]')
    await page.setInputFiles('#batch [name=predictionsFile]', files.predictions)
    await page.setInputFiles('#batch [name=labelsFile]', files.labels)
    const { answer, type, status } = await evaluate(page, result)
    t.equal(status, 200)
    t.equal(type, 'application/octet-stream')
    t.match(answer, { loss: 0.24367462637609028, samples: 899, correct: 859 })
    t.ok(await shows(page, answer))
    await t.test('the same from curl', { skip: missing('curl') }, async (t) => {
      const code = (await page.textContent('.batch-curl code')) ?? ''
      t.match(await run('bash', ['-c', code], folder), `"loss":${answer.loss}`)
    })

    const wrong = BigInt64Array.from(digits.labels, BigInt)
    wrong[5] = 77n
    writeFileSync(files.labels, npy('<i8', [899], wrong))
    await page.setInputFiles('#batch [name=labelsFile]', files.labels)
    await evaluate(page, refusal)
    t.equal(await page.textContent('.batch-problem mark'), '77')

    await page.setInputFiles('#batch [name=labelsFile]', join(folder, 'digits.json'))
    await page.click('#batch [type=submit]')
    await page.waitForSelector('#batch .trouble p')
    t.match(await page.textContent('#batch .trouble'), 'digits.json is no .npy file.')
  })

  await t.test('a link restores the options', async (t) => {
    await page.click('#batch details summary')
    await page.fill('#batch [name=labelSmoothing]', '0.1')
    await page.uncheck('#batch [value=confusion]')
    const { page: other } = await studio.open(page.url().slice(opened.origin.length))
    await near(other, 'batch', '#batch[data-ready]')
    t.equal(await other.inputValue('#batch [name=loss]'), 'cross-entropy')
    t.equal(await other.inputValue('#batch [name=labelFormat]'), 'index')
    t.equal(await other.inputValue('#batch [name=labelSmoothing]'), '0.1')
    t.equal(await other.isChecked('#batch [value=confusion]'), false)
    t.equal(await other.isChecked('#batch [value=perClass]'), true)

    await other.click('.languages [hreflang=ko]')
    await near(other, 'batch', '#batch[data-ready]')
    t.equal(new URL(other.url()).hash, '#batch')
    t.equal(await other.inputValue('#batch [name=labelSmoothing]'), '0.1', 'in another language, too')
    t.equal(await other.textContent('#batch [type=submit]'), '평가하기')
    await other.check('#batch [value=confusion]')
    t.equal(new URL(other.url()).searchParams.get('lang'), 'ko')
  })
})

async function run(program: string, parameters: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, parameters, { cwd, maxBuffer: 2 ** 26 })
  return stdout
}

/** Why a program cannot be run; false when it can. */
function missing(program: string): string | false {
  return spawnSync(program, ['--version']).error === undefined ? false : `${program} is not installed`
}
