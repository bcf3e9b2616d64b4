import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { Trainer } from '../runs/runs.ts'
import { browserTest, violationsOf } from '../support.ts'

const address = '/runs?lang=en'

async function says(page: Page, selector: string, text: string | RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor()
}

/** How many points a line has. */
function pointsOf(page: Page, run: number, line: string): Promise<number> {
  return page.$eval(
    `.learning-drawing .run-${run} .${line}`,
    (path) => path.getAttribute('d')?.match(/[ML]/g)?.length ?? 0,
  )
}

const kept = (page: Page) => new URL(page.url()).searchParams

browserTest('the list of runs', async (t, studio) => {
  const { page, origin } = await studio.open(address)
  await says(page, '.run-note', 'no runs yet')
  await says(page, '.learning-drawing', 'Choose a run')
  const trainer = new Trainer(origin)
  for (let at = 1; at <= 45; at++) await trainer.declare(`sweep-${at}`)
  await trainer.declare('mlp')
  await trainer.train('mlp', 1, 3)
  await page.reload()

  await t.test('begins with the newest, which is shown', async (t) => {
    await says(page, '.run-list tr:first-child', /mlp.*?0\.\d+.*?0\.\d+.*3.*ago/s)
    t.equal(await page.locator('.run-list tr').count(), 20)
    await says(page, '.run-legend li', /mlp.*batch 3: 0\.\d+/)
    t.equal(new URL(page.url()).pathname, '/runs/mlp')
  })

  await t.test('goes on to the last', async (t) => {
    for (const count of [40, 46]) {
      await page.click('.run-more')
      await page.waitForFunction((count) => document.querySelectorAll('.run-list tr').length === count, count)
    }
    t.equal(await page.isVisible('.run-more'), false)
  })

  await t.test('is searched by how names begin', async (t) => {
    await page.fill('#run-prefix', 'sweep-4')
    await page.waitForFunction(() => document.querySelectorAll('.run-list tr').length === 7)
    t.equal(kept(page).get('prefix'), 'sweep-4')
    await page.fill('#run-prefix', 'none')
    await says(page, '.run-note', 'No run has a name that begins with none')
    await page.fill('#run-prefix', 'so not')
    await says(page, '#runs .trouble', 'must be characters of')
    await page.fill('#run-prefix', 'sweep-1')
    await page.waitForFunction(() => document.querySelector('#runs .trouble')?.childElementCount === 0)
  })

  await t.test('is filtered by metadata, and sorted by a column', async (t) => {
    await trainer.declare('blue', { metadata: { team: 'blue' } })
    await page.fill('#run-prefix', '')
    await page.fill('[name=metadata]', 'team=blue')
    await page.waitForFunction(() => document.querySelectorAll('.run-list tr').length === 1)
    await page.fill('[name=metadata]', 'team=red')
    await says(page, '.run-note', 'No run fits.')
    await page.fill('[name=metadata]', '')
    for (const [column, order, sort] of [
      ['batches', 'ascending', 'batches'],
      ['batches', 'descending', '-batches'],
      ['latest', 'ascending', 'latest'],
    ]) {
      await page.click(`[data-sort=${column}]`)
      t.equal(kept(page).get('sort'), sort)
      await page.waitForSelector(`th[aria-sort=${order}] [data-sort=${column}]`)
      if (sort !== 'batches') await says(page, '.run-list tr:first-child', 'mlp')
    }
    await page.click('[data-sort=latest]')
    await page.click('[data-sort=latest]')
    t.equal(kept(page).get('sort'), null, 'the newest first again')
    await page.fill('#run-prefix', 'sweep-1')
    await page.waitForSelector('.run-list [value=sweep-17]')
  })

  await t.test('lets eight be chosen', async (t) => {
    for (let at = 10; at < 17; at++) await page.check(`.run-list [value=sweep-${at}]`)
    t.ok(await page.isDisabled('.run-list [value=sweep-17]'))
    await says(page, '.run-full', 'up to eight runs')
    await page.uncheck('.run-list [value=sweep-12]')
    t.notOk(await page.isDisabled('.run-list [value=sweep-17]'))
    await page.click('.run-legend [data-run=sweep-13] [aria-label^=Hide]')
    t.notOk(await page.isChecked('.run-list [value=sweep-13]'))
    t.equal(kept(page).get('runs'), 'mlp,sweep-10,sweep-11,sweep-14,sweep-15,sweep-16')
  })
})

browserTest('learning curves', async (t, studio) => {
  const { page, origin } = await studio.open(`${address}&runs=slow,fast`)
  const trainer = new Trainer(origin)
  await says(page, '.run-legend [data-run=slow]', 'not found')
  await trainer.declare('slow')
  await trainer.declare('fast')
  await trainer.train('slow', 1, 4)
  await trainer.train('fast', 1, 6, 0.5)
  await page.reload()

  await t.test('lie over each other', async (t) => {
    await says(page, '.run-legend [data-run=fast]', /batch 6:/)
    await says(page, '.run-legend [data-run=slow]', /batch 4:/)
    for (const [run, count] of [
      [0, 4],
      [1, 6],
    ]) {
      t.same([await pointsOf(page, run, 'group'), await pointsOf(page, run, 'smoothed')], [count, count])
      t.equal(await page.locator('.learning-drawing .cumulative').count(), 0, 'no mean since the start')
    }
    const { loss } = await trainer.answer<{ loss: number }>('slow')
    const shown = await page.$$eval('.run-legend [data-run=slow] data', (all) =>
      all.map((data) => Number((data as HTMLDataElement).value)),
    )
    t.ok(shown.includes(loss), 'the loss of all batches, to the last bit')
  })

  await t.test('grow while batches come', async (t) => {
    await says(page, '.run-legend [data-run=slow] .run-state', /last batch .* ago/)
    await trainer.train('slow', 5, 9)
    await says(page, '.run-legend [data-run=slow]', /batch 9:/)
    await page.waitForFunction(
      () => document.querySelector('.learning-drawing .run-0 .group')?.getAttribute('d')?.match(/[ML]/g)?.length === 9,
    )
    t.equal(await pointsOf(page, 0, 'smoothed'), 9)
  })

  await t.test('are read place by place', async (t) => {
    await page.focus('.learning-cursor')
    await page.keyboard.press('Home')
    await says(page, '.run-legend [data-run=slow]', /batch 1:/)
    t.match(
      await page.getAttribute('.learning-cursor', 'aria-valuetext'),
      /^slow, batch 1: [\d.]+; fast, batch 1: [\d.]+$/,
    )
    await page.keyboard.press('End')
    await says(page, '.run-legend [data-run=slow]', /batch 9:/)
    await page.hover('.learning-plot', { position: { x: 70, y: 100 } })
    await says(page, '.run-legend [data-run=slow]', /batch (1|2):/)
  })

  await t.test('are smoothed as far as a slider says', async (t) => {
    const raw = await page.getAttribute('.run-0 .smoothed', 'd')
    t.equal(raw, await page.getAttribute('.run-0 .group', 'd'))
    await page.fill('[name=smooth]', '0.8')
    await page.waitForFunction((raw) => document.querySelector('.run-0 .smoothed')?.getAttribute('d') !== raw, raw)
    t.equal(kept(page).get('smooth'), '0.8')
    await page.fill('[name=smooth]', '0')
  })

  await t.test('are zoomed by dragging, and by keys', async (t) => {
    const box = (await page.locator('.learning-plot').boundingBox()) ?? { x: 0, y: 0, width: 0 }
    await page.mouse.move(box.x + 100, box.y + 100)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width / 2, box.y + 100, { steps: 3 })
    t.ok(await page.isVisible('.learning-chosen'))
    await page.mouse.up()
    const points = (count: number, isLess: boolean) =>
      page.waitForFunction(
        ({ count, isLess }) => {
          const line = document.querySelector('.learning-drawing .run-0 .group')?.getAttribute('d') ?? ''
          return (line.match(/[ML]/g)?.length ?? 0) < count === isLess
        },
        { count, isLess },
      )
    await points(9, true)
    await page.click('.learning-whole')
    await points(9, false)
    await page.focus('.learning-cursor')
    await page.keyboard.press('+')
    await points(9, true)
    await page.keyboard.press('Escape')
    await points(9, false)
    t.notOk(await page.isVisible('.learning-whole'))
  })

  await t.test('as the address says', async (t) => {
    await page.selectOption('[name=by]', 'time')
    await page.selectOption('[name=scale]', 'log')
    await page.selectOption('[name=lines]', 'all')
    await says(page, '.learning-drawing', 'since it was declared')
    await page.waitForFunction(() => document.querySelector('.learning-drawing .group') === null)
    t.same(
      [...kept(page)].filter(([name]) => name !== 'lang'),
      [
        ['runs', 'slow,fast'],
        ['by', 'time'],
        ['scale', 'log'],
        ['lines', 'all'],
      ],
    )
    await page.reload()
    await says(page, '.run-legend [data-run=slow]', /batch 9:/)
    t.same(
      await page.$$eval('.learning-form select', (all) => all.map((select) => (select as HTMLSelectElement).value)),
      ['loss', 'all', 'time', 'log'],
    )
    // the page loads again with what it showed before
    await Promise.all([page.waitForEvent('load'), page.goBack()])
    await says(page, '.learning-drawing', 'since it was declared')
    await Promise.all([page.waitForEvent('load'), page.goForward()])
    await page.selectOption('[name=show]', 'accuracy')
    await says(page, '.learning-drawing', '%')
  })

  await t.test('are sealed after a question', async (t) => {
    await page.click('.run-legend [data-run=slow] [aria-label="Seal slow"]')
    await says(page, 'dialog', 'Seal slow?')
    t.equal(await page.evaluate(() => document.activeElement?.textContent), 'Cancel')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'detached' })
    t.equal((await trainer.answer<{ status: string }>('slow')).status, 'open')
    await page.click('.run-legend [data-run=slow] [aria-label="Seal slow"]')
    await page.click('dialog .grave')
    await says(page, '.run-legend [data-run=slow] .run-state', 'sealed')
    await says(page, '.run-list tr', /slow.*sealed/)
    t.equal((await trainer.answer<{ status: string }>('slow')).status, 'sealed')
    t.equal(await page.isVisible('.run-legend [aria-label="Seal slow"]'), false)
  })

  await t.test('are not sealed before all has come', async () => {
    await trainer.declare('short', { expectedBatches: 3 })
    await page.goto(`${origin}${address}&runs=short`)
    await page.click('.run-legend [aria-label="Seal short"]')
    await page.click('dialog .grave')
    await says(page, '#runs .trouble', '409')
  })

  await t.test('are deleted after a question', async (t) => {
    await page.goto(`${origin}${address}&runs=fast,slow`)
    await page.click('.run-legend [aria-label="Delete fast"]')
    await page.click('dialog [value=no]')
    await page.waitForSelector('dialog', { state: 'detached' })
    await page.click('.run-legend [aria-label="Delete fast"]')
    await page.click('dialog .grave')
    await page.waitForSelector('.run-legend [data-run=fast]', { state: 'detached' })
    await page.waitForFunction(() => document.querySelector('.run-list [value=fast]') === null)
    t.equal((await trainer.answer<{ status: number }>('fast')).status, 404)
    t.equal(new URL(page.url()).pathname, '/runs/slow')
  })
})

browserTest('windows and rows that wait', async (t, studio) => {
  const { page, origin } = await studio.open(address)
  const trainer = new Trainer(origin)
  await trainer.declare('daily', { window: 'day' })
  for (const [step, day] of [
    [1, '01'],
    [2, '01'],
    [3, '02'],
    [4, '05'],
  ] as const)
    await trainer.batch('daily', step, { at: `2026-11-${day}T12:00:00Z` })
  await page.goto(`${origin}/runs/daily?lang=en&by=window`)
  await says(page, '.run-legend [data-run=daily]', /batch 4:/)
  t.equal(await pointsOf(page, 0, 'group'), 3, 'a point for each window')
  await says(page, '.learning-drawing', 'start of the window')
  await says(page, '.learning-drawing', 'Nov')

  await trainer.declare('late', { join: { within: 'P30D' } })
  await page.goto(`${origin}/runs/late?lang=en`)
  await says(page, '.run-legend [data-run=late]', 'Waiting: 0 predictions for their labels')
  await page.selectOption('[name=by]', 'window')
  await says(page, '.learning-drawing', 'No windows')
})

browserTest('runs for every reader', async (t, studio) => {
  const first = await studio.open(address)
  const trainer = new Trainer(first.origin)
  await trainer.declare('one', { include: ['perClass', 'confusion', 'calibration'], metadata: { model: 'mlp' } })
  await trainer.declare('other', { metadata: { model: 'linear' } })
  for (const name of ['one', 'other']) await trainer.train(name, 1, 5, name === 'one' ? 0.5 : 0.1)
  await first.page.context().close()
  for (const [colorScheme, width, language] of [
    ['light', 1600, 'en'],
    ['dark', 360, 'ko'],
    ['light', 820, 'ko'],
  ] as const) {
    await t.test(`${colorScheme}, ${width} px, ${language}`, async (t) => {
      const options = { colorScheme, viewport: { width, height: 900 }, bypassCSP: true }
      const { page } = await studio.open(`/runs?lang=${language}&runs=one,other`, options)
      await page.waitForSelector('#runs[data-mounted]')
      for (const [id, ready] of [
        ['figures', '.calibration-plot svg'],
        ['paired', '.paired-verdict'],
      ]) {
        await page.locator(`#${id}`).scrollIntoViewIfNeeded()
        await page.waitForSelector(ready)
      }
      const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
      t.ok(content <= window, `${content} px in ${window} px`)
      const said = await page.evaluate(() => document.body.innerText)
      t.notMatch(said, /\{\{|undefined|\[object|NaN/)
      if (language === 'ko') t.notMatch(said.replaceAll(/\/\S+/g, ''), /\b(batch|loss|sealed|accuracy)\b/)
      t.same(await violationsOf(page), [])
      await page.context().close()
    })
  }
})

browserTest(
  'runs whose store is out of reach',
  async (t, studio) => {
    const { page } = await studio.open(`${address}&runs=mine`)
    await says(page, '#runs .trouble', 'cannot be reached at the moment')
    await says(page, '#runs .trouble', '/problems/store-unavailable')
    await says(page, '.run-legend [data-run=mine] .run-state', 'unreachable')

    await t.test('come back by themselves', async () => {
      const status = { evaluations: [], requestId: 'a' }
      await page.route('**/v1/evaluations?*', (route) => route.fulfill({ json: status }))
      await page.route('**/v1/evaluations/mine', (route) => route.fulfill({ status: 404, json: { ...gone } }))
      await says(page, '.run-note', 'no runs yet')
      await says(page, '.run-legend [data-run=mine] .run-state', 'not found')
    })
  },
  () => ({ DATABASE_URL: 'postgres://127.0.0.1:1/none' }),
)

const gone = { type: '/problems/not-found', title: 'Not found', status: 404, detail: 'There is no evaluation "mine".' }

const key = 'lm_right'
const keys = [{ name: 'reader', sha256: createHash('sha256').update(key).digest('hex'), scopes: ['read', 'write'] }]

browserTest(
  'runs of the owner of a key',
  async (t, studio) => {
    const { page, origin } = await studio.open(`${address}&runs=mine`)
    const trainer = new Trainer(origin, { authorization: `Bearer ${key}` })
    await trainer.declare('mine')
    await page.fill('.ask-key input', key)
    await page.click('.ask-key button')
    await says(page, '.run-legend [data-run=mine] .run-state', 'open')
    await trainer.train('mine', 1, 2)
    await says(page, '.run-legend [data-run=mine]', /batch 2:/)
    t.equal(await page.locator('.ask-key').count(), 0)
  },
  (t) => ({ API_KEYS_FILE: join(t.testdir({ 'keys.json': JSON.stringify(keys) }), 'keys.json') }),
)
