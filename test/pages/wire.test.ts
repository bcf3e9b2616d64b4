import { browserTest, near } from './support.ts'

browserTest('what goes wrong is said in its section, and can be tried again', async (t, studio) => {
  await t.test('a service that cannot be reached', async (t) => {
    const { page } = await studio.open('/learn')
    await page.route('**/v1/sweeps', (route) => route.abort(), { times: 2 })
    await near(page, 'sweeps')
    await page.waitForSelector('#sweeps .trouble .again')
    t.match(await page.textContent('#sweeps .trouble'), 'The service cannot be reached.')
    await page.click('#sweeps .again')
    await page.waitForSelector('#sweeps .trouble .again:enabled')
    await page.click('#sweeps .again')
    await page.waitForSelector('#sweeps[data-done]')
    t.equal(await page.textContent('#sweeps .trouble'), '')
    await page.context().close()
  })

  await t.test('an answer that is no JSON, and a picture that did not come', async (t) => {
    const { page } = await studio.open('/learn?lang=ko')
    await page.route('**/sections/sweeps.js*', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: 'throw new Error("no picture")' }),
    )
    await page.route('**/v1/sweeps', (route) => route.fulfill({ body: '<p>' }), { times: 1 })
    await near(page, 'sweeps', '#sweeps .again')
    t.match(await page.textContent('#sweeps .trouble'), 'no picture')
    await page.unroute('**/sections/sweeps.js*')
    await page.click('#sweeps .again')
    await page.waitForFunction(() => document.querySelector('#sweeps .trouble')?.textContent?.includes('200'))
    await page.click('#sweeps .again')
    await page.waitForSelector('#sweeps[data-done]')
    t.equal(await page.textContent('#sweeps .trouble'), '')
    await near(page, 'training', '#training[data-training]')
    await page.context().close()
  })

  await t.test('the first picture, without which the others are filled all the same', async (t) => {
    const { page } = await studio.open('/learn#sweeps')
    await page
      .context()
      .route('**/sections/training.js*', (route) =>
        route.fulfill({ contentType: 'text/javascript', body: 'throw new Error("no picture")' }),
      )
    await page.reload()
    await page.waitForSelector('#training .again', { state: 'attached' })
    await page.waitForSelector('#sweeps[data-done]')
    t.match(await page.textContent('#training .trouble'), 'no picture')
    await page.context().close()
  })
})
