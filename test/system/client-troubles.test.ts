import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { test } from 'tap'
import { Lossmeter } from '../../src/clients/javascript/lossmeter.js'
import { freePort } from '../free-port.ts'
import { withinAMinute } from '../minute.ts'
import { portOf, start } from '../service.ts'
import { appOf } from '../support.ts'
import { certificate, writeCertificate } from '../wire/certificates.ts'
import type { Way } from './gateway.ts'
import { badGateway, busy, cut, Gateway, pass, silence } from './gateway.ts'

const here = (name: string) => new URL(name, import.meta.url).pathname
const programs = {
  python: ['python3', here('client-driver.py'), here('../../src/clients/python/lossmeter.py')],
  javascript: [process.execPath, here('client-driver.js')],
}
type Language = keyof typeof programs
const languages: readonly Language[] = ['python', 'javascript']

function skipOf(language: Language): string | false {
  const old = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status !== 0
  return language === 'python' && old && 'no Python 3.9'
}

interface Outcome extends Record<string, unknown> {
  readonly error?: string
  readonly status?: number | null
  readonly message?: string
}

/** Takes steps with a client as a program of its own. */
async function take(
  language: Language,
  settings: Record<string, unknown>,
  steps: readonly string[],
  variables: Record<string, string> = {},
): Promise<{ outcomes: readonly Outcome[]; said: readonly string[] }> {
  const [program, ...args] = programs[language]
  const { http_proxy: _, HTTP_PROXY: __, https_proxy: ___, HTTPS_PROXY: ____, ...environment } = process.env
  const child = spawn(program, [...args, JSON.stringify(settings), JSON.stringify(steps)], {
    env: { ...environment, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const output = (await child.stdout.toArray()).join('')
  await ended
  return JSON.parse(output)
}

async function behind(t: Test, ways: readonly Way[] = [], variables: Record<string, string> = {}) {
  const app = await appOf(t, variables)
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  return { app, port, gateway: await Gateway.open(t, port, ways) }
}

for (const language of languages) {
  const options = { skip: skipOf(language) }

  test(`${language}: 503 and 429 are sent again, not before the seconds of Retry-After`, options, async (t) => {
    const { gateway } = await behind(t, [busy(503, 1), busy(429, 1), busy(503, undefined), badGateway])
    const { outcomes, said } = await take(language, { url: gateway.url }, ['loss'])
    t.match(outcomes, [{ loss: 4 }])
    t.match(said, [/503 Busy: Later/, /429 Busy: Later/, /503/, /502 not an answer of lossmeter: .*Bad gateway/])
    const [first, second, third] = gateway.seen.map(({ at }) => at)
    // of the clock of the proxy, which may differ by a tick
    t.ok(second - first >= 990 && third - second >= 990, 'it waits')
  })

  test(`${language}: a wait beyond its patience is not begun`, options, async (t) => {
    const { gateway } = await behind(t, [busy(429, 600), busy(503, 600)])
    const { outcomes, said } = await take(language, { url: gateway.url, patience: 2 }, ['loss', 'limits'])
    t.match(outcomes, [
      { error: 'LossmeterError', status: 429, message: /given up after 1 attempts? in 2 s/ },
      { error: 'LossmeterError', status: 503 },
    ])
    t.strictSame([gateway.seen.length, said.length], [2, 0])
  })

  test(`${language}: a batch whose answer was lost, or never comes, counts once`, options, async (t) => {
    const { app, gateway } = await behind(t, [cut, silence])
    const payload = { loss: 'mse', labelFormat: 'values', outputs: 1 }
    await app.inject({ method: 'PUT', url: '/v1/evaluations/run', payload })
    const { outcomes, said } = await take(language, { url: gateway.url, timeout: 1 }, ['add', 'report'])
    t.match(outcomes, [
      { replayed: true, sequence: 1 },
      { batches: 1, samples: 1, loss: 4 },
    ])
    t.ok(said.length >= 2)
    t.match(said[1], /time/)
  })

  test(`${language}: a service at capacity is asked again until there is room`, options, async (t) => {
    const { gateway, port } = await behind(t, [leave, leave, leave], { MAX_REQUESTS_IN_FLIGHT: '1' })
    const occupant = connect(port, '127.0.0.1')
    t.after(() => occupant.destroy())
    const statuses: number[] = []
    async function leave({ response, forward }: Parameters<Way>[0]) {
      const { status, headers, body } = await forward()
      statuses.push(status)
      if (status === 503) occupant.destroy()
      response.writeHead(status, headers).end(body)
    }
    const head = 'POST /v1/loss HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{'
    await new Promise<void>((resolve) => occupant.write(head, () => resolve()))
    const { outcomes } = await take(language, { url: gateway.url }, ['loss'])
    t.match(outcomes, [{ loss: 4 }])
    t.equal(statuses[0], 503)
    t.equal(statuses.at(-1), 200)
  })

  test(`${language}: what is refused for good is sent once`, options, async (t) => {
    const { gateway } = await behind(t, [], { REQUESTS_PER_MINUTE: '1' })
    await withinAMinute(20)
    const settings = { url: gateway.url, patience: 0.5 }
    const { outcomes } = await take(language, settings, ['loss', 'loss', 'report'])
    t.match(outcomes[0], { loss: 4 })
    t.match(outcomes[1], { error: 'LossmeterError', status: 429, message: /given up/ })
    const { gateway: other } = await behind(t)
    t.match((await take(language, { url: other.url }, ['report'])).outcomes, [{ status: 404 }])
    t.equal(other.seen.length, 1)
  })

  test(`${language}: behind a reverse proxy, below a path`, options, async (t) => {
    const { gateway } = await behind(t)
    const steps = ['declare', 'add', 'report']
    const { outcomes } = await take(language, { url: `${gateway.url}/below/` }, steps)
    t.match(outcomes, [{ outputs: 1 }, { sequence: 1 }, { loss: 4 }])
    t.ok(gateway.seen.every(({ url }) => url.startsWith('/below/v1/')))
  })

  test(`${language}: through the proxy of HTTP_PROXY`, options, async (t) => {
    const { gateway, port } = await behind(t)
    const login = gateway.url.replace('http://', 'http://us%20er:pa%3Ass@')
    const variables = { HTTP_PROXY: login, http_proxy: login, NODE_USE_ENV_PROXY: '1', NO_PROXY: '', no_proxy: '' }
    const url = `http://127.0.0.1:${port}`
    t.match((await take(language, { url }, ['declare', 'add', 'limits'], variables)).outcomes, [
      { outputs: 1 },
      { sequence: 1 },
      { maxRows: Number },
    ])
    t.equal(gateway.seen[0].login, `Basic ${Buffer.from('us er:pa:ss').toString('base64')}`)
    if (language === 'python') t.equal(gateway.seen[1].url, `${url}/v1/evaluations/run/batches/a`)
    const { length } = gateway.seen
    const without = { ...variables, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' }
    t.match((await take(language, { url }, ['loss'], without)).outcomes, [{ loss: 4 }])
    t.equal(gateway.seen.length, length, 'NO_PROXY is asked')
  })

  test(`${language}: with a key, with another, and without one`, options, async (t) => {
    const sha256 = createHash('sha256').update('secret').digest('hex')
    const folder = t.testdir({ 'keys.json': JSON.stringify([{ name: 'a', sha256, scopes: ['evaluate'] }]) })
    const { gateway } = await behind(t, [], { API_KEYS_FILE: join(folder, 'keys.json') })
    const { url } = gateway
    t.match((await take(language, { url, key: 'secret' }, ['loss', 'report'])).outcomes, [{ loss: 4 }, { status: 403 }])
    t.match((await take(language, { url, key: 'other' }, ['loss'])).outcomes, [{ status: 401 }])
    t.match((await take(language, { url }, ['loss'])).outcomes, [{ error: 'LossmeterError', status: 401 }])
    t.equal(gateway.seen.length, 4)
  })

  test(`${language}: over TLS of a private authority, and not without it`, options, async (t) => {
    const files = writeCertificate(t.testdir(), certificate())
    const service = start(t, { ...files, DATABASE_URL: 'memory:' })
    const port = await portOf({ ...service, output: httpOf(service.output) })
    const url = `https://127.0.0.1:${port}`
    const [trusting, variables] = {
      python: [{ url, ca: files.TLS_CERT_FILE }, {}] as const,
      javascript: [{ url }, { NODE_EXTRA_CA_CERTS: files.TLS_CERT_FILE }] as const,
    }[language]
    const steps = ['declare', 'add', 'event', 'report']
    const { outcomes } = await take(language, trusting, steps, variables)
    t.match(outcomes, [{ outputs: 1 }, { sequence: 1 }, { type: 'status', status: 'open' }, { loss: 4 }])
    const refused = await take(language, { url }, ['limits', 'event'])
    for (const outcome of refused.outcomes) t.match(outcome, { error: String, message: /self.signed certificate/ })
    t.strictSame(refused.said, [], 'a certificate that is not trusted is not tried again')
    const gateway = await Gateway.open(t, port)
    const proxied = { HTTPS_PROXY: gateway.url, https_proxy: gateway.url, NODE_USE_ENV_PROXY: '1', NO_PROXY: '' }
    const tunnelled = await take(language, trusting, ['report'], { ...variables, ...proxied, no_proxy: '' })
    t.match(tunnelled.outcomes, [{ loss: 4 }])
    t.match(gateway.seen, [{ method: 'CONNECT', url: `127.0.0.1:${port}` }])
  })
}

/** Says http, as `portOf` reads it. */
function httpOf(output: { text: string; errors: string }) {
  return {
    get text() {
      return output.text.replace('https://', 'http://')
    },
    errors: '',
  }
}

test('python: what is logged in the background tells at the next step what it met', {
  skip: skipOf('python'),
}, async (t) => {
  const { gateway } = await behind(t, [pass, busy(503, 1)])
  const { outcomes } = await take('python', { url: gateway.url }, [
    'declare',
    'log',
    'flush',
    'report',
    'wrong log',
    'flush',
  ])
  t.match(outcomes[3], { batches: 1, loss: 4 })
  t.match(outcomes[5], { error: 'LossmeterError', status: 422 })
  const nowhere = { url: `http://127.0.0.1:${await freePort()}`, patience: 0.3 }
  t.match((await take('python', nowhere, ['log', 'flush'])).outcomes[1], { error: 'ConnectionError' })
})

test('javascript: each batch counts once, and is seen once, while the service is killed', async (t) => {
  const port = String(await freePort())
  const variables = { PORT: port, DATABASE_URL: `sqlite:${t.testdir()}/kept.sqlite` }
  let service = start(t, variables)
  await portOf(service)
  const run = new Lossmeter(`http://127.0.0.1:${port}`, { patience: 60 }).evaluation('run')
  await run.declare({ loss: 'mse', labelFormat: 'values', outputs: 1 })
  const seen: number[] = []
  const watching = (async () => {
    for await (const event of run.events({ after: 0 })) if (event.type === 'batch') seen.push(event.sequence)
  })()
  for (let step = 0; step < 60; step++) {
    const adding = run.add(`step-${step}`, Float64Array.of(step / 8), [0])
    if (step % 20 === 10) {
      service.child.kill('SIGKILL')
      await service.ended
      service = start(t, variables)
    }
    await adding
  }
  await run.seal()
  await watching
  const { batches, loss } = await run.report()
  // exact: the squares of eighths
  const losses = Array.from({ length: 60 }, (_, step) => (step / 8) ** 2)
  t.strictSame([batches, loss], [60, losses.reduce((sum, each) => sum + each, 0) / 60])
  t.strictSame(
    seen,
    losses.map((_, at) => at + 1),
  )
})
