import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Request } from './bodies.ts'
import { Connection, timeRequest } from './client.ts'
import type { LoopDelay } from './probe.ts'
import type { Server } from './servers.ts'
import { processorSeconds } from './servers.ts'
import { quantile } from './statistics.ts'

const uploads = 4
/** Between two small requests. */
const breath = 2

/** Milliseconds that a request takes, the mean of several one after the other. */
export async function latency(server: Server, connection: Connection, request: Request, times = 1): Promise<number> {
  let sum = 0
  for (let i = 0; i < times; i++) sum += await timeRequest(connection, request, server.check)
  return sum / times
}

/** What a request takes, of time and of the processor of its server. */
export interface Cost {
  readonly milliseconds: number
  readonly millisecondsOfProcessor: number
}

/** The mean of several requests one after the other, on a connection of their own. */
export async function cost(server: Server, request: Request, times: number): Promise<Cost> {
  const connection = await Connection.open(server.port)
  const before = processorSeconds(server)
  const milliseconds = await latency(server, connection, request, times)
  connection.close()
  return { milliseconds, millisecondsOfProcessor: ((processorSeconds(server) - before) * 1000) / times }
}

/** What many connections get out of a server that has nothing else to do. */
export interface Throughput {
  readonly requestsPerSecond: number
  /** Of the server. */
  readonly microsecondsOfProcessor: number
}

export async function throughput(
  server: Server,
  request: Request,
  milliseconds: number,
  connections = 16,
): Promise<Throughput> {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(server.port)))
  let answered = 0
  const begin = performance.now()
  const processorAtBegin = processorSeconds(server)
  const end = begin + milliseconds
  const spinner = spin()
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() < end) {
        server.check(request, await connection.send(request))
        answered++
      }
    }),
  )
  const seconds = (performance.now() - begin) / 1000
  const processor = processorSeconds(server) - processorAtBegin
  spinner.stop()
  for (const connection of open) connection.close()
  return { requestsPerSecond: answered / seconds, microsecondsOfProcessor: (processor * 1e6) / answered }
}

/** Keeps this process awake: to wake a client that sleeps costs the server as much as a small request. */
function spin(): { stop: () => void } {
  let isStopped = false
  const turn = () => {
    if (!isStopped) setImmediate(turn)
  }
  turn()
  return {
    stop: () => {
      isStopped = true
    },
  }
}

/** What four clients that upload without pause leave to a small request. */
export interface UnderUploads {
  readonly loopDelay99: number
  readonly smallRequest99: number
  readonly uploadsPerSecond: number
}

/** A server that was started with the probe, and a process that uploads to it. */
export class Siege {
  readonly #server: Server
  readonly #uploader: ChildProcess

  private constructor(server: Server, uploader: ChildProcess) {
    this.#server = server
    this.#uploader = uploader
  }

  static async prepare(server: Server): Promise<Siege> {
    const answers = server.name === 'lossmeter' ? 'loss' : 'any'
    const uploader = fork(join(import.meta.dirname, 'uploader.ts'), [String(server.port), String(uploads), answers])
    await once(uploader, 'message')
    return new Siege(server, uploader)
  }

  async measure(small: Request, milliseconds: number): Promise<UnderUploads> {
    const connection = await Connection.open(this.#server.port)
    this.#uploader.send('go')
    await setTimeout(200)
    this.#server.child.send('reset')
    const begin = performance.now()
    const latencies: number[] = []
    while (performance.now() - begin < milliseconds) {
      latencies.push(await timeRequest(connection, small, this.#server.check))
      await setTimeout(breath)
    }
    const seconds = (performance.now() - begin + 200) / 1000
    const delay = (await ask(this.#server.child, 'read')) as LoopDelay
    const finished = (await ask(this.#uploader, 'pause')) as number
    connection.close()
    return {
      loopDelay99: delay.p99,
      smallRequest99: quantile(latencies, 0.99),
      uploadsPerSecond: finished / seconds,
    }
  }

  end(): void {
    this.#uploader.kill()
  }
}

async function ask(child: ChildProcess, question: string): Promise<unknown> {
  const answer = once(child, 'message')
  child.send(question)
  return (await answer)[0]
}
