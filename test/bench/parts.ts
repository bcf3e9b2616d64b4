// What each part of a PUT of one row costs: node test/bench/parts.ts, or as a part of npm run bench.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { parseConfig } from '../../src/config.ts'
import { openStore } from '../../src/database/open.ts'
import { digestsOf } from '../../src/evaluations/digests.ts'
import { evaluateBatch } from '../../src/evaluations/evaluate.ts'
import { Evaluations } from '../../src/evaluations/service.ts'
import { decodeJson } from '../../src/formats/json.ts'
import { limitsOf } from '../../src/http/limits.ts'
import { validBody } from '../../src/http/validation.ts'
import { LogWriter } from '../../src/log/writer.ts'
import { answerOf, Evaluation } from '../../src/loss/evaluation.ts'
import { batchContent } from '../../src/routes/evaluations/schema.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import { PostgresServer } from '../database/postgres/server.ts'
import { declare, declaredFor, owner } from '../evaluations/evaluations.ts'
import type { Request } from '../loss/support.ts'
import { finish, unlimited } from '../loss/support.ts'
import { makeRows } from './bodies.ts'
import { Connection } from './client.ts'
import { ask, putsOver, serve } from './evaluations.ts'
import { processorSeconds, stop } from './servers.ts'
import { median } from './statistics.ts'
import { writers } from './store.ts'

const warmUpMilliseconds = 10_000
const measuredMilliseconds = 5000
const roundMilliseconds = 300
/** Of each part, by turns, so that all are compiled; the last ones count. */
const rounds = { warmUp: 4, measured: 3 }

/** The table in Markdown. */
export async function benchParts(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
  try {
    const postgres = await PostgresServer.start({ teardown: (end) => ends.push(end) }, ['fsync=on'])
    const parts = await benchAlone()
    const sum = Object.values(parts).reduce((total, each) => total + each, 0)
    const urls = [`sqlite:${join(folder, 'a.sqlite')}`, await postgres.createDatabase()]
    const stores = [
      await benchStore(`sqlite:${join(folder, 'b.sqlite')}`),
      await benchStore(await postgres.createDatabase()),
    ]
    const [sqlite, pg] = [await benchService(urls[0]), await benchService(urls[1])]
    const row = (name: string, ...cells: readonly string[]) => `| ${[name, ...cells].join(' | ')} |`
    const inMicroseconds = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} µs`
    const inMilliseconds = (value: number) => `${value.toFixed(2)} ms`
    return [
      `One of ${writers} PUTs at a time, each of one row of ten outputs:`,
      '',
      '| processor time of the service | SQLite | PostgreSQL |',
      '|---|---:|---:|',
      ...Object.entries(parts).map(([name, each]) => row(name, inMicroseconds(each), inMicroseconds(each))),
      row('the store, in all its threads', ...stores.map(inMicroseconds)),
      row(
        'HTTP, routing, limits, metrics, garbage and the rest',
        ...[sqlite, pg].map(({ processor }, at) => inMicroseconds(processor - sum - stores[at])),
      ),
      row('a PUT', ...[sqlite, pg].map(({ processor }) => inMicroseconds(processor))),
      '',
      '| time | SQLite | PostgreSQL |',
      '|---|---:|---:|',
      row('the transaction of its group', ...[sqlite, pg].map(({ commit }) => inMilliseconds(commit))),
      row(
        'waiting for the group before, for company and for the thread',
        ...[sqlite, pg].map(({ request, commit }) => inMilliseconds(request - commit)),
      ),
      row('a PUT', ...[sqlite, pg].map(({ request }) => inMilliseconds(request))),
      row('batches a transaction', ...[sqlite, pg].map(({ group }) => group.toFixed(1))),
    ].join('\n')
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

/** Microseconds of what is done without waiting, each by itself. */
async function benchAlone(): Promise<Record<string, number>> {
  const rows = makeRows(1)
  const body = Buffer.from(JSON.stringify(rows))
  const request = { loss: 'cross-entropy', labelFormat: 'index', ...rows } as unknown as Request
  const limits = limitsOf(parseConfig({}))
  const store = await openStore('memory:', { maxEvaluations: 1, maxBatches: 1 })
  const evaluation = await declare(new Evaluations(store, new Scheduler()), 'parts', declaredFor(request, 10))
  const decode = () => validBody(finish(decodeJson(body, unlimited.memory, limits)), batchContent)
  const evaluate = () => finish(evaluateBatch(evaluation, 'b', tensors, { ...unlimited, maxStateBytes: 1e6 }))
  const tensors = decode()
  const { state, batch } = evaluate()
  const log = pino({}, new LogWriter({ write: async () => undefined, writeNow: () => undefined }))
  const { spec } = evaluation.declared
  const line = {
    requestId: '6f1b0a3e-5a2e-4d0c-9f53-0d0f7b6c8a11',
    method: 'PUT',
    owner,
    path: '/v1/evaluations/a/batches/b',
    status: 201,
    milliseconds: 2.1,
    bytes: body.length,
    rows: batch.samples,
    loss: spec.loss,
    labelFormat: spec.labelFormat,
  }
  const parts: Record<string, () => unknown> = {
    'decoding and checking the body': decode,
    'evaluating the row': () => {
      const evaluating = new Evaluation(spec, unlimited)
      finish(evaluating.add(tensors))
      evaluating.close()
    },
    'its two digests': () => finish(digestsOf(tensors, 'index')),
    'encoding the state': () => finish(evaluation.batches.codec.write(state)),
    'the answer': () => JSON.stringify(finish(answerOf(state))),
    'the line of the log': () => log.info(line, 'answered'),
  }
  const times = new Map(Object.keys(parts).map((name): [string, number[]] => [name, []]))
  for (let round = -rounds.warmUp; round < rounds.measured; round++) {
    for (const [name, run] of Object.entries(parts)) {
      const taken = await microseconds(run)
      if (round >= 0) times.get(name)?.push(taken)
    }
  }
  await store.close()
  return Object.fromEntries([...times].map(([name, taken]) => [name, median(taken)]))
}

async function microseconds(run: () => unknown): Promise<number> {
  const begin = performance.now()
  let count = 0
  for (; performance.now() - begin < roundMilliseconds; count++) {
    run()
    // the log writes in the background
    if (count % 256 === 0) await new Promise(setImmediate)
  }
  return ((performance.now() - begin) * 1000) / count
}

/** Microseconds of processor time of this process that storing a batch takes. */
async function benchStore(url: string): Promise<number> {
  const store = await openStore(url, { maxEvaluations: 1, maxBatches: 1e9 })
  const evaluations = new Evaluations(store, new Scheduler())
  const request = { loss: 'cross-entropy', labelFormat: 'index', ...makeRows(1) } as unknown as Request
  const evaluation = await declare(evaluations, 'parts', declaredFor(request, 10))
  const tensors = validBody(
    finish(decodeJson(Buffer.from(JSON.stringify(makeRows(1))), unlimited.memory, limitsOf(parseConfig({})))),
    batchContent,
  )
  const { batch } = finish(evaluateBatch(evaluation, 'b', tensors, { ...unlimited, maxStateBytes: 1e6 }))
  let count = 0
  const write = (milliseconds: number) =>
    underLoad(milliseconds, () => evaluations.put(evaluation, [{ ...batch, name: `b${count++}` }]))
  await write(warmUpMilliseconds / 4)
  count = 1e8
  const before = process.cpuUsage()
  await write(measuredMilliseconds)
  const { user, system } = process.cpuUsage(before)
  await store.close()
  return (user + system) / (count - 1e8)
}

/** Has all writers write, each one thing after the other, for so long. */
async function underLoad(milliseconds: number, run: (writer: number) => unknown): Promise<void> {
  const end = performance.now() + milliseconds
  const one = async (_: unknown, writer: number) => {
    while (performance.now() < end) await run(writer)
  }
  await Promise.all(Array.from({ length: writers }, one))
}

interface Measured {
  /** Microseconds of processor time of a PUT. */
  readonly processor: number
  /** Mean milliseconds. */
  readonly request: number
  readonly commit: number
  /** Batches a transaction. */
  readonly group: number
}

async function benchService(url: string): Promise<Measured> {
  const server = await serve(url)
  const put = await putsOver(server)
  const connection = await Connection.open(server.port)
  let count = 0
  const write = (milliseconds: number) => underLoad(milliseconds, (writer) => put(count++, writer))
  const figures = async () => {
    const text = await ask(connection, 'GET', '/metrics')
    const of = (name: string) => {
      const line = text
        .split('\n')
        .find((each) => each.startsWith(name) && /"(?:PUT|commit)"|^lossmeter/.test(each) && !/:evaluation"/.test(each))
      return Number(line?.split(' ').at(-1))
    }
    return {
      processor: processorSeconds(server),
      requests: of('http_server_request_duration_seconds_count'),
      request: of('http_server_request_duration_seconds_sum'),
      commits: of('db_client_operation_duration_seconds_count'),
      commit: of('db_client_operation_duration_seconds_sum'),
    }
  }
  await write(warmUpMilliseconds)
  const before = await figures()
  await write(measuredMilliseconds)
  const after = await figures()
  const difference = (name: keyof typeof after) => after[name] - before[name]
  await stop(server)
  const requests = difference('requests')
  return {
    processor: (difference('processor') * 1e6) / requests,
    request: (difference('request') * 1000) / requests,
    commit: (difference('commit') * 1000) / difference('commits'),
    group: requests / difference('commits'),
  }
}

if (import.meta.main) process.stdout.write(`${await benchParts()}\n`)
