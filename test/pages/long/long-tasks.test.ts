import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { Trainer } from '../runs/runs.ts'
import type { Studio } from '../support.ts'
import { browserTest, near } from '../support.ts'

/** Milliseconds that the page may hold the browser's main thread at a time, on a quiet machine. */
const bound = 200
/** What the loop of `slowness` takes there. */
const quiet = 20

interface Task {
  readonly start: number
  readonly end: number
}

/** Notes long tasks from the first on, and what of them is the work of the library that draws in 3D. */
async function observe(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: Task[] = []
    const library: Task[] = []
    const timed = (run: (...parameters: unknown[]) => unknown) =>
      function (this: unknown, ...parameters: unknown[]) {
        const start = performance.now()
        try {
          return run.apply(this, parameters)
        } finally {
          library.push({ start, end: performance.now() })
        }
      }
    // what starts WebGL is part of drawing in 3D
    const { prototype } = HTMLCanvasElement
    Object.assign(prototype, { getContext: timed(Object(prototype).getContext) })
    let plotly: Record<string, unknown> | undefined
    Object.defineProperty(globalThis, 'Plotly', {
      configurable: true,
      get: () => plotly,
      set: (value) => {
        plotly = { ...value, react: timed(value.react), relayout: timed(value.relayout) }
      },
    })
    new PerformanceObserver((list) => {
      for (const { startTime: start, duration } of list.getEntries()) tasks.push({ start, end: start + duration })
    }).observe({ type: 'longtask', buffered: true })
    new PerformanceObserver((list) => {
      for (const frame of list.getEntries()) {
        for (const { sourceURL, startTime: start, duration } of Object(frame).scripts) {
          if (sourceURL.includes('/explore/plotly/')) library.push({ start, end: start + duration })
        }
      }
    }).observe({ type: 'long-animation-frame', buffered: true })
    Object.assign(globalThis, { tasks, library })
  })
}

/** The long task of which most is the page's own: how much, in milliseconds, and at which section. */
async function worstOf(page: Page): Promise<{ own: number; at: string }> {
  const { tasks, library, marks } = await page.evaluate(async () => {
    // observers are told after the frame
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))
    const { tasks, library } = globalThis as unknown as { tasks: Task[]; library: Task[] }
    const marks = performance.getEntriesByType('mark').map(({ name, startTime }) => ({ name, start: startTime }))
    return { tasks, library, marks }
  })
  const found = tasks.map((task) => ({
    own: task.end - task.start - overlap(task, library),
    at: marks.findLast(({ start }) => start < task.end)?.name ?? 'loading',
  }))
  return found.toSorted((one, other) => other.own - one.own)[0] ?? { own: 0, at: '' }
}

/** How long a task is covered by any of some others. */
function overlap({ start, end }: Task, others: readonly Task[]): number {
  let [covered, at] = [0, start]
  for (const other of others.toSorted((one, another) => one.start - another.start)) {
    const [from, to] = [Math.max(at, other.start), Math.min(end, other.end)]
    if (to <= from) continue
    covered += to - from
    at = to
  }
  return covered
}

/** How many times slower than a quiet machine this one is just now; at least 1. */
async function slowness(page: Page): Promise<number> {
  const milliseconds = await page.evaluate(() => {
    const times: number[] = []
    for (let round = 0; round < 5; round++) {
      const start = performance.now()
      let sum = 0
      for (let at = 1; at < 4e6; at++) sum += Math.sqrt(at)
      times.push(performance.now() - start + (sum < 0 ? 1 : 0))
    }
    return times.toSorted((one, other) => one - other)[2]
  })
  return Math.max(1, milliseconds / quiet)
}

/** Whether no task is too long in one of three passes: what the machine does besides is not in all of them. */
async function isShort(t: Test, pass: () => Promise<Page>): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    const page = await pass()
    const { own, at } = await worstOf(page)
    const allowed = bound * (await slowness(page))
    await page.context().close()
    t.comment(`longest task of the page's own: ${own.toFixed()} ms of ${allowed.toFixed()} ms ${at}`)
    if (own < allowed) return true
  }
  return false
}

async function mark(page: Page, name: string): Promise<void> {
  await page.evaluate((name) => performance.mark(name), name)
}

/** What people do with each picture. */
const uses: Record<string, (page: Page) => Promise<void>> = {
  losses: async (page) => {
    await page.focus('.losses-handle')
    for (let at = 0; at < 5; at++) await page.keyboard.press('ArrowLeft')
    await page.check('#losses [name=t][value="0"]')
  },
  curve: async (page) => {
    await page.focus('.curve-handle')
    for (let at = 0; at < 5; at++) await page.keyboard.press('ArrowRight')
  },
  scatter: async (page) => {
    await page.waitForSelector('.scatter-plot[data-drawn]', { timeout: 60_000 })
    await page.selectOption('#scatter [name=class]', '7')
    await page.click('#scatter [data-turn=left]')
  },
  surface: async (page) => {
    await page.waitForSelector('.surface-plot[data-drawn]', { timeout: 60_000 })
    await page.selectOption('#surface [name=logPolicy]', 'exact')
    await page.getByText('40 are infinite').waitFor()
    await page.press('#surface [name=y]', 'ArrowRight')
  },
  softmax: async (page) => {
    await page.press('#softmax [name=z0]', 'ArrowRight')
  },
  declaration: async (page) => {
    await page.click('#declaration details summary')
  },
  'mini-batches': async (page) => {
    await page.waitForSelector('#mini-batches[data-done="70"]')
    await page.selectOption('#mini-batches [name=seeds]', '20')
    await page.click('#mini-batches [type=submit]')
    await page.waitForSelector('#mini-batches[data-done="140"]')
  },
  wall: async (page) => {
    await page.waitForSelector('#wall[data-draws]')
    await page.click('.wall-many')
    await page.waitForFunction(() => Number(document.getElementById('wall')?.dataset.draws) >= 12)
    await page.click('.wall-many')
  },
  landscape: async (page) => {
    await page.waitForSelector('#landscape[data-steps]')
    await page.press('#landscape [name=w1]', 'ArrowRight')
    await page.click('.landscape-roll')
    await page.waitForFunction(() => Number(document.getElementById('landscape')?.dataset.steps) >= 6)
    await page.click('.landscape-roll')
  },
  sweeps: async (page) => {
    await page.waitForSelector('#sweeps[data-done]')
    await page.selectOption('#sweeps [name=rows]', '899')
    await page.getByText('On 899 digits').waitFor()
    await page.press('#sweeps [name=value]', 'ArrowRight')
  },
  training: async (page) => {
    await page.click('.training-play')
    await page.waitForFunction(() => Number(document.getElementById('training')?.dataset.steps) >= 12)
    await page.click('.training-play')
  },
}

browserTest('no task holds the page for long', async (t, studio: Studio) => {
  await t.test('of the pictures', async (t) => {
    const isFast = await isShort(t, async () => {
      const { page } = await studio.open('/learn')
      await observe(page)
      for (const [id, use] of Object.entries(uses)) {
        await mark(page, id)
        await near(page, id)
        await use(page)
      }
      return page
    })
    t.ok(isFast)
  })

  await t.test('of the batch', async (t) => {
    const isFast = await isShort(t, async () => {
      const { page } = await studio.open('/batch')
      await observe(page)
      await page.waitForSelector('#batch[data-ready]')
      await page.click('.batch-example')
      await page.click('#batch [type=submit]')
      await page.waitForSelector('.batch-result .confusion')
      return page
    })
    t.ok(isFast)
  })

  await t.test('of the runs', async (t) => {
    const first = await studio.open('/runs')
    const trainer = new Trainer(first.origin)
    await trainer.declare('one', { include: ['perClass', 'confusion', 'calibration'] })
    await trainer.train('one', 1, 30)
    await first.page.context().close()
    const isFast = await isShort(t, async () => {
      const { page } = await studio.open('/runs/one')
      await observe(page)
      await page.waitForSelector('.learning-drawing .run-0 .group')
      await page.selectOption('#runs [name=scale]', 'log')
      await near(page, 'figures', '.calibration-plot svg')
      await near(page, 'paired')
      return page
    })
    t.ok(isFast)
  })
})
