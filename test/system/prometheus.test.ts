import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { t as root, test } from 'tap'
import { parse, stringify } from 'yaml'
import dashboard from '../../src/operation/dashboard.json' with { type: 'json' }
import { primarySnapshot } from '../../src/operation/metrics.ts'
import { aggregated } from '../../src/operation/metrics-snapshot.ts'
import { freePort } from '../free-port.ts'
import { appOf } from '../support.ts'

const alerts = new URL('../../src/operation/alerts.yml', import.meta.url).pathname
const missing = spawnSync('promtool', ['--version']).error !== undefined && 'prometheus is not installed'
const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
root.teardown(() => rmSync(folder, { recursive: true, force: true }))
const app = await busy(await appOf(root))

/** A service that has answered what makes every metric. */
async function busy(service: FastifyInstance): Promise<FastifyInstance> {
  const send = (method: 'POST' | 'PUT', url: string, payload: object) => service.inject({ method, url, payload })
  await send('POST', '/v1/loss', { loss: 'mae', labelFormat: 'values', predictions: [2], labels: [1] })
  await send('PUT', '/v1/evaluations/a', { loss: 'mae', labelFormat: 'values', outputs: 1 })
  await send('PUT', '/v1/evaluations/a/batches/b', { predictions: [2], labels: [1] })
  await service.inject('/nope')
  // as the first sweep and TLS do
  service.metrics?.waiting({ predictions: 0, labels: 0 })
  service.metrics?.watchCertificate(() => Date.now())
  return service
}

async function scraped(): Promise<string> {
  return (await app.inject('/metrics')).body
}

/** Runs promtool; what it says if it is not content. */
function promtool(args: string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}

function write(name: string, content: object): string {
  const path = join(folder, name)
  writeFileSync(path, stringify(content))
  return path
}

const operators = new Set(['sum', 'max', 'and'])

/** The names of metrics in an expression: what is no function, no label and no number. */
function namesIn(expression: string): string[] {
  const bare = expression.replaceAll(/"[^"]*"|\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)|offset \w+|\w+ ?(?=\()/g, ' ')
  return (bare.match(/[a-z_][\w:]*/g) ?? []).filter((name) => !operators.has(name))
}

function expressionsOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'expr' && typeof value === 'string' ? [value] : expressionsOf(value),
  )
}

/** The names that rules give to what they compute. */
function recordedBy({ groups }: { groups: { rules: { record?: string }[] }[] }): string[] {
  return groups.flatMap(({ rules }) => rules.flatMap(({ record }) => record ?? []))
}

test('every metric that the dashboard and the alerts name is there', async (t) => {
  // a histogram of what has not happened yet has its head alone
  const heads = [...(await scraped()).matchAll(/^# TYPE (\w+) (\w+)$/gm)]
  const rules = parse(readFileSync(alerts, 'utf8'))
  const known = new Set(['up', ...recordedBy(rules)])
  for (const [, name, type] of heads) {
    const endings = type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    for (const ending of endings) known.add(`${name}${ending}`)
  }
  const expressions = [...expressionsOf(dashboard), ...expressionsOf(rules)]
  t.ok(expressions.length > 30)
  for (const expression of expressions) {
    const names = namesIn(expression)
    t.ok(names.length > 0, expression)
    for (const name of names) t.ok(known.has(name), `${name} in ${expression}`)
  }
})

test('the dashboard can be imported: each panel has its place, its own number and its queries', async (t) => {
  const { panels, templating, title, schemaVersion } = dashboard
  t.equal(title, 'lossmeter')
  t.ok(schemaVersion > 30)
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  t.same(
    templating.list.map(({ name }) => name),
    ['datasource', 'instance'],
  )
  for (const { gridPos, type, targets = [], title: panel } of panels) {
    t.ok(gridPos.x + gridPos.w <= 24, panel)
    t.ok(type === 'row' || targets.length > 0, panel)
  }
})

test('Prometheus takes the metrics and the rules', { skip: missing }, async (t) => {
  t.equal(promtool(['check', 'metrics'], await scraped()), '')
  const snapshot = await app.metrics?.snapshot()
  const ofAll = await aggregated([await primarySnapshot(0), snapshot ?? [], snapshot ?? []]).metrics()
  t.match(ofAll, /^lossmeter_workers 2$/m)
  t.equal(promtool(['check', 'metrics'], ofAll), '', 'of several workers, too')
  t.equal(promtool(['check', 'rules', alerts]), '')
})

test('Prometheus takes the queries of the dashboard', { skip: missing }, async (t) => {
  const rules = expressionsOf(dashboard).map((expression, at) => ({
    record: `panel_${at}`,
    expr: expression.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
  }))
  t.equal(promtool(['check', 'rules', write('panels.yml', { groups: [{ name: 'panels', rules }] })]), '')
})

test('Prometheus scrapes it', { skip: missing }, async (t) => {
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const config = write('prometheus.yml', {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'lossmeter', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
    rule_files: [alerts],
  })
  const own = await freePort()
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  )
  const ended = once(prometheus, 'close')
  t.teardown(async () => {
    prometheus.kill('SIGKILL')
    await ended
  })
  const found = await queried(own, 'lossmeter_rows_total{loss="mae",label_format="values"}')
  t.match(found, [{ metric: { job: 'lossmeter' } }])
  t.match(await queried(own, 'up'), [{ value: [Number, '1'] }])
  t.match(await queried(own, 'http_server_request_duration_seconds_count{http_route=""}'), [{ value: [Number, '1'] }])
})

/** The result of a query, as soon as there is one. */
async function queried(port: number, query: string): Promise<unknown[]> {
  for (const until = performance.now() + 60_000; performance.now() < until; await sleep(100)) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`).catch(
      () => null,
    )
    if (answer?.ok !== true) continue
    const { data } = (await answer.json()) as { data: { result: unknown[] } }
    if (data.result.length > 0) return data.result
  }
  return []
}
