import { readFileSync } from 'node:fs'
import type { Page, Route } from 'playwright-core'
import type { LossAnswer } from '../../../src/pages/types.d.ts'
import type { Exchange } from '../support.ts'
import { browserTest, near, requestOf } from '../support.ts'

const { pixels, labels } = JSON.parse(
  readFileSync(new URL('../../../src/pages/pixels.json', import.meta.url), 'utf8'),
) as { pixels: string[]; labels: number[] }
const images = pixels.map((ink) => [...Array.from(ink, (pixel) => Number.parseInt(pixel, 17) / 16), 1])
const sizes = [50, 0.5, 1]

/** Softmax regression trained on these rows, all of it here: the loss of each mini-batch, and of the whole before it. */
function trained(batches: readonly number[][], rate: number): { batch: number[]; whole: number[] } {
  const weights = Array.from({ length: 65 }, () => new Array<number>(10).fill(0))
  const shares = (image: number[]) => {
    const powers = weights[0].map((_, output) =>
      Math.exp(image.reduce((sum, x, at) => sum + x * weights[at][output], 0)),
    )
    const sum = powers.reduce((one, other) => one + other)
    return powers.map((power) => power / sum)
  }
  const meanLoss = (rows: readonly number[]) =>
    rows.reduce((sum, row) => sum - Math.log(shares(images[row])[labels[row]]), 0) / rows.length
  const losses: { batch: number[]; whole: number[] } = { batch: [], whole: [] }
  for (const rows of batches) {
    losses.whole.push(meanLoss(images.map((_, row) => row)))
    losses.batch.push(meanLoss(rows))
    const errors = rows.map((row) => shares(images[row]).map((y, output) => y - Number(output === labels[row])))
    weights.forEach((row, input) => {
      row.forEach((_, output) => {
        const slope = rows.reduce((sum, image, at) => sum + errors[at][output] * images[image][input], 0)
        row[output] -= (rate * slope) / rows.length
      })
    })
  }
  return losses
}

const stepsOf = (page: Page) => page.$eval('#training', (section) => Number(section.dataset.steps))
const until = (page: Page, steps: number) =>
  page.waitForFunction((least) => Number(document.getElementById('training')?.dataset.steps) >= least, steps)
const paused = (page: Page) => page.waitForSelector('#training[data-training=paused]')

/** One step, taken. */
async function step(page: Page): Promise<void> {
  const before = await stepsOf(page)
  await page.click('.training-step')
  await until(page, before + 1)
  await paused(page)
}

const run = (options: (number | string)[]) =>
  `/v1/evaluations/explore-softmax-size-${options[0]}-rate-${options[1]}-seed-${options[2]}`

browserTest('a model is trained in the page', async (t, studio) => {
  const { page, origin, exchanges } = await studio.open('/learn#training')
  await near(page, 'training')
  const sent = async () => (await exchanges()).filter(isOfTraining)
  const report = async () => (await (await fetch(origin + run(sizes))).json()) as LossAnswer & { batches: number }

  await t.test('which sends nothing before it is asked to', async (t) => {
    t.same(await sent(), [])
    t.equal(await page.isEnabled('.training-play'), true)
    t.equal((await fetch(origin + run(sizes))).status, 404)
  })

  await t.test('by steps, and until it is paused; its losses are those of plain JavaScript', async (t) => {
    for (let at = 0; at < 3; at++) await step(page)
    t.equal(await stepsOf(page), 3)
    await page.click('.training-play')
    t.equal(await page.textContent('.training-play'), 'Pause')
    await until(page, 11)
    await page.keyboard.press('Enter')
    await paused(page)
    const steps = await stepsOf(page)
    const draws = (await sent()).filter(({ path }) => path === '/v1/mini-batches') as Exchange<{ indices: number[] }>[]
    const rows = draws.map(({ answer }) => answer.indices).slice(0, steps)
    t.same(
      draws.slice(0, steps).map((draw) => requestOf(draw).seed),
      rows.map((_, at) => 1000 + at),
    )
    const expected = trained(rows, 0.5)
    const kept = (await page.evaluate(() => JSON.parse(sessionStorage.getItem('training') ?? ''))) as {
      losses: number[]
      whole: { step: number; loss: number }[]
    }
    t.equal(kept.losses.length, steps)
    const close = (one: number, other: number) => Math.abs(one - other) <= 1e-12
    t.ok(kept.losses.every((loss, at) => close(loss, expected.batch[at])))
    t.same(
      kept.whole.map(({ step }) => step),
      Array.from({ length: steps + 1 }, (_, at) => at),
      'all digits are evaluated at every step',
    )
    t.ok(kept.whole.slice(0, 11).every(({ loss, step }) => close(loss, expected.whole[step])))
    t.ok(kept.whole[0].loss > 1.3 * kept.whole[10].loss, 'the loss falls')
  })

  await t.test('is kept as an evaluation, and goes on after a reload', async (t) => {
    const steps = await stepsOf(page)
    t.ok([steps, steps + 1].includes((await report()).batches), 'a step that was cut short may have been counted')
    await page.reload()
    await near(page, 'training')
    t.equal(await stepsOf(page), steps)
    await step(page)
    t.equal((await report()).batches, steps + 1)
    t.equal((await report()).samples, 50 * (steps + 1))
    t.equal(await page.getAttribute('.training-kept a', 'href'), `/runs/${run(sizes).slice(16)}`)
    t.match(await page.textContent('.training-kept'), /evaluation explore-softmax-size-50-rate-0.5-seed-1/)
  })

  await t.test('and begun again, the same batches count once', async (t) => {
    const { batches } = await report()
    await page.click('.training-anew')
    t.equal(await stepsOf(page), 0)
    await step(page)
    const answers = (await exchanges()).filter(({ path }) => path === `${run(sizes)}/batches/step-1`)
    t.match(answers.at(-1)?.answer, { replayed: true })
    t.equal((await report()).batches, batches)
  })

  await t.test('other settings are another run, and stand in the address', async (t) => {
    await page.selectOption('#training [name=size]', '10')
    await page.selectOption('#training [name=rate]', '2')
    await page.fill('#training [name=seed]', '7')
    await page.press('#training [name=seed]', 'Tab')
    t.equal(await stepsOf(page), 0)
    t.equal(new URL(page.url()).search, '?training.size=10&training.rate=2&training.seed=7')
    const other = await studio.open('/learn?training.size=10&training.rate=2&training.seed=7#training')
    await near(other.page, 'training')
    t.equal(await other.page.inputValue('#training [name=size]'), '10')
    await step(other.page)
    t.equal((await fetch(origin + run([10, 2, 7]))).status, 200)
    await other.page.context().close()
    const wrong = await studio.open('/learn?training.size=11&training.rate=x&training.seed=-1#training')
    await near(wrong.page, 'training')
    t.equal(await wrong.page.inputValue('#training [name=size]'), '50')
    t.equal(await wrong.page.inputValue('#training [name=rate]'), '0.5')
    t.equal(await wrong.page.inputValue('#training [name=seed]'), '1')
    await wrong.page.context().close()
  })

  await t.test('waits while nobody sees it', async (t) => {
    await hide(page, true)
    await page.click('.training-play')
    await page.waitForFunction(() => document.querySelector('.training-status')?.textContent?.startsWith('Waiting'))
    t.equal(await stepsOf(page), 0)
    await hide(page, false)
    await until(page, 2)
    await page.click('.training-play')
    await paused(page)
  })

  await t.test('goes on when the service cannot keep it, and says so', async (t) => {
    await page.route('**/v1/evaluations/**', refuse(503, 'store-unavailable', 'The store does not answer.'))
    await page.click('.training-anew')
    await step(page)
    await step(page)
    t.match(await page.textContent('.training-kept'), 'The store does not answer.')
    t.equal(await page.textContent('#training .trouble'), '')
    await page.unroute('**/v1/evaluations/**')
  })

  await t.test('waits as long as the service asks', async (t) => {
    await page.route('**/v1/loss', refuse(429, 'rate-limited', 'Too many.'), { times: 1 })
    const from = performance.now()
    await page.click('.training-step')
    await page.waitForFunction(() => document.querySelector('.training-status')?.textContent?.includes('pause of 1 s'))
    await until(page, 3)
    t.ok(performance.now() - from >= 1000)
    await paused(page)
  })

  await t.test('stops at an error, with its text, and takes the step again when asked to', async (t) => {
    await page.route('**/v1/mini-batches', refuse(400, 'invalid-content', 'Not these.'), { times: 1 })
    await page.click('.training-play')
    await page.waitForSelector('#training .trouble .problem-detail')
    await paused(page)
    t.match(await page.textContent('#training .trouble'), 'Not these.')
    t.equal(await stepsOf(page), 3)
    await step(page)
    t.equal(await page.textContent('#training .trouble'), '')
  })

  await t.test('goes on by itself when the service answers again', async (t) => {
    await page.route('**/v1/loss', (route) => route.abort(), { times: 2 })
    await page.click('.training-step')
    await page.waitForFunction(() =>
      document.querySelector('.training-status')?.textContent?.includes('retry automatically'),
    )
    await until(page, 5)
    await paused(page)
    t.equal(await page.textContent('#training .trouble'), '')
  })
})

browserTest('a training plays to people who have only just come', async (t, studio) => {
  const { page, origin, exchanges, answered } = await studio.open('/learn', { reducedMotion: 'no-preference' })
  await until(page, 3)
  t.match(await page.textContent('.training-status'), 'Playing')
  await page.click('.training-play')
  await paused(page)
  t.same(
    (await exchanges()).filter(({ path }) => path.startsWith('/v1/evaluations')),
    [],
    'and is not stored',
  )
  t.equal((await fetch(origin + run(sizes))).status, 404)

  await t.test('each digit has the colour of what the service says of it', async (t) => {
    const { right, wrong, colours } = await page.evaluate(() => {
      const canvas = document.querySelector('.training-wall') as HTMLCanvasElement
      const columns = canvas.width / 10
      const colours = Array.from({ length: 900 }, (_, at) => {
        const [x, y] = [(at % columns) * 10, Math.floor(at / columns) * 10]
        const data = canvas.getContext('2d')?.getImageData(x, y, 8, 8).data ?? []
        const inked = data.findIndex((value, at) => at % 4 === 3 && value > 150)
        return data[inked - 3] > data[inked - 1] ? 'orange' : 'blue'
      })
      const count = (name: string) => Number(document.querySelector(`.training-${name}`)?.textContent)
      return { right: count('right'), wrong: count('wrong'), colours }
    })
    // the last answer may have come after the pause, and is not drawn
    const { answer } = await answered(({ answer }) => {
      const { correct, perSample } = answer as LossAnswer
      return perSample !== undefined && correct === right
    })
    const correct = answer.perSample?.correct as boolean[]
    t.same(
      colours,
      correct.map((is) => (is ? 'blue' : 'orange')),
    )
    t.equal(right, answer.correct)
    t.equal(right + wrong, 900)
  })

  await t.test('the run that they begin is stored from its first step', async (t) => {
    await page.click('.training-step')
    await page.waitForSelector('.training-kept a')
    await paused(page)
    t.equal(await stepsOf(page), 1)
    t.equal(((await (await fetch(origin + run(sizes))).json()) as { batches: number }).batches, 1)
  })
})

browserTest('a training speaks both languages and fits every window', async (t, studio) => {
  for (const [width, lang, said] of [
    [360, 'ko', '1단계에서'],
    [820, 'en', 'after step 1'],
    [1600, 'ko', '1단계에서'],
  ] as const) {
    const { page } = await studio.open(`/learn?lang=${lang}#training`, { viewport: { width, height: 740 } })
    await near(page, 'training')
    const height = () => page.$eval('#training', ({ clientHeight }) => clientHeight)
    const before = await height()
    await step(page)
    t.ok(Math.abs((await height()) - before) < 8, `${width} px: ${before} px high, then ${await height()} px`)
    t.match(await page.textContent('.training-status'), said)
    t.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
    await page.context().close()
  }
})

/** Whether a request is of the training alone; other pictures draw from 899 digits, and ask for gradients, too. */
function isOfTraining({ path, request }: Exchange): boolean {
  if (path === '/v1/mini-batches') return request?.includes('"populationSize":900') === true
  return path.startsWith('/v1/evaluations')
}

function refuse(status: number, type: string, detail: string): (route: Route) => Promise<void> {
  return (route) =>
    route.fulfill({
      status,
      headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
      body: JSON.stringify({ type: `/problems/${type}`, title: 'Refused', status, detail }),
    })
}

async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)
}
