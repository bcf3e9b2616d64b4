import type { Page } from 'playwright-core'
import { browserTest, near } from './support.ts'

/** The middle of the scene, in the window. */
async function middleOf(page: Page): Promise<[number, number]> {
  await page.$eval('.scatter-plot', (scene) => scene.scrollIntoView({ block: 'center', behavior: 'instant' }))
  const box = await page.locator('.scatter-plot').boundingBox()
  return [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2]
}

async function eyeOf(page: Page): Promise<string> {
  return page.$eval('.scatter-plot', (element) => {
    const { _fullLayout } = element as unknown as { _fullLayout: { scene: { _scene: { getCamera(): object } } } }
    return JSON.stringify(_fullLayout.scene._scene.getCamera())
  })
}

browserTest('the page scrolls past a scene', async (t, studio) => {
  await t.test('with the wheel', async (t) => {
    const { page } = await studio.open()
    await near(page, 'scatter', '.scatter-plot[data-drawn]')
    const at = await middleOf(page)
    await page.mouse.move(...at)
    const before = await page.evaluate(() => scrollY)
    const eye = await eyeOf(page)
    await page.mouse.wheel(0, 120)
    await page.waitForFunction((before) => scrollY >= before + 100, before)
    t.equal(await eyeOf(page), eye, 'nothing was zoomed')

    await t.test('but zooms once it is clicked', async (t) => {
      const at = await middleOf(page)
      await page.mouse.click(...at)
      await page.waitForSelector('.scatter-plot[data-held]')
      const before = await page.evaluate(() => scrollY)
      await page.mouse.wheel(0, 120)
      await page.waitForFunction((eye) => {
        const element = document.querySelector('.scatter-plot')
        const { _fullLayout } = element as unknown as { _fullLayout: { scene: { _scene: { getCamera(): object } } } }
        return JSON.stringify(_fullLayout.scene._scene.getCamera()) !== eye
      }, eye)
      t.equal(await page.evaluate(() => scrollY), before, 'and the page stays')
      await page.keyboard.press('Escape')
      await page.waitForSelector('.scatter-plot:not([data-held])')
    })

    await t.test('and a drag turns it, which is no click', async (t) => {
      const [x, y] = await middleOf(page)
      const before = await eyeOf(page)
      await page.mouse.move(x, y)
      await page.mouse.down()
      await page.mouse.move(x + 40, y + 10)
      await page.mouse.move(x + 80, y + 10)
      await page.mouse.up()
      t.not(await eyeOf(page), before)
      t.equal(await page.locator('.scatter-plot[data-held]').count(), 0)
    })
    await page.context().close()
  })

  await t.test('with a finger', async () => {
    const { page } = await studio.open('/learn', { viewport: { width: 360, height: 740 }, hasTouch: true })
    await near(page, 'scatter', '.scatter-plot[data-drawn]')
    // a tap gives it to the finger, a tap elsewhere takes it back
    const [x, y] = await middleOf(page)
    await page.touchscreen.tap(x, y)
    await page.waitForSelector('.scatter-plot[data-held]')
    await page.touchscreen.tap(20, 100)
    await page.waitForSelector('.scatter-plot:not([data-held])')

    // a swipe moves the page
    const before = await page.evaluate(() => scrollY)
    const devtools = await page.context().newCDPSession(page)
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
      devtools.send('Input.dispatchTouchEvent', { type, touchPoints })
    await touch('touchStart', [{ x, y }])
    for (let moved = 10; moved <= 150; moved += 10) await touch('touchMove', [{ x, y: y - moved }])
    await touch('touchEnd', [])
    await page.waitForFunction((before) => scrollY >= before + 100, before)
    await page.context().close()
  })
})
