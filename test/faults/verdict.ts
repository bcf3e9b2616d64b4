// Whether what is stored in the end is what was sent, each batch once.
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import type { Reply } from '../attacks/client.ts'
import { ask } from '../attacks/client.ts'
import type { Ledger } from './ledger.ts'
import type { PlannedBatch } from './plan.ts'
import { evaluationNames, streamOf } from './plan.ts'
import type { Interim } from './reader.ts'
import type { Replica } from './replica.ts'

const pageSize = 1000
/** Reports in the middle that are computed again. */
const checkedInterims = 4

type Fields = Record<string, unknown>

interface Listed {
  readonly batch: string
  readonly sequence: number
  readonly samples: number
  readonly loss: number | null
}

export interface Verdict {
  lost: number
  twice: number
  gaps: number
  readonly faults: string[]
}

/** What one replica says of an evaluation. */
interface Statement {
  readonly report: Fields
  readonly list: readonly Listed[]
  readonly curve: unknown
}

/** Compares what every replica says with what was sent and acknowledged. */
export async function judge(
  replicas: readonly Replica[],
  sent: readonly PlannedBatch[],
  ledger: Ledger,
  interims: readonly Interim[],
): Promise<Verdict> {
  const verdict: Verdict = { lost: 0, twice: 0, gaps: 0, faults: [] }
  // one process that gets everything once
  const app = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  try {
    for (const evaluation of evaluationNames.filter((name) => ledger.acknowledged(name) > 0)) {
      const statements = await Promise.all(replicas.map((replica) => statementOf(replica, evaluation)))
      const [first] = statements
      if (statements.some((statement) => !isDeepStrictEqual(statement, first))) {
        verdict.faults.push(`the replicas disagree on ${evaluation}`)
      }
      const batches = new Map(
        sent.filter((batch) => batch.evaluation === evaluation).map((batch) => [batch.name, batch]),
      )
      judgeList(verdict, first.list, batches, ledger, evaluation)
      const inOrder = first.list.flatMap(({ batch }) => batches.get(batch) ?? [])
      const reports = interims.filter((interim) => interim.evaluation === evaluation && interim.batches > 0)
      const some = reports.filter((_, at) => at % Math.ceil(reports.length / checkedInterims) === 0)
      for (const { batches: count, report } of [...some, { batches: first.list.length, report: first.report }]) {
        const faults = await differences(app, report, inOrder.slice(0, count))
        verdict.faults.push(...faults.map((fault) => `${evaluation} after ${count} batches: ${fault}`))
      }
    }
    const stored = ledger.entries.length
    if (ledger.committed > stored) verdict.faults.push(`${ledger.committed} batches were said to be new of ${stored}`)
    return verdict
  } finally {
    await app.close()
  }
}

function judgeList(
  verdict: Verdict,
  list: readonly Listed[],
  sent: ReadonlyMap<string, PlannedBatch>,
  ledger: Ledger,
  evaluation: string,
): void {
  const byName = new Map(list.map((entry) => [entry.batch, entry]))
  verdict.twice += list.length - byName.size
  verdict.gaps += list.filter(({ sequence }, at) => sequence !== at + 1).length
  for (const [name, { labels }] of sent) {
    const entry = byName.get(name)
    const acknowledged = ledger.entry(evaluation, name)
    if (entry === undefined || acknowledged === undefined) {
      verdict.lost++
      continue
    }
    const { sequence = entry.sequence, loss = entry.loss } = acknowledged
    if (entry.sequence !== sequence || entry.loss !== loss || entry.samples !== labels.length) {
      verdict.faults.push(`${name} is listed otherwise than it was acknowledged`)
    }
  }
  for (const name of byName.keys()) if (!sent.has(name)) verdict.faults.push(`${name} was never sent`)
}

/** In what a report differs, to the last bit, from the answer for all rows of some batches at once. */
async function differences(app: FastifyInstance, report: Fields, batches: readonly PlannedBatch[]): Promise<string[]> {
  const { port } = app.server.address() as AddressInfo
  const headers = { 'content-type': 'application/x-ndjson' }
  const reply = await ask(port, { headers, body: streamOf(batches) })
  if (typeof reply === 'string' || reply.status !== 200) return [typeof reply === 'string' ? reply : reply.body]
  const { requestId: _, ...expected } = JSON.parse(reply.body) as Fields
  return Object.entries(expected).flatMap(([name, value]) =>
    isDeepStrictEqual(report[name], value)
      ? []
      : [`${name} is ${JSON.stringify(report[name])}, and ${JSON.stringify(value)} of all rows at once`],
  )
}

async function statementOf(replica: Replica, evaluation: string): Promise<Statement> {
  const path = `/v1/evaluations/${evaluation}`
  const { requestId: _, ...report } = await read<Fields>(replica, path)
  const { points } = await read<{ points: unknown }>(replica, `${path}/curve`)
  const list: Listed[] = []
  for (let after: number | undefined = 0; after !== undefined; ) {
    const address: string = `${path}/batches?limit=${pageSize}&after=${after}`
    const page: { batches: Listed[]; next?: number } = await read(replica, address)
    list.push(...page.batches)
    after = page.next
  }
  return { report, list, curve: points }
}

/** @throws Error when it is not answered with 200 */
async function read<Answer>({ port = 0 }: Replica, path: string): Promise<Answer> {
  const reply: Reply | string = await ask(port, { method: 'GET', path })
  if (typeof reply === 'string' || reply.status !== 200) {
    throw new Error(`${path}: ${typeof reply === 'string' ? reply : reply.body}`)
  }
  return JSON.parse(reply.body) as Answer
}
