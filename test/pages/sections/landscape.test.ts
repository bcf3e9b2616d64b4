import type { Page } from 'playwright-core'
import type { Group, LossAnswer } from '../../../src/pages/types.d.ts'
import type { Exchange } from '../support.ts'
import { browserTest, near, requestOf, saved, valuesOf } from '../support.ts'

interface Batch {
  readonly predictions: number[]
  readonly labels: number[]
}

const stepsOf = (page: Page) => page.$eval('#landscape', (section) => Number(section.dataset.steps))
const drawn = (page: Page, selector: string, name: string) =>
  page.$$eval(
    `#landscape ${selector}`,
    (all, name) => all.map((piece) => Number(piece.getAttribute(`data-${name}`))),
    name,
  )

browserTest('the loss and the accuracy over two weights are those that the service answers', async (t, studio) => {
  const { page, origin, exchanges, answered } = await studio.open()
  await near(page, 'landscape')
  const whole = await answered(({ path, request }) => path === '/v1/loss' && String(request).includes('groupBy'))
  const groups = whole.answer.groups?.[0].groups as Group[]
  t.equal(groups.length, 441)
  t.ok(groups.every(({ samples }) => samples === 40))

  const lossOf = (w1: number, w2: number) => groups[(w1 + 10) * 21 + w2 + 10].loss
  const losses: (number | null)[] = []
  for (let w1 = -10; w1 < 10; w1++) for (let w2 = 9; w2 >= -10; w2--) losses.push(lossOf(w1, w2))
  t.same(await drawn(page, '.ground', 'loss'), losses, 'each piece of the landscape begins at a loss of the answer')
  const accuracies: (number | null)[] = []
  for (let w1 = 0; w1 < 21; w1++) for (let w2 = 20; w2 >= 0; w2--) accuracies.push(groups[w1 * 21 + w2].accuracy)
  t.same(await drawn(page, '.terrace', 'accuracy'), accuracies, 'and each terrace is as high as an accuracy of it')

  const points = async () =>
    (await exchanges()).filter(
      ({ path, request }) =>
        path === '/v1/loss' &&
        requestOf({ request } as Exchange).predictions !== undefined &&
        (requestOf({ request } as Exchange).predictions as unknown[]).length === 40 &&
        String(request).includes('gradient'),
    ) as Exchange<LossAnswer & { gradient: number[] }>[]

  await t.test('at the ball, too', async (t) => {
    const [start] = await points()
    const [loss, , , accuracy] = await valuesOf(page, '.landscape-says')
    t.same([loss, accuracy], [start.answer.loss, start.answer.accuracy])
    t.same([loss, accuracy], [lossOf(-6, -6), 0.5], 'a point of the grid')
  })

  await t.test('a step is against the gradient of one mini-batch, as the service evaluates it', async (t) => {
    const [start] = await points()
    await page.click('.landscape-step')
    await page.waitForFunction(() => document.getElementById('landscape')?.dataset.steps === '1')
    const draws = (await exchanges()).filter(
      ({ path, request }) => path === '/v1/mini-batches' && String(request).includes('"populationSize":40'),
    ) as Exchange<{ indices: number[] }>[]
    t.equal(draws.length, 12)
    const draw = draws.find((each) => requestOf(each).seed === 1)
    const rows = draw?.answer.indices.slice(0, 5) ?? []
    const { predictions, labels, ...options } = requestOf(start) as unknown as Batch
    const response = await fetch(`${origin}/v1/loss`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...options,
        predictions: rows.map((row) => predictions[row]),
        labels: rows.map((row) => labels[row]),
      }),
    })
    const { gradient } = (await response.json()) as { gradient: number[] }
    // the ink of the two pixels, from the logits at two corners of the landscape and at the middle
    const at = (w1: number, w2: number) => {
      const from = ((w1 + 10) * 21 + w2 + 10) * 40
      return (requestOf(whole) as unknown as Batch).predictions.slice(from, from + 40)
    }
    const [first, second, base] = [at(1, 0), at(0, 1), at(0, 0)]
    const slope = (ends: number[]) =>
      gradient.reduce((sum, each, place) => sum + each * (ends[rows[place]] - base[rows[place]]), 0)
    const moved = (await points()).at(-1) as Exchange<LossAnswer>
    const after = (requestOf(moved) as unknown as Batch).predictions
    const [w1, w2] = [-6 - 8 * slope(first), -6 - 8 * slope(second)]
    const expected = base.map((logit, row) => logit + w1 * (first[row] - logit) + w2 * (second[row] - logit))
    t.ok(after.every((logit, row) => Math.abs(logit - expected[row]) < 1e-12))
    t.ok((moved.answer.loss ?? 9) < (start.answer.loss ?? 0))
  })

  await t.test('it rolls down until it is paused, and goes back', async (t) => {
    await page.click('.landscape-roll')
    t.equal(await page.textContent('.landscape-roll'), 'Pause')
    await page.waitForFunction(() => Number(document.getElementById('landscape')?.dataset.steps) >= 8)
    await page.click('.landscape-roll')
    t.equal(await page.textContent('.landscape-roll'), 'Roll down')
    t.ok((await valuesOf(page, '.landscape-says'))[0] < 1)
    await page.click('.landscape-back')
    await page.waitForFunction(() => document.getElementById('landscape')?.dataset.steps === '0')
    t.equal(await page.inputValue('#landscape [name=w1]'), '-6')
  })

  await t.test('the sliders put the ball anywhere, and the arrows are those of the size and the rate', async (t) => {
    const arrows = () =>
      page.$$eval('#landscape .arrow', (all) => all.map((arrow) => arrow.getAttribute('d')?.split('M')[1]))
    t.equal((await arrows()).length, 13)
    await page.selectOption('#landscape [name=size]', '40')
    const together = new Set(await arrows())
    t.equal(together.size, 1, 'mini-batches of all lead where all lead')
    await page.selectOption('#landscape [name=rate]', '32')
    t.notSame(new Set(await arrows()), together)
    await page.fill('#landscape [name=w1]', '4')
    await page.fill('#landscape [name=w2]', '-5')
    await page.waitForFunction(
      (loss) => document.querySelector<HTMLDataElement>('.landscape-says data')?.value === String(loss),
      lossOf(4, -5),
    )
    t.equal(await stepsOf(page), 0)
    const lines = (await saved(page, 'The landscape of the loss', 'CSV')).trim().split(/\r?\n/)
    t.equal(lines.length, 442)
    t.match(lines[1], `-10,-10,${groups[0].loss},`)
  })
})
