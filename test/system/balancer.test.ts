import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { t as root, test } from 'tap'
import { parse } from 'yaml'
import { sharedPostgres } from '../database/postgres/server.ts'
import { portOf, start, until } from '../service.ts'
import { appOf } from '../support.ts'
import { startUnder, without } from './proxies.ts'

const folder = join(import.meta.dirname, '../..')
const compose = parse(readFileSync(join(folder, 'docker-compose.yml'), 'utf8'))

interface Replica {
  readonly port: number
  readonly kill: () => Promise<unknown>
}

interface Scope {
  after(end: () => unknown): unknown
}

/** A replica as docker-compose.yml starts it, on a port of its own. */
async function startReplica(t: Scope, database: string): Promise<Replica> {
  const { environment } = compose.services.replica
  const service = start(t, { ...environment, HOST: '127.0.0.1', PORT: '0', DATABASE_URL: database })
  const kill = () => {
    service.child.kill('SIGKILL')
    return service.ended
  }
  return { port: await portOf(service), kill }
}

/** HAProxy under the configuration of docker-compose.yml, but for the names of the replicas, in front of these ports. */
async function startBalancer(t: Scope, ports: readonly number[]): Promise<string> {
  const { port, stop } = await startUnder('haproxy', (port) =>
    compose.configs.balancer.content
      .replace(/^resolvers docker\n(?: .*\n)+/m, '')
      .replace(' resolvers docker init-addr none', '')
      .replace('bind :3000', `bind 127.0.0.1:${port}`)
      .replace(/ server-template .*/, ports.map((at) => ` server replica-${at} 127.0.0.1:${at}`).join('\n')),
  )
  t.after(stop)
  const url = `http://127.0.0.1:${port}`
  await until(() =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    ),
  )
  return url
}

interface Row {
  readonly predictions: readonly number[]
  readonly label: number
}

function rowOf(n: number): Row {
  const p = (1 + (n % 97)) / 100
  return { predictions: [p, 1 - p], label: n % 2 }
}

function lineOf(n: number): string {
  const { predictions, label } = rowOf(n)
  return `${JSON.stringify({ batch: `row-${n}`, predictions: [predictions], labels: [label] })}\n`
}

const shards = 3
const rowsOfShard = 1000

/** The lines of a shard; after half of them it waits. */
async function* uploadOf(shard: number, goOn: Promise<void>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for (let row = 0; row < rowsOfShard; row++) {
    if (row === rowsOfShard / 2) await goOn
    yield encoder.encode(lineOf(shard * rowsOfShard + row))
  }
}

async function batchesOf(run: string): Promise<number> {
  return JSON.parse(await (await fetch(run)).text()).batches
}

const declaration = { loss: 'cross-entropy', labelFormat: 'index' }

async function send(url: string, method: string, body: unknown, type = 'application/json'): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(url, { method, headers: { 'content-type': type }, body: text })
}

test('three replicas behind the balancer of docker-compose.yml', {
  skip: without('haproxy'),
  timeout: 120_000,
}, async (t) => {
  const server = await sharedPostgres(root)
  const database = await server.createDatabase()
  const replicas = await Promise.all(Array.from({ length: shards }, () => startReplica(t, database)))
  const url = await startBalancer(
    t,
    replicas.map(({ port }) => port),
  )
  const run = `${url}/v1/evaluations/run-7`
  t.equal((await send(run, 'PUT', { ...declaration, outputs: 2 })).status, 201)

  const app = await appOf(t)
  const rows = Array.from({ length: shards * rowsOfShard }, (_, n) => rowOf(n))
  const whole = await app.inject({
    method: 'POST',
    url: '/v1/loss',
    payload: {
      ...declaration,
      predictions: rows.map(({ predictions }) => predictions),
      labels: rows.map(({ label }) => label),
    },
  })
  const { loss, lossSum, accuracy, standardError, samples } = whole.json()
  const figures = { loss, lossSum, accuracy, standardError, samples }

  await t.test(
    'one is killed in the middle of an upload; all is sent again, and the figures have the same bits',
    async (t) => {
      const { promise: goOn, resolve: letGoOn } = Promise.withResolvers<void>()
      const uploads = Array.from({ length: shards }, (_, shard) => {
        const body = ReadableStream.from(uploadOf(shard, goOn))
        const headers = { 'content-type': 'application/x-ndjson' }
        return fetch(`${run}/batches`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit).then(
          ({ status }) => status,
          () => 0,
        )
      })
      // then there is something of each shard
      await until(async () => (await batchesOf(run)) > ((shards - 1) * rowsOfShard) / 2 || undefined)
      await replicas[0].kill()
      letGoOn()
      const statuses = await Promise.all(uploads)
      t.ok(
        statuses.some((status) => status !== 200),
        String(statuses),
      )

      for (let shard = 0; shard < shards; shard++) {
        const text = Array.from({ length: rowsOfShard }, (_, row) => lineOf(shard * rowsOfShard + row)).join('')
        const answer = await send(`${run}/batches`, 'POST', text, 'application/x-ndjson')
        const { committed, replayed, refused } = JSON.parse(await answer.text())
        t.same([committed + replayed, refused], [rowsOfShard, 0])
      }
      for (const { port } of replicas.slice(1)) {
        const report = await fetch(`http://127.0.0.1:${port}/v1/evaluations/run-7`)
        t.match(await report.json(), { ...figures, batches: rows.length })
      }
    },
  )

  await t.test('while one is gone, the others answer', async (t) => {
    for (let n = 0; n < 30; n++) {
      const { predictions, label } = rowOf(n)
      const answer = await send(`${run}/batches/row-${n}`, 'PUT', { predictions: [predictions], labels: [label] })
      t.equal(answer.status, 200)
      t.match(await answer.json(), { replayed: true })
    }
  })

  await t.test('events pass through it at once', async (t) => {
    const ended = new AbortController()
    const events = await fetch(`${run}/events`, { signal: ended.signal })
    const reader = (events.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
    t.match((await reader.read()).value, /^event: status\n/)
    ended.abort()
  })
})
