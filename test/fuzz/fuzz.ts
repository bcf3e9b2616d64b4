// Sends requests that follow from a seed over some connections, and looks at each answer.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from '../attacks/client.ts'
import { ask, Client, headOf } from '../attacks/client.ts'
import { Service } from '../attacks/service.ts'
import { faultOf } from './answers.ts'
import { routeOf } from './document.ts'
import { Choices } from './random.ts'
import type { Probe } from './requests.ts'
import { declarations, nextProbe } from './requests.ts'

const connections = 8
const patience = 20_000

export interface Found {
  readonly fault: string
  readonly probe: Probe
  readonly answer: string
}

export interface Report {
  readonly requests: number
  /** How many requests of each kind got each status. */
  readonly counts: Readonly<Record<string, number>>
  /** The operations that a request succeeded at, as method and path of the document. */
  readonly reached: ReadonlySet<string>
  /** The longest turn of the service's event loop, in milliseconds of processor time. */
  readonly turn: number
  readonly found: readonly Found[]
  /** The requests before a turn longer than `longestTurn` was seen. */
  readonly suspects: readonly Probe[]
}

/** Milliseconds of processor time that no turn may take. */
export const longestTurn = 100
const mostSuspects = 40

/** Sends so many requests. */
export async function fuzz(requests: number, seed: number): Promise<Report> {
  const service = await Service.start({ REQUEST_TIMEOUT_MS: '2000' })
  try {
    const counts: Record<string, number> = {}
    const reached = new Set<string>()
    const found: Found[] = []
    let suspects: Probe[] = []
    for (const declaration of declarations) await ask(service.port, declaration)
    // what the first requests cost the compiler is not of interest
    await sendAll(service, 200, new Choices(0), () => undefined)
    await sleep(200)
    service.forgetTurns()
    await sendAll(service, requests, new Choices(seed), (probe, reply) => {
      if (service.turns.turn <= longestTurn) suspects = [...suspects, probe].slice(-mostSuspects)
      const name = `${probe.kind} ${typeof reply === 'string' ? reply : reply.status}`
      counts[name] = (counts[name] ?? 0) + 1
      if (typeof reply !== 'string' && reply.status < 300) reached.add(`${probe.method} ${pathOf(probe)}`)
      // a body that does not come to its end may be answered by the end of the connection
      const fault = typeof reply !== 'string' ? faultOf(probe, reply) : probe.sent === undefined ? reply : undefined
      if (fault !== undefined) found.push({ fault, probe, answer: typeof reply === 'string' ? reply : reply.body })
    })
    await sleep(200)
    if (!service.isRunning)
      found.push({ fault: `the service ended: ${service.errors}`, probe: nextProbe(new Choices(0)), answer: '' })
    const { turn } = service.turns
    return { requests, counts, reached, turn, found, suspects: turn > longestTurn ? suspects : [] }
  } finally {
    await service.stop()
  }
}

type Listener = (probe: Probe, reply: Reply | string) => void

async function sendAll(service: Service, requests: number, choices: Choices, listen: Listener): Promise<void> {
  let left = requests
  const lines = Array.from({ length: connections }, async () => {
    const line = new Line(service.port)
    while (left-- > 0) {
      const probe = nextProbe(choices)
      listen(probe, await line.ask(probe))
    }
    line.close()
  })
  await Promise.all(lines)
}

/** A connection that is opened anew when it was closed. */
class Line {
  readonly #port: number
  #client: Client | undefined

  constructor(port: number) {
    this.#port = port
  }

  async ask(probe: Probe): Promise<Reply | string> {
    const isFresh = this.#client === undefined
    const answer = await this.#try(probe)
    // a connection that was kept may be closed by the service at any time between two requests
    return typeof answer === 'string' && !isFresh ? this.#try(probe) : answer
  }

  close(): void {
    this.#client?.leave()
    this.#client = undefined
  }

  async #try(probe: Probe): Promise<Reply | string> {
    this.#client ??= await Client.open(this.#port)
    const client = this.#client
    const { sent } = probe
    if (sent === undefined) void client.send(probe)
    else {
      await client.write(headOf(probe))
      await client.write(Buffer.from(probe.body ?? '').subarray(0, sent))
      client.socket.end()
    }
    const reply = await client.answer(patience, probe.method !== 'HEAD')
    const isOver = reply === undefined || sent !== undefined || reply.headers.connection === 'close'
    if (isOver || client.isClosed || client.socket.readableEnded || client.received.length > 0) this.close()
    return reply ?? client.error ?? (client.isClosed || client.socket.readableEnded ? 'closed' : 'no answer')
  }
}

/** The path of a request as the document has it, or what it begins with. */
function pathOf({ method, path }: Probe): string {
  return routeOf(method, path)?.path ?? path.slice(0, 40)
}

/** What was found, each fault once with one request that shows it. */
export function summary({ requests, counts, turn, found, suspects }: Report, seed: number): string {
  const first = new Map<string, Found & { times: number }>()
  for (const one of found) {
    const key = `${one.fault.slice(0, 80)} ${one.probe.method} ${pathOf(one.probe)}`
    const { times = 0 } = first.get(key) ?? {}
    first.set(key, { ...(first.get(key) ?? one), times: times + 1 })
  }
  const faults = Array.from(first.values(), ({ fault, times, probe, answer }) =>
    [`${times} x ${fault}`, written(probe), answer.slice(0, 400)].join('\n  '),
  )
  return [
    `seed ${seed}, ${requests} requests, longest turn ${turn.toFixed(1)} ms`,
    JSON.stringify(counts),
    ...faults,
    ...suspects.map((probe) => `before the long turn: ${written(probe)}`),
  ].join('\n')
}

function written({ kind, method, path, headers, body = '', sent }: Probe): string {
  const head = `${kind} ${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 300)} ${sent ?? ''}`
  return `${head} ${JSON.stringify(body.toString().slice(0, 600))}`
}
