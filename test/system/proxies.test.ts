import { join } from 'node:path'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { mebibyte, oneDigitJson } from '../attacks/bodies.ts'
import type { Outcome, Reply } from '../attacks/client.ts'
import { ask, Client, chunk, headOf, lastChunk } from '../attacks/client.ts'
import { sendThenRead } from '../attacks/errors.ts'
import { eventually } from '../eventually.ts'
import { withinAMinute } from '../minute.ts'
import { browserOf, contextOf, withoutBrowser } from '../pages/browser.ts'
import { linesWith, portOf, start, until } from '../service.ts'
import { Load } from './load.ts'
import type { Changes, Program } from './proxies.ts'
import { basePath, behindProxy, manners, startProxy, without } from './proxies.ts'

const memory = { DATABASE_URL: 'memory:' }
const ndjson = { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' }
const loss = `${basePath}/v1/loss`
const options = '{"loss":"mse","labelFormat":"values"}\n'
const line = '{"predictions":[3],"labels":[1]}\n'

/** Starts the proxy in front of these ports. */
async function front(t: Test, program: Program, ports: readonly number[], changes?: Changes): Promise<number> {
  const proxy = await startProxy(program, ports, changes)
  t.teardown(() => proxy.stop())
  return proxy.port
}

function replyOf(outcome: Outcome): Reply {
  if (typeof outcome === 'string') throw new Error(outcome)
  return outcome
}

/** The JSON of an answer without what no other has. */
function contentOf(outcome: Outcome): Record<string, unknown> {
  const { requestId: _, ...content } = JSON.parse(replyOf(outcome).body)
  return content
}

/** Declares an evaluation of one output. */
async function declare(port: number, name: string): Promise<Reply> {
  const body = '{"loss":"mse","labelFormat":"values","outputs":1}'
  return replyOf(await ask(port, { method: 'PUT', path: `${basePath}/v1/evaluations/${name}`, body }))
}

async function add(port: number, name: string, batch: string): Promise<void> {
  const path = `${basePath}/v1/evaluations/${name}/batches/${batch}`
  replyOf(await ask(port, { method: 'PUT', path, body: line }))
}

/** What comes as events of an evaluation. */
async function watch(t: Test, port: number, name: string): Promise<{ text: string }> {
  const leaving = new AbortController()
  const answer = await fetch(`http://127.0.0.1:${port}${basePath}/v1/evaluations/${name}/events?after=0`, {
    signal: leaving.signal,
  })
  const heard = { text: '' }
  const read = async () => {
    for await (const chunk of answer.body ?? []) heard.text += Buffer.from(chunk).toString()
  }
  const ended = read().catch(() => undefined)
  t.teardown(() => {
    leaving.abort()
    return ended
  })
  return heard
}

/** Opens a stream of lines. */
async function openStream(port: number, path: string): Promise<Client> {
  const client = await Client.open(port)
  await client.write(headOf({ path, headers: ndjson }))
  return client
}

/** What holds in every manner of a proxy. */
async function passesAll(t: Test, port: number, direct: number, name: string): Promise<void> {
  const large = { ...oneDigitJson(12e6), path: loss }
  t.same(contentOf(await ask(port, large)), contentOf(await ask(direct, large)), '12 MB of JSON')

  const stream = await openStream(port, loss)
  await stream.write(chunk(options))
  for (let i = 0; i < 100; i++) await stream.write(chunk(line.repeat(100)))
  await stream.write(lastChunk)
  t.match(contentOf((await stream.answer()) ?? 'closed'), { samples: 10_000, loss: 4 }, 'a stream of lines')
  stream.leave()

  const wrong = '{"loss":1,"labelFormat":2,"x":3}'
  for (const [status, problem, body] of [
    [413, 'limit-exceeded', Buffer.alloc(80 * mebibyte, ' ')],
    [422, 'invalid-content', Buffer.from(wrong.padEnd(60 * mebibyte))],
  ] as const) {
    const reply = replyOf(await sendThenRead(port, { path: loss, body }, false))
    t.equal(reply.status, status, `${status} of a client that sends all before it reads`)
    t.match(contentOf(reply), { type: `${basePath}/problems/${problem}`, instance: loss })
  }

  await declare(port, name)
  const heard = await watch(t, port, name)
  let quickest = Number.POSITIVE_INFINITY
  for (let at = 1; at <= 3; at++) {
    await add(port, name, `b${at}`)
    const begin = performance.now()
    t.ok(await eventually(() => heard.text.includes(`id: ${at}\n`)), `event ${at} comes`)
    quickest = Math.min(quickest, performance.now() - begin)
  }
  t.ok(quickest < 1000, `${quickest} ms`)
}

/** All pages and what they refer to. */
async function crawl(t: Test, port: number): Promise<void> {
  const seen = new Set<string>()
  const origin = `http://127.0.0.1:${port}`
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return
    seen.add(path)
    t.ok(path.startsWith(`${basePath}/`), path)
    const answer = await fetch(origin + path, { headers: { accept: 'text/html' } })
    const text = await answer.text()
    t.equal(answer.status, 200, path)
    const type = String(answer.headers.get('content-type'))
    const links = type.startsWith('text/html')
      ? text.matchAll(/\b(?:href|src|data-plotly)="([^"#]+)"/g)
      : type.startsWith('text/javascript') && path.includes('/assets/')
        ? text.matchAll(/^import [^;]*?'(\.[^']+)'/gms)
        : []
    for (const [, link] of links) if (!/^(data|https?):/.test(link)) await visit(new URL(link, origin + path).pathname)
  }
  for (const path of ['/', '/learn', '/batch', '/runs', '/docs', '/docs/', '/problems', '/openapi.json'])
    await visit(basePath + path)
  t.ok(seen.size > 60, `${seen.size} files`)
}

/** Whatever names an address stays below the path. */
async function staysBelow(t: Test, port: number): Promise<void> {
  const locationOf = async (path: string) =>
    replyOf(await ask(port, { method: 'GET', path, headers: { accept: 'text/html' } })).headers.location
  t.equal(await locationOf(`${basePath}/explore/evaluations?runs=a`), `${basePath}/runs?runs=a`)
  t.equal(await locationOf(`${basePath}/docs/json`), `${basePath}/openapi.json`)
  const { headers } = await declare(port, 'made')
  t.equal(headers.location, `${basePath}/v1/evaluations/made`)
  const document = contentOf(await ask(port, { method: 'GET', path: `${basePath}/openapi.json` }))
  t.match(document, { servers: [{ url: basePath }] })
  const nothing = await ask(port, { method: 'GET', path: `${basePath}/nothing` })
  t.match(contentOf(nothing), { type: `${basePath}/problems/not-found`, instance: `${basePath}/nothing` })
}

/** A browser opens the pages; each of their requests stays below the path and succeeds. */
async function opensPages(t: Test, port: number): Promise<void> {
  const browser = await browserOf(t)
  const page = await (await contextOf(browser)).newPage()
  const wrong: string[] = []
  const paths: string[] = []
  page.on('response', (response) => {
    const { pathname, protocol } = new URL(response.url())
    if (protocol !== 'http:') return
    paths.push(pathname)
    if (!pathname.startsWith(`${basePath}/`) || response.status() >= 400) wrong.push(`${response.status()} ${pathname}`)
  })
  page.on('pageerror', (error) => wrong.push(String(error)))
  await page.goto(`http://127.0.0.1:${port}${basePath}/learn`)
  await until(() => (paths.includes(loss) ? true : undefined))
  await page.goto(`http://127.0.0.1:${port}${basePath}/docs`)
  await page.waitForSelector('#operations-Loss-evaluateLoss')
  t.same(wrong, [])
}

// most of each is waiting; bodies of 80 MB come through one at a time
root.jobs = 2

for (const program of ['nginx', 'haproxy'] as const) {
  const how = { buffered: true, skip: without(program), timeout: 240_000 }

  test(`behind ${program}`, how, async (t) => {
    const direct = await portOf(start(t, { ...behindProxy, ...memory }))
    const shown = await front(t, program, [direct])
    await declare(shown, 'quiet')
    const quiet = await watch(t, shown, 'quiet')

    for (const [at, [manner, changes]] of Object.entries(manners[program]).entries()) {
      await t.test(manner, async (t) => {
        await passesAll(t, await front(t, program, [direct], changes), direct, `run-${at}`)
      })
    }

    await t.test('lines are worked off while they come', async (t) => {
      await declare(shown, 'lines')
      const stream = await openStream(shown, `${basePath}/v1/evaluations/lines/batches`)
      await stream.write(chunk('{"batch":"first","predictions":[3],"labels":[1]}\n'))
      const report = { method: 'GET', path: `${basePath}/v1/evaluations/lines` }
      await until(async () => (contentOf(await ask(direct, report)).batches === 1 ? true : undefined))
      await stream.write(lastChunk)
      t.match(contentOf((await stream.answer()) ?? 'closed'), { committed: 1 })
      stream.leave()
    })

    await t.test('addresses stay below the path', (t) => staysBelow(t, shown))
    await t.test('pages, their files and their modules are there', (t) => crawl(t, shown))
    await t.test('a browser opens the pages', { skip: withoutBrowser }, (t) => opensPages(t, shown))

    await t.test('clients have their own addresses, and a body its time', async (t) => {
      const variables = { REQUEST_TIMEOUT_MS: '1000', REQUESTS_PER_MINUTE: '4' }
      const port = await front(t, program, [await portOf(start(t, { ...behindProxy, ...memory, ...variables }))])
      await withinAMinute(15)
      const body = options.replace('}\n', ',"predictions":[1],"labels":[1]}')
      const statuses: number[] = []
      for (let at = 0; at < 4; at++) {
        // nobody's word is taken for it but the proxy's
        const headers = { 'x-forwarded-for': `192.0.2.${at}` }
        statuses.push(replyOf(await ask(port, { path: loss, body, headers })).status)
      }
      const slow = await Client.open(port)
      await slow.write(headOf({ path: loss, headers: { 'content-length': 1000 } }))
      t.equal((await slow.answer())?.status, 429, 'who has sent enough')
      slow.leave()
      t.same(statuses, [200, 200, 200, 200])
      const other = await Client.open(port, { from: '127.0.0.2' })
      await other.write(`${headOf({ path: loss, headers: { 'content-length': 1000 } })}{`)
      const reply = await other.answer()
      t.match(contentOf(reply ?? 'closed'), { status: 408, type: `${basePath}/problems/request-timeout` })
      other.leave()
    })

    await t.test('an event stream gives a sign of life', async (t) => {
      t.ok(await eventually(() => quiet.text.includes('\n:\n\n'), 40_000))
    })
  })

  test(`behind ${program}, workers are replaced and a replica ends`, how, async (t) => {
    const variables = { ...behindProxy, SHUTDOWN_DELAY_MS: '3000', MAX_CONNECTIONS_PER_ADDRESS: '2048' }
    const DATABASE_URL = `sqlite:${join(t.testdir(), 'lossmeter.sqlite')}`
    const first = start(t, { ...variables, WORKERS: '2', DATABASE_URL })
    const second = start(t, { ...variables, ...memory })
    await until(() => linesWith(first, 'all workers are listening')[0])
    const port = await front(t, program, [await portOf(first), await portOf(second)])
    const load = new Load(t, port, 100, 'through', basePath)
    t.ok(await load.goOn(3))
    first.child.kill('SIGHUP')
    await until(() => linesWith(first, 'all workers were replaced')[0])
    t.ok(await load.goOn(3))
    first.child.kill('SIGTERM')
    t.same(await first.ended, [0, null])
    t.ok(await load.goOn(3))
    await load.end()
    t.same(load.failures, [])
    t.equal(load.refused, 0)
    second.child.kill('SIGTERM')
    t.same(await second.ended, [0, null])
  })
}
