import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { Pipelines } from './pipeline.ts'
import { makeLast } from './pipeline.ts'
import type { Connection, ConnectionTable } from './table.ts'

/** The other processes that take connections of the same port, for one of them that ends. */
export interface Peers {
  /** Waits until it may end its listening. @returns whether it is the last that listens */
  mayStop(): Promise<boolean>
  /** Has the process that hands out connections come around once: it hands out one each time. */
  trip(): Promise<void>
  /** Says that it has stopped, and waits until those that end with it have. */
  stopped(): Promise<void>
}

const noPeers: Peers = {
  mayStop: () => Promise.resolve(true),
  trip: () => Promise.resolve(),
  stopped: () => Promise.resolve(),
}

export interface Closing {
  /** Milliseconds in which connections are still taken, so that a balancer turns away first. */
  readonly delayMs: number
  /** Milliseconds for the requests in flight after that; then they are refused. */
  readonly timeoutMs: number
  readonly refusal: Error
  readonly peers?: Peers | undefined
}

/** Turns of the event loop in a row, so far apart, without a new connection, after which none is on its way. */
const quietTurns = 20
const betweenTurnsMs = 10
/** The listening ends in a turn no longer than this: a connection that comes in the very same turn is reset. */
const shortTurnMs = 1
const idleMs = 2000
export const refusalMs = 5000

/**
 * Ends all connections without failing a request: every answer from now on says that it is its connection's last; when the
 * listening ends no connection is on its way; an idle connection is closed when nothing came on it for a while. What is still
 * there at the timeout is refused.
 */
export async function closeConnections(
  server: Server,
  table: ConnectionTable,
  pipelines: Pipelines,
  { delayMs, timeoutMs, refusal, peers = noPeers }: Closing,
): Promise<void> {
  for (const connection of table) makeLast(connection)
  await sleep(delayMs)
  const began = performance.now()
  const isLeft = (milliseconds: number) => table.size > 0 && performance.now() - began < milliseconds
  await stopListening(server, pipelines, began + timeoutMs / 3, peers)
  const stopped = performance.now()
  while (isLeft(timeoutMs)) {
    if (performance.now() - stopped > idleMs) endIdle(table)
    await sleep(20)
  }
  for (const connection of table) refuse(connection, refusal)
  while (isLeft(timeoutMs + refusalMs)) await sleep(20)
  for (const { socket } of table) socket.destroy()
}

/**
 * A connection that has not been taken when the listening ends is reset. So clients that come again and again are kept waiting for
 * their answers until none comes any more; while other processes listen, they take what comes.
 */
async function stopListening(server: Server, pipelines: Pipelines, until: number, peers: Peers): Promise<void> {
  pipelines.hold()
  if (await peers.mayStop()) await quiet(server, until, peers)
  // the close of node:http would cut idle connections, on which a request may be on its way
  if (server.listening) NetServer.prototype.close.call(server)
  await peers.stopped()
  pipelines.release()
}

async function quiet(server: Server, until: number, peers: Peers): Promise<void> {
  let turns = 0
  server.on('connection', () => {
    turns = 0
  })
  for (let isShort = false; !(turns > quietTurns && isShort) && performance.now() < until; turns++) {
    // on a busy machine turns take longer, and clients are slower, too
    if (turns < quietTurns) await sleep(betweenTurnsMs)
    await peers.trip()
    const began = performance.now()
    await setImmediate()
    isShort = performance.now() - began < shortTurnMs
  }
}

function endIdle(table: ConnectionTable): void {
  for (const connection of table) if (connection.isIdle) connection.socket.destroySoon()
}

function refuse({ exchange, socket }: Connection, refusal: Error): void {
  if (exchange?.reply === undefined || exchange.response.headersSent) socket.destroySoon()
  else exchange.reply.send(refusal)
}
