import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { test } from 'tap'
import type { LossAnswer } from '../../src/pages/types.d.ts'
import { appOf } from '../support.ts'
import { browserOf, contextOf, withoutBrowser } from './browser.ts'

/** One request to the API as the browser sent it, and its answer. */
export interface Exchange<Answer = unknown> {
  readonly path: string
  readonly type: string
  readonly request: Buffer | null
  readonly status: number
  readonly answer: Answer
}

export interface Opened {
  readonly page: Page
  readonly origin: string
  /** Requests to /v1 that were answered, in the order of their answers. Waits for bodies that are still being read. */
  exchanges(): Promise<readonly Exchange[]>
  /** Waits until an answer fits, and gives it. */
  answered<Answer = LossAnswer>(fits: (exchange: Exchange) => boolean): Promise<Exchange<Answer>>
}

/** A service and a browser. Its pages may do no wrong: no error in the console, no violation, no other host. */
export interface Studio {
  open(address?: string, options?: BrowserContextOptions): Promise<Opened>
}

/** A test in a browser; skipped, saying why, where there is none. */
export function browserTest(
  name: string,
  run: (t: Test, studio: Studio) => Promise<void>,
  variablesOf: (t: Test) => Record<string, string> = () => ({}),
): void {
  test(name, { skip: withoutBrowser }, async (t) => {
    const app = await appOf(t, variablesOf(t))
    await app.listen({ host: '127.0.0.1', port: 0 })
    const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    const browser = await browserOf(t)
    const wrong: string[] = []
    await run(t, { open: (address = '/learn', options = {}) => open(browser, origin, address, options, wrong) })
    t.same(wrong, [], 'no error in the console, no violation of the policy, no other host')
  })
}

async function open(
  browser: Browser,
  origin: string,
  address: string,
  options: BrowserContextOptions,
  wrong: string[],
): Promise<Opened> {
  const context = await contextOf(browser, {
    viewport: { width: 1280, height: 640 },
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  watch(page, origin, wrong)
  const exchanges: Exchange[] = []
  const reading = new Set<Promise<unknown>>()
  const waiting = new Set<() => void>()
  page.on('response', async (response) => {
    const request = response.request()
    const path = new URL(response.url()).pathname
    if (!path.startsWith('/v1/')) return
    const isStream = response.headers()['content-type']?.startsWith('text/event-stream')
    const body = response.json().catch(() => undefined)
    if (!isStream) reading.add(body)
    const answer = await body
    reading.delete(body)
    const type = request.headers()['content-type'] ?? ''
    exchanges.push({ path, type, request: request.postDataBuffer(), status: response.status(), answer })
    for (const check of waiting) check()
  })
  await page.goto(origin + address)
  const answered = <Answer>(fits: (exchange: Exchange) => boolean): Promise<Exchange<Answer>> =>
    new Promise((resolve) => {
      const check = () => {
        const found = exchanges.findLast(fits)
        if (found === undefined) return
        waiting.delete(check)
        resolve(found as Exchange<Answer>)
      }
      waiting.add(check)
      check()
    })
  // a page may have drawn an answer before its body has come here, too
  const settled = async () => {
    while (reading.size > 0) await Promise.all(reading)
    return exchanges
  }
  return { page, origin, exchanges: settled, answered }
}

/** Notes what a page may not do. */
function watch(page: Page, origin: string, wrong: string[]): void {
  page.on('console', (message) => {
    // a refused request is the service's answer, and what some of the pictures are about
    const isAnswer =
      /status of (4(00|01|03|04|09|13|22|29)|503)|net::ERR_FAILED/.test(message.text()) &&
      message.location().url.startsWith(`${origin}/v1/`)
    if (message.type() === 'error' && !isAnswer) wrong.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => wrong.push(`error: ${error.stack}`))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) wrong.push(`other host: ${url}`)
  })
}

/** The request of an exchange as JSON. */
export function requestOf({ request }: Exchange): Record<string, unknown> {
  return JSON.parse(String(request))
}

/** Brings a section near, and waits until it has drawn. */
export async function near(page: Page, id: string, ready = `#${id}[data-mounted]`): Promise<void> {
  await page.locator(`#${id}`).scrollIntoViewIfNeeded()
  await page.waitForSelector(ready)
}

/** A trace of a chart. */
export interface Trace {
  readonly type: string
  readonly name: string
  readonly x: (number | null)[]
  readonly y: (number | null)[]
  readonly z: unknown[]
}

/** What a chart holds: the traces as they were given to the library. */
export async function tracesOf(page: Page, selector: string): Promise<Trace[]> {
  await page.waitForSelector(`${selector}[data-drawn]`)
  return page.$eval(selector, (element) => JSON.parse(JSON.stringify((element as unknown as { data: unknown[] }).data)))
}

/** The bins of a calibration diagram: confidence, accuracy and how many samples. */
export async function binsOf(page: Page, selector: string): Promise<(number | null)[][]> {
  await page.waitForSelector(`${selector} .dot`)
  return page.$$eval(`${selector} .dot`, (all) => all.map((dot) => JSON.parse((dot as SVGElement).dataset.bin ?? '')))
}

/** What is saved by the button of a format. */
export async function saved(page: Page, what: string, format: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.click(`[aria-label="Save ${what} as ${format}"]`),
  ])
  return (await buffer(await download.createReadStream())).toString(format === 'PNG' ? 'latin1' : 'utf8')
}

/** The exact doubles that elements show. */
export async function valuesOf(page: Page, selector: string): Promise<number[]> {
  return page.$$eval(`${selector} data`, (elements) =>
    elements.map((element) => Number((element as HTMLDataElement).value)),
  )
}

interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe finds in a page, whose policy must let a script of the test in. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe })
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run()
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
  })
}
