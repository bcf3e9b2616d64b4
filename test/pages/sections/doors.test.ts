import { browserTest } from '../support.ts'

browserTest('three doors, each with a thumbnail drawn from the service', async (t, studio) => {
  const { page, origin, answered } = await studio.open('/?lang=en')
  await page.waitForSelector('#doors[data-mounted]')
  t.equal(await page.locator('.door svg').count(), 2, 'there is no run yet')
  t.match(await page.textContent('[data-door=runs]'), 'No runs yet.')
  await answered(({ path }) => path === '/v1/loss')

  const json = { 'content-type': 'application/json' }
  const evaluation = `${origin}/v1/evaluations/run-7`
  const declaration = { loss: 'mse', labelFormat: 'values', outputs: 1 }
  await fetch(evaluation, { method: 'PUT', headers: json, body: JSON.stringify(declaration) })
  for (const prediction of [4, 2, 1]) {
    const body = JSON.stringify({ predictions: [[prediction]], labels: [[0]] })
    await fetch(`${evaluation}/batches/${prediction}`, { method: 'PUT', headers: json, body })
  }
  await page.reload()
  await page.waitForSelector('[data-door=runs] svg')
  t.equal(await page.getAttribute('[data-door=runs] svg', 'aria-label'), 'The loss of run-7, batch by batch')
  // losses 16, 4 and 1, in a box of 240 by 120 with a margin of 8
  t.equal(await page.getAttribute('[data-door=runs] polyline', 'points'), '8.0,8.0 120.0,91.2 232.0,112.0')

  await t.test('they lead to the pages', async (t) => {
    for (const [door, address] of [
      ['learn', '/learn'],
      ['batch', '/batch'],
      ['runs', '/runs'],
    ]) {
      await page.goto(`${origin}/?lang=en`)
      // all of a door is its link
      await page.click(`.door:has([data-door=${door}]) .door-picture`, { position: { x: 20, y: 20 }, force: true })
      await page.waitForURL((url) => url.pathname.startsWith(address))
      t.pass(address)
    }
  })

  await t.test('a link to the batch below the pictures, where it was before, leads to its page', async (t) => {
    await page.goto(`${origin}/explore?lang=en&loss=mse#batch`)
    await page.waitForURL('**/batch?lang=en&loss=mse')
    t.pass()
  })
})
