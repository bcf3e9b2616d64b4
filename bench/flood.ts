// A client that sends so many requests a second, however many are answered: a process of its own, told "go" and "pause".
import type { Request } from './bodies.ts'
import { asJson, asSweep, makeRows } from './bodies.ts'
import { Connection } from './client.ts'
import { quantile } from './statistics.ts'

/** How it is started: as JSON, in its one argument. */
export interface Flood {
  readonly port: number
  readonly connections: number
  readonly rate: number
  /** Rows of the batch that is sent. */
  readonly rows: number
  /** At how many temperatures it is evaluated; 0 for a batch alone. */
  readonly temperatures: number
  readonly header: string
}

/** What became of it. */
export interface Flooded {
  readonly seconds: number
  /** How many answers there were, by status. */
  readonly answers: Readonly<Record<string, number>>
  /** Milliseconds within which 99 of 100 that were answered by 200 were, and of the others; null where there were none. */
  readonly done99: number | null
  readonly refused99: number | null
}

/** Of what is due, so much is sent late; the rest never. */
const latestMilliseconds = 20

function late(times: readonly number[]): number | null {
  return times.length === 0 ? null : quantile(times, 0.99)
}

/** The same request with another line in its head. */
export function withHeader<Sent extends { readonly head: Buffer }>(request: Sent, header: string): Sent {
  const head = request.head.toString('latin1')
  return header === '' ? request : { ...request, head: Buffer.from(head.replace(/\r\n\r\n$/, `\r\n${header}\r\n\r\n`)) }
}

/** What it sends. */
export function requestOf({ rows, temperatures, header }: Pick<Flood, 'rows' | 'temperatures' | 'header'>): Request {
  const name = `${rows} rows`
  const request =
    temperatures === 0 ? asJson(name, makeRows(rows), 'index') : asSweep(name, makeRows(rows), temperatures)
  return withHeader(request, header)
}

async function flood({ port, connections, rate, ...what }: Flood): Promise<void> {
  const request = requestOf(what)
  const idle = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)))
  let isOn = false
  let began = 0
  let due = 0
  let answers: Record<string, number> = {}
  let done: number[] = []
  let refused: number[] = []
  const send = (connection: Connection) => {
    const sent = performance.now()
    connection.begin(request.head, request.body, (answer) => {
      idle.push(connection)
      const status = answer.toString('latin1', 9, 12)
      answers[status] = (answers[status] ?? 0) + 1
      const times = status === '200' ? done : refused
      times.push(performance.now() - sent)
    })
  }
  const turn = () => {
    if (!isOn) return
    const now = ((performance.now() - began) / 1000) * rate
    due = Math.max(due, now - (latestMilliseconds / 1000) * rate)
    for (; due < now; due++) {
      const connection = idle.pop()
      if (connection === undefined) break
      send(connection)
    }
    setImmediate(turn)
  }
  process.on('message', (message) => {
    if (message === 'go') {
      began = performance.now()
      due = 0
      answers = {}
      done = []
      refused = []
      isOn = true
      turn()
    } else {
      isOn = false
      const seconds = (performance.now() - began) / 1000
      process.send?.({ seconds, answers, done99: late(done), refused99: late(refused) } satisfies Flooded)
    }
  })
  process.send?.('ready')
}

if (import.meta.main) await flood(JSON.parse(process.argv[2]))
