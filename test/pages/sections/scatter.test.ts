import { browserTest, near, requestOf, tracesOf, valuesOf } from '../support.ts'

browserTest('the ten outputs in three dimensions', async (t, studio) => {
  const { page, answered } = await studio.open()
  await near(page, 'scatter', '.scatter-plot[data-drawn]')
  const { answer } = await answered((exchange) => requestOf(exchange).classWeights !== undefined)
  const terms = answer.perSample?.losses.slice(0, 10)

  const outputs = (await tracesOf(page, '.scatter-plot')).find(({ name }) => name === 'outputs')
  t.same(outputs?.x, [0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0])
  t.same(outputs?.y, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
  t.same(outputs?.z, terms)
  const others = answer.perSample?.losses.slice(10)
  const lines = (await tracesOf(page, '.scatter-plot')).filter(({ name }) => name.startsWith('t = '))
  t.same(
    lines.flatMap(({ z }) => z),
    others,
  )
  t.same(await valuesOf(page, '.scatter-table'), terms)
  t.same(terms?.filter((term) => term === 0).length, 9)

  await t.test('follows the sample of the first picture', async (t) => {
    await near(page, 'curve')
    await page.locator('.curve-handle').fill('0.25')
    await page.locator('.curve-handle').dispatchEvent('change')
    const { answer: moved } = await answered((exchange) => {
      const { classWeights, predictions } = requestOf(exchange)
      return classWeights !== undefined && (predictions as number[][])[2][0] === 0.25
    })
    await page.waitForFunction(
      (loss) => document.querySelectorAll<HTMLDataElement>('.scatter-table data')[2]?.value === loss,
      String(moved.perSample?.losses[2]),
    )
    t.same(await valuesOf(page, '.scatter-table'), moved.perSample?.losses.slice(0, 10))
  })

  await t.test('classes are named where their points are, and the table finds them', async (t) => {
    await page.selectOption('#scatter [name=class]', '7')
    await page.waitForFunction(() => {
      const { data } = document.querySelector('.scatter-plot') as unknown as {
        data: { name: string; text: string[]; marker: { size: number[] } }[]
      }
      const outputs = data.find(({ name }) => name === 'outputs')
      return outputs?.marker.size[7] === 13 && outputs.text[0] === '0, 5, 7'
    })
    t.match(await page.textContent('.scatter-table .current th'), '7')
    t.match(page.url(), 'scatter.class=7')
  })

  await t.test('a click on a point or on a row finds the class in the other', async (t) => {
    await page.click('.scatter-table tbody tr:nth-child(5)')
    t.equal(await page.inputValue('#scatter [name=class]'), '4')
    t.equal(await page.textContent('.scatter-table .current th'), '4')
    // where a point lies depends on how the scene is turned, so the library tells of the click
    await page.$eval('.scatter-plot', (element) => {
      const point = { data: { name: 'outputs' }, pointNumber: 2 }
      Object(element).emit('plotly_click', { points: [point] })
    })
    t.equal(await page.textContent('.scatter-table .current th'), '2')
    t.match(await page.inputValue('#scatter [name=class]'), '2')
  })

  await t.test('buttons turn it', async (t) => {
    const eye = () =>
      page.$eval('.scatter-plot', (element) =>
        JSON.stringify(
          (element as unknown as { layout: { scene: { camera: { eye: object } } } }).layout.scene.camera.eye,
        ),
      )
    const before = await eye()
    await page.click('#scatter [data-turn=left]')
    await page.waitForFunction(() => location.search.includes('scatter.eye'))
    await page.waitForFunction((before) => {
      const { layout } = document.querySelector('.scatter-plot') as unknown as {
        layout: { scene: { camera: { eye: object } } }
      }
      return JSON.stringify(layout.scene.camera.eye) !== before
    }, before)
    t.not(await eye(), before)
  })
})
