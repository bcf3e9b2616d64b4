import { execFile, spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import type { LossAnswer, Problem } from '../../../src/pages/types.d.ts'
import { golden } from '../../support.ts'
import { npy } from '../npy.ts'
import { binsOf, browserTest, near, saved, valuesOf } from '../support.ts'

interface Digits {
  readonly predictions: number[][]
  readonly labels: number[]
}

const digits = golden<Digits>('digits.json')

/** Presses the button, and waits for the answer and for what is shown then. */
async function evaluate(page: Page, shown: string, button = '#batch [type=submit]'): Promise<Answered> {
  const [response] = await Promise.all([
    page.waitForResponse((response) => new URL(response.url()).pathname === '/v1/loss'),
    page.click(button),
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

/** The cells under a title, numbers as exact as they are. */
async function columnOf(page: Page, place: string, title: string): Promise<(string | null | undefined)[]> {
  return page.$eval(
    `${place} table`,
    (table, title) => {
      const rows = Array.from((table as HTMLTableElement).rows, ({ cells }) => [...cells])
      const at = rows[0].findIndex(({ textContent }) => textContent === title)
      return rows.slice(1).map((cells) => cells[at].querySelector('data')?.value ?? cells[at].textContent)
    },
    title,
  )
}

browserTest('a batch of one’s own', async (t, studio) => {
  const opened = await studio.open('/batch')
  const { page, exchanges } = opened
  const folder = t.testdir()
  await near(page, 'batch', '#batch[data-ready]')

  await t.test('nothing is chosen for the person', async (t) => {
    t.equal(await page.inputValue('#batch [name=loss]'), '')
    t.equal(await page.inputValue('#batch [name=labelFormat]'), '')
    await page.fill('#batch-text', '{}')
    await page.selectOption('#batch [name=loss]', 'mse')
    const before = (await exchanges()).length
    await page.click('#batch [type=submit]')
    t.equal(
      await page.$eval('#batch [name=labelFormat]', (select) => (select as HTMLSelectElement).validity.valueMissing),
      true,
    )
    t.equal((await exchanges()).length, before, 'without a labelFormat nothing is sent')
  })

  await t.test('pasted JSON', async (t) => {
    await page.click('.batch-example')
    t.equal(await page.inputValue('#batch [name=loss]'), 'cross-entropy', 'the example says what it is')
    t.equal(await page.inputValue('#batch [name=labelFormat]'), 'index')
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
    t.same(await columnOf(page, '.worst', 'loss'), worst?.map(String))
    t.same(await columnOf(page, '.worst', 'label'), ['1', '2', '1', '1', '0', '2'])
    t.same(await columnOf(page, '.worst', 'predicted'), ['0', '2', '1', '1', '0', '2'])
    t.same(await columnOf(page, '.worst', 'confidence'), ['0.6', '0.4', '0.5', '0.7', '0.8', '0.8'])
  })

  await t.test('an answer that is not of what the form holds is marked', async (t) => {
    t.ok(await page.isHidden('.batch-stale'))
    await page.selectOption('#batch [name=loss]', 'sse')
    t.ok(await page.isVisible('.batch-stale'))
    await page.selectOption('#batch [name=loss]', 'cross-entropy')
    t.ok(await page.isHidden('.batch-stale'), 'the same options again')
  })

  await t.test('the matrix as shares of labels, decisions and all', async (t) => {
    for (const [way, shares] of [
      ['row', ['100', '33.3', '66.7', '100']],
      ['column', ['50', '50', '100', '100']],
      ['all', ['16.7', '16.7', '33.3', '33.3']],
    ] as const) {
      await page.check(`.normalise [value=${way}]`)
      const shown = await page.$$eval('.confusion td[data-count]', (cells) => cells.map((cell) => cell.textContent))
      t.same(
        shown.filter((text) => text !== '·'),
        shares,
        way,
      )
      t.equal(new URL(page.url()).searchParams.get('normalise'), way)
    }
    await page.check('.normalise [value=count]')
  })

  await t.test('what is shown can be saved', async (t) => {
    const answer = JSON.parse(await saved(page, 'The answer', 'JSON'))
    t.match(answer, { samples: 6, spec: { loss: 'cross-entropy' } })
    t.equal(await saved(page, 'Confusion matrix', 'CSV'), '1,0,0\r\n1,2,0\r\n0,0,2\r\n')
    const [, worst] = (await saved(page, 'Worst samples', 'CSV')).split('\r\n')
    t.equal(worst, `4,${answer.perSample.losses[4]},no,1,0,0.6,"0.6, 0.3, 0.1"`)
    for (const picture of ['Confusion matrix', 'Calibration']) {
      t.match(await saved(page, picture, 'SVG'), /^<svg.*<\/svg>$/s)
      t.match(await saved(page, picture, 'PNG'), /^.PNG\r\n/)
    }
  })

  await t.test('a wrong declaration shows the error and marks the element', async (t) => {
    await page.selectOption('#batch [name=labelFormat]', 'one-hot')
    const declared = await evaluate(page, refusal)
    t.equal(declared.status, 422)
    t.equal(await page.textContent(refusal), declared.problem.detail)
    t.match(await page.textContent(refusal), 'labelFormat "index"')
    t.equal(await page.textContent('.batch-problem mark'), '[1, 0, 2, 2, 1, 1]')
    const fitting = await evaluate(page, result, '.remedies button')
    t.match(fitting.answer.spec, { labelFormat: 'index' }, 'the declaration that fits is one click away')
    t.equal(new URL(page.url()).searchParams.get('labelFormat'), 'index')

    await page.fill('#batch-text', '{"predictions": [[0.1, 0.9], [0.8, 0.2]], "labels": [1, 7]}')
    await page.selectOption('#batch [name=labelFormat]', 'index')
    const outside = await evaluate(page, '.batch-problem :text("labels[1] is 7")')
    t.equal(outside.status, 422)
    t.equal(await page.textContent('.batch-problem .pointer'), '#/labels/1')
    t.equal(await page.textContent('.batch-problem mark'), '7')
  })

  await t.test('errors that say the same stand together', async (t) => {
    await page.fill('#batch-text', '{"predictions": [[2, -1], [3, 0.5], [-4, 9]], "labels": [0, 0, 1]}')
    await evaluate(page, '.batch-problem .alike')
    t.equal(await page.locator('.errors > li').count(), 1)
    t.same(await page.$$eval('.alike code', (all) => all.map((code) => code.textContent)), [
      '#/predictions/0/1',
      '#/predictions/1/0',
      '#/predictions/2/0',
      '#/predictions/2/1',
    ])
    t.equal(await page.textContent('.remedies button'), 'Declare predictionFormat logits and evaluate again')
    const { answer } = await evaluate(page, result, '.remedies button')
    t.match(answer, { accuracy: 1, spec: { predictionFormat: 'logits' } })
    const sure = (await columnOf(page, '.worst', 'confidence')).map(Number)
    t.ok(Math.abs(sure[0] - 1 / (1 + Math.exp(-2.5))) < 1e-15, 'the softmax of 3 and 0.5')
  })

  await t.test('answers stand side by side', async (t) => {
    const rows = page.locator('.answers tbody tr')
    t.equal(await rows.count(), 3)
    t.same(await columnOf(page, '.batch-answers', 'predictionFormat'), ['probabilities', 'probabilities', 'logits'])
    t.same((await columnOf(page, '.batch-answers', 'difference')).slice(0, 2), ['–', '0'])
    await page.click('[aria-label="Show answer 1"]')
    t.equal(await page.getAttribute('[data-answer="1"]', 'aria-current'), 'true')
    t.match(await page.textContent('.batch-result .note'), '6 samples of 3 outputs')
    t.ok(await page.isVisible('.batch-stale'))
    await page.check('[aria-label="Compare with answer 3"]')
    t.equal((await columnOf(page, '.batch-answers', 'difference'))[2], '–')
    t.match(await saved(page, 'Answers side by side', 'CSV'), /^answer,data,spec.loss,/)
    await page.click('[aria-label="Remove answer 2"]')
    t.equal(await rows.count(), 2)
    await page.selectOption('#batch [name=predictionFormat]', '')
  })

  await t.test('what is no JSON is marked where it breaks, counted in what was given', async (t) => {
    for (const [text, place, marked, hint] of [
      ['{"predictions": [[0.1, 0.9]],\n "labels": [1,, 7]}', 'line 2, column 15', ',', undefined],
      ["{'predictions': [[0.1, 0.9]], 'labels': [1]}", 'line 1, column 2', "'", 'double quotes'],
      ['{"predictions": [[NaN, 0.9]], "labels": [1]}', 'line 1, column 19', 'N', 'no NaN'],
      ['{"predictions": [[0.1, 0.9],], "labels": [1]}', 'line 1, column 29', ']', 'does not allow a comma'],
    ]) {
      await page.fill('#batch-text', String(text))
      const { status } = await evaluate(page, `.batch-problem :text("${place}")`)
      t.equal(status, 400)
      t.equal(await page.textContent('.batch-problem mark'), marked)
      if (hint !== undefined) t.match(await page.textContent('.hint'), hint)
    }
    await page.fill('#batch-text', '0.1,0.9\n0.8,0.2\n')
    await evaluate(page, '.hint:text("CSV")')
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
    t.same(
      await binsOf(page, '.calibration-plot'),
      filled?.map(({ meanConfidence, accuracy, count }) => [meanConfidence, accuracy, count]),
    )

    await givesTheSame(t, page, answer, folder)
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
    t.match(await page.textContent('.batch-problem'), 'In digits.ndjson: line 2', 'the options are not in the file')
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

  await t.test('an upload can be cancelled', async (t) => {
    const network = await page.context().newCDPSession(page)
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1e5 }
    await network.send('Network.emulateNetworkConditions', slow)
    await page.click('#batch [type=submit]')
    await page.click('.batch-cancel')
    await page.waitForSelector('.batch-status:text("Cancelled")')
    t.ok(await page.isHidden('.batch-cancel'))
    t.ok(await page.isEnabled('#batch [type=submit]'))
    await network.detach()
  })

  await t.test('a file that is too large is not sent', async (t) => {
    const file = join(folder, 'huge.json')
    writeFileSync(file, '')
    truncateSync(file, 2 ** 26 + 1)
    await page.setInputFiles('#batch [name=file]', file)
    const before = (await exchanges()).length
    await page.click('#batch [type=submit]')
    await page.waitForSelector('.batch-problem :text("Not sent")')
    t.match(await page.textContent('.batch-problem'), 'This is 67.1 MB')
    t.equal((await exchanges()).length, before)
  })

  await t.test('two .npy files', async (t) => {
    const files = { predictions: join(folder, 'p.npy'), labels: join(folder, 'l.npy') }
    writeFileSync(files.predictions, npy('<f8', [899, 10], Float64Array.from(digits.predictions.flat())))
    writeFileSync(files.labels, npy('<i8', [899], BigInt64Array.from(digits.labels, BigInt)))
    await page.check('#batch [value=arrays]')
    t.equal(new URL(page.url()).searchParams.get('source'), 'arrays')
    await page.setInputFiles('#batch [name=predictionsFile]', files.predictions)
    await page.setInputFiles('#batch [name=labelsFile]', files.labels)
    const { answer, type, status } = await evaluate(page, result)
    t.equal(status, 200)
    t.match(type, /^multipart\/form-data/)
    t.match(answer, { loss: 0.24367462637609028, samples: 899, correct: 859 })
    t.ok(await shows(page, answer))
    const rows = (await columnOf(page, '.worst', 'row')).map(Number)
    t.same(
      await columnOf(page, '.worst', 'label'),
      rows.map((row) => String(digits.labels[row])),
    )
    const most = rows.map((row) => Math.max(...digits.predictions[row]))
    t.same(await columnOf(page, '.worst', 'confidence'), most.map(String))
    await givesTheSame(t, page, answer, folder)

    const wrong = BigInt64Array.from(digits.labels, BigInt)
    wrong[5] = 77n
    writeFileSync(files.labels, npy('<i8', [899], wrong))
    await page.setInputFiles('#batch [name=labelsFile]', files.labels)
    await evaluate(page, refusal)
    t.equal(await page.textContent('.batch-problem mark'), '77')

    await page.setInputFiles('#batch [name=labelsFile]', join(folder, 'digits.ndjson'))
    await page.click('#batch [type=submit]')
    await page.waitForSelector('#batch .trouble p')
    t.match(await page.textContent('#batch .trouble'), 'digits.ndjson is not a .npy file.')
  })

  await t.test('a table, whose columns are listed and chosen', async (t) => {
    const tables = new URL('../../fixtures/tables/', import.meta.url)
    const { p0, p1, p2, y } = JSON.parse(readFileSync(new URL('expected.json', tables), 'utf8'))
    const losses: number[] = y.map((label: number, row: number) => -Math.log([p0, p1, p2][label][row] + 1e-7))
    for (const name of ['duckdb-snappy.parquet', 'pyarrow-stream.arrow']) {
      copyFileSync(new URL(name, tables), join(folder, name))
      await page.check('#batch [value=table]')
      await page.setInputFiles('#batch [name=tableFile]', join(folder, name))
      await page.waitForSelector('.batch-columns:not([hidden])')
      const chosen = await page.$eval('#batch [name=predictionsColumns]', (select) =>
        Array.from((select as HTMLSelectElement).selectedOptions, ({ value }) => value),
      )
      t.same([chosen, await page.inputValue('#batch [name=labelsColumn]')], [[], ''])
      await page.click('#batch [type=submit]')
      await page.waitForSelector('#batch .trouble p')
      t.match(await page.textContent('#batch .trouble'), 'Choose the columns of predictions and of labels.')
      t.equal(await page.textContent('.batch-offer'), 'Take p0, p1, p2 as predictions and y as labels')
      await page.click('.batch-offer button')
      const { answer, type, status } = await evaluate(page, result)
      t.equal(status, 200)
      t.match(type, /^multipart\/form-data/)
      const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length
      t.ok(Math.abs(Number(answer.loss) - mean) < 1e-14)
      await givesTheSame(t, page, answer, folder)
    }
    // a column of lists
    await page.selectOption('#batch [name=predictionsColumns]', ['list'])
    const { answer } = await evaluate(page, result)
    t.equal(answer.samples, losses.length)
    await page.setInputFiles('#batch [name=tableFile]', join(folder, 'digits.ndjson'))
    await page.waitForSelector('#batch .trouble p')
    t.match(await page.textContent('#batch .trouble'), 'digits.ndjson is neither a Parquet nor an Arrow file.')
    t.ok(await page.isHidden('.batch-columns'))
  })

  await t.test('dropped CSV of 200 classes, with a row of names', async (t) => {
    const classes = 200
    const labels = Array.from({ length: classes }, (_, at) => at)
    const rows = labels.map((label) => labels.map((at) => (at === (label === 150 ? 7 : label) ? 3 : 0)))
    const csv = {
      'y_true.csv': `label\n${labels.join('\n')}\n`,
      'scores.csv': [labels.map((at) => `class ${at}`), ...rows].join('\n'),
    }
    const dataTransfer = await page.evaluateHandle((files) => {
      const transfer = new DataTransfer()
      for (const [name, content] of Object.entries(files)) transfer.items.add(new File([content], name))
      return transfer
    }, csv)
    await page.dispatchEvent('.batch-form', 'drop', { dataTransfer })
    await page.selectOption('#batch [name=predictionFormat]', 'logits')
    await evaluate(page, '.remedies')
    t.equal(await page.textContent('.remedies button'), 'Declare csvHeader true and evaluate again')
    const { answer } = await evaluate(page, result, '.remedies button')
    t.match(answer, { samples: classes, correct: classes - 1 })
    t.ok(await page.isChecked('#batch [name=csvHeader]'))
    t.same(await columnOf(page, '.worst', 'label').then(([first]) => first), '150')

    t.equal(await page.locator('.confusion tbody tr').count(), 20)
    t.match(await page.textContent('.confusion-part details tbody'), '150 → 7')
    await page.fill('.lens [name=label]', '145')
    await page.fill('.lens [name=size]', '10')
    await page.press('.lens [name=size]', 'Tab')
    t.equal(await page.textContent('.confusion tbody th'), '145')
    t.equal(await page.locator('.confusion tbody tr').count(), 10)
    t.equal(await page.locator('.confusion td.wrong[data-count="1"]').textContent(), '1')
    await page.click('.overview', { position: { x: 5, y: 5 } })
    t.equal(await page.textContent('.confusion tbody th'), '0')
  })

  await t.test('metrics and the accuracy of the largest k are shown when asked for', async (t) => {
    await page.check('#batch [value=text]')
    await page.click('.batch-example')
    await page.selectOption('#batch [name=predictionFormat]', '')
    await page.click('#batch fieldset > details:not(.row-images) > summary')
    await page.fill('#batch [name=topK]', '2')
    await page.check('#batch [value=metrics]')
    const { answer } = await evaluate(page, result)
    t.same(await valuesOf(page, '.top-k'), [answer.topKAccuracy])
    const { metrics } = answer
    t.ok(metrics && 'balancedAccuracy' in metrics)
    t.equal((await columnOf(page, '.metrics', 'value'))[0], String(metrics && Reflect.get(metrics, 'balancedAccuracy')))
    await page.uncheck('#batch [value=metrics]')
    await page.fill('#batch [name=topK]', '')
  })

  await t.test('a link restores the options', async (t) => {
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

/** What the page shows for a terminal gives the same loss, run in the folder of the files. */
async function givesTheSame(t: Test, page: Page, { loss }: LossAnswer, folder: string): Promise<void> {
  for (const [name, program, expected] of [
    ['curl', 'curl', `"loss":${loss}`],
    ['python', 'python3', `'loss': ${loss}`],
  ]) {
    await t.test(`the same from ${name}`, { skip: missing(program) }, async (t) => {
      const code = (await page.textContent(`.batch-${name} code`)) ?? ''
      t.match(await run(name === 'curl' ? 'bash' : program, ['-c', code], folder), expected)
    })
  }
}

async function run(program: string, parameters: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, parameters, { cwd, maxBuffer: 2 ** 26 })
  return stdout
}

/** Why a program cannot be run; false when it can. */
function missing(program: string): string | false {
  return spawnSync(program, ['--version']).error === undefined ? false : `${program} is not installed`
}
