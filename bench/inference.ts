// What tritonclient sends, with the gradient as bytes, against an answer of the same size to the same request.
import type { Request } from './bodies.ts'
import { asInference, makeRows } from './bodies.ts'
import { Connection, checkStatus, checkTensors } from './client.ts'
import { cost, throughput } from './measures.ts'
import type { Server, ServerName } from './servers.ts'
import { start, stop } from './servers.ts'
import { interleave, mean } from './statistics.ts'
import type { Table } from './table.ts'

const windowMilliseconds = 400
const warmUpMilliseconds = 3000
const times = 3

/** Adds rows for a mini-batch over many connections and for a large batch over one. */
export async function benchInference(
  table: Table,
  rounds: { readonly warmUp: number; readonly measured: number },
  present: readonly ServerName[],
): Promise<void> {
  const contenders = present.filter((name) => name === 'lossmeter' || name === 'drain')
  const servers = new Map<ServerName, Server>()
  for (const name of contenders) {
    servers.set(name, { ...(await start(name)), check: name === 'lossmeter' ? checkTensors : checkStatus })
  }
  const serverOf = (name: ServerName) => servers.get(name) as Server
  const [small, large] = await Promise.all([
    requestOf('64 x 10, FP32 and INT64 to /v2, gradient back, 16 connections', 64, serverOf('lossmeter')),
    requestOf('60,000 x 10, FP32 and INT64 to /v2, gradient back', 60_000, serverOf('lossmeter')),
  ])
  for (const name of contenders) await throughput(serverOf(name), small, warmUpMilliseconds)
  const many = await interleave(contenders, rounds, (name) => throughput(serverOf(name), small, windowMilliseconds))
  table.add(
    small.name,
    '/s',
    each(many, ({ requestsPerSecond }) => requestsPerSecond),
  )
  table.add(
    '&emsp;processor time of one',
    'µs',
    each(many, ({ microsecondsOfProcessor }) => microsecondsOfProcessor),
  )
  const one = await interleave(contenders, rounds, (name) => cost(serverOf(name), large, times))
  table.add(
    large.name,
    'ms',
    each(one, ({ milliseconds }) => milliseconds),
  )
  const processor = each(one, ({ millisecondsOfProcessor }) => millisecondsOfProcessor)
  // a tick of the clock is much of a round
  table.add('&emsp;processor time of one', 'ms', new Map([...processor].map(([name, list]) => [name, [mean(list)]])))
  await Promise.all([...servers.values()].map(stop))
}

/** The request, which tells how many bytes its answer has. */
async function requestOf(name: string, samples: number, { port }: Server): Promise<Request> {
  const rows = makeRows(samples)
  const connection = await Connection.open(port)
  const answer = await connection.send(asInference(name, rows))
  connection.close()
  return asInference(name, rows, answer.length - answer.indexOf('\r\n\r\n') - 4)
}

function each<Result>(
  results: ReadonlyMap<ServerName, readonly Result[]>,
  value: (result: Result) => number,
): Map<ServerName, number[]> {
  return new Map([...results].map(([name, list]) => [name, list.map(value)]))
}
