import type { Exchange } from '../support.ts'
import { browserTest, near, requestOf, valuesOf } from '../support.ts'

const isCurve = (exchange: Exchange) => (requestOf(exchange).predictions as unknown[])?.length === 121
const isPoint = (y: number) => (exchange: Exchange) => {
  const { loss, labelFormat, predictions } = requestOf(exchange)
  // the section above asks for other losses of the same sample
  if (loss !== 'cross-entropy' || labelFormat !== 'index') return false
  return Array.isArray(predictions) && predictions.length === 10 && predictions[2] === y
}

browserTest('the curve and its point', async (t, studio) => {
  const { page, answered } = await studio.open()
  await near(page, 'curve')

  await t.test('the curve is what the service answered', async (t) => {
    const { answer } = await answered(isCurve)
    const drawn = JSON.parse((await page.getAttribute('#curve .line', 'data-losses')) ?? '')
    t.equal(drawn.length, 121)
    t.same(drawn, answer.perSample?.losses)
  })

  await t.test('the point starts at the textbook sample', async (t) => {
    const { answer } = await answered(isPoint(0.6))
    t.same(await valuesOf(page, '.curve-loss'), [answer.loss])
    t.same(await valuesOf(page, '.curve-accuracy'), [1])
    t.equal(Number(await page.getAttribute('#curve .point', 'data-loss')), answer.loss)
  })

  await t.test('the keyboard moves it', async (t) => {
    await page.focus('.curve-handle')
    await page.keyboard.press('ArrowLeft')
    const { answer } = await answered(isPoint(0.599))
    await page.waitForFunction(
      (loss) => document.querySelector<HTMLDataElement>('.curve-loss data')?.value === loss,
      String(answer.loss),
    )
    await page.keyboard.press('Home')
    const lowest = await answered(isPoint(0.001))
    await page.waitForFunction(
      (loss) => document.querySelector<HTMLDataElement>('.curve-loss data')?.value === loss,
      String(lowest.answer.loss),
    )
    t.same(await valuesOf(page, '.curve-accuracy'), [0])
    t.match(await page.textContent('.curve-accuracy'), 'wrong')
    t.match(await page.getAttribute('.curve-handle', 'aria-valuetext'), /^y 0\.001, loss 6\.908$/)
  })

  await t.test('the pointer drags it', async (t) => {
    await page.locator('.curve-drawing').evaluate((element) => element.scrollIntoView({ block: 'center' }))
    const box = await page.locator('.curve-drawing').boundingBox()
    if (box === null) return t.fail('no drawing')
    const at = (y: number): [number, number] => [box.x + 44 + y * (box.width - 60), box.y + box.height / 2]
    await page.mouse.move(...at(0.001))
    await page.mouse.down()
    await page.mouse.move(...at(0.3))
    await page.mouse.move(...at(0.8))
    await page.mouse.up()
    const y = await page.$eval('.curve-handle', (element) => (element as HTMLInputElement).valueAsNumber)
    t.ok(Math.abs(y - 0.8) <= 0.002, `y ${y} is under the pointer`)
    const { answer } = await answered(isPoint(y))
    await page.waitForFunction(
      (loss) => document.querySelector<HTMLDataElement>('.curve-loss data')?.value === loss,
      String(answer.loss),
    )
    t.same(await valuesOf(page, '.curve-accuracy'), [1])
  })
})
