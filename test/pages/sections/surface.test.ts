import type { Exchange } from '../support.ts'
import { browserTest, near, requestOf, tracesOf, valuesOf } from '../support.ts'

const isSurface =
  (options: Record<string, unknown>) =>
  (exchange: Exchange): boolean => {
    const request = requestOf(exchange)
    const isWhole = (request.predictions as unknown[])?.length > 1000
    return isWhole && Object.entries(options).every(([name, value]) => request[name] === value)
  }

browserTest('the surface of binary cross-entropy', async (t, studio) => {
  const { page, answered } = await studio.open()
  await near(page, 'surface', '.surface-plot[data-drawn]')
  const surface = async () => (await tracesOf(page, '.surface-plot')).find(({ type }) => type === 'surface')
  const settled = (clipped: number) =>
    page.waitForFunction(
      (clipped) => document.querySelector('.surface-note')?.textContent?.includes(`logarithm in ${clipped} of`),
      clipped,
    )

  const first = await answered(isSurface({ epsilon: 1e-7 }))
  const losses = first.answer.perSample?.losses ?? []
  t.same((await surface())?.z.flat(), losses, 'no height is cut')
  t.ok(Math.max(...losses.map(Number)) > 16, 'it starts with the walls')
  const edge = async (colour: string) =>
    JSON.parse((await page.getAttribute(`.surface-edges .line.${colour}`, 'data-losses')) ?? '')
  const across = losses.length / 21
  t.same(await edge('accent'), losses.slice(0, across))
  t.same(await edge('truth'), losses.slice(-across))

  await t.test('the walls of all guards', async (t) => {
    // ln(1e-7), and for exact nothing
    const [added, clipped, clamped, exact] = await valuesOf(page, '.surface-walls')
    t.ok(Math.abs(added + Math.log(1e-7)) < 1e-12)
    t.ok(Math.abs(clipped + Math.log(1e-7)) < 1e-12)
    t.equal(clamped, 100)
    t.equal(exact, 0, 'no value')
    t.match(await page.textContent('.surface-walls'), 'infinite')
  })

  await t.test('another epsilon lowers the walls', async (t) => {
    await page.selectOption('[name=epsilon]', '0.1')
    const { answer } = await answered(isSurface({ epsilon: 0.1 }))
    await settled(answer.clipped)
    await page.waitForFunction(() => {
      const { data } = document.querySelector('.surface-plot') as unknown as { data: { z: number[][] }[] }
      return Math.max(...data[0].z.flat()) < 3
    })
    t.same((await surface())?.z.flat(), answer.perSample?.losses)
    t.match(await page.textContent('.surface-note'), 'below 0')
  })

  await t.test('what is infinite is in the band', async (t) => {
    await page.selectOption('[name=logPolicy]', 'exact')
    const { answer } = await answered(isSurface({ logPolicy: 'exact' }))
    const infinite = answer.perSample?.losses.filter((loss) => loss === null).length
    t.equal(infinite, 40)
    await page.waitForFunction(() => document.querySelector('.surface-note')?.textContent?.includes('40 are infinite'))
    await page.waitForFunction(() => {
      const { data } = document.querySelector('.surface-plot') as unknown as { data: { name: string; z: number[] }[] }
      return data.some(({ name, z }) => name === 'infinite' && z.at(-1) === 20)
    })
    t.ok(await page.isDisabled('[name=epsilon]'))
  })

  await t.test('the probe reads heights with the keyboard', async (t) => {
    await page.focus('#surface [name=y]')
    await page.keyboard.press('ArrowRight')
    const [loss] = await valuesOf(page, '.probe-loss')
    t.ok(Math.abs(loss + Math.log(1 - 0.91)) < 1e-12)
    await page.keyboard.press('End')
    t.match(await page.textContent('.probe-loss'), 'infinite')
  })

  await t.test('the address brings it back', async (t) => {
    await page.click('#surface [data-turn=left]')
    await page.waitForFunction(() => location.search.includes('surface.eye'))
    await page.reload()
    await near(page, 'surface', '.surface-plot[data-drawn]')
    t.match(await page.textContent('.probe-loss'), 'infinite')
    t.equal(await page.inputValue('#surface [name=logPolicy]'), 'exact')
    const eye = await page.$eval('.surface-plot', (element) => {
      const { layout } = element as unknown as { layout: { scene: { camera: { eye: { x: number } } } } }
      return layout.scene.camera.eye.x
    })
    t.equal(eye.toFixed(2), new URL(page.url()).searchParams.get('surface.eye')?.split(',')[0])
  })
})
