import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { overloaded } from '../http/problem.ts'
import type { Turns } from './pipeline.ts'
import { makeLast } from './pipeline.ts'
import type { Connection, ConnectionTable } from './table.ts'

/** Those who take connections of the same port, for one of them that ends. */
export interface Peers {
  /** Waits until it may end its listening. @returns whether nobody else listens any more */
  turn(): Promise<boolean>
  /** Lets whoever hands out connections come around once: one is handed out each time. */
  trip(): Promise<void>
  /** Says that it has stopped, and waits until those who end with it have. */
  stopped(): Promise<void>
}

const nobody: Peers = {
  turn: () => Promise.resolve(true),
  trip: () => Promise.resolve(),
  stopped: () => Promise.resolve(),
}

export interface Closing {
  /** Time in which connections are still taken, so that a balancer turns away first. */
  readonly delayMs: number
  /** Time for the requests in flight after that; then they are refused. */
  readonly timeoutMs: number
  readonly peers?: Peers | undefined
}

/** Turns of the event loop in a row, so far apart, without a new connection, after which none is on its way. */
const quietTurns = 20
const betweenTurnsMs = 10
/** The listening ends in a turn no longer than this: a connection that comes in the very same turn is reset. */
const shortTurnMs = 1
/** The time in which an idle connection may still bring a request. */
const idleMs = 2000
/** The time for refusals to be read, by clients that are still sending, too. */
export const refusalMs = 5000

export const closingProblem = overloaded('The service is shutting down.', 5)

/**
 * Ends all connections without failing a request: every answer from now on says that it is its connection's last; when the
 * listening ends no connection is on its way; an idle connection is closed when nothing came on it for a while. What is still
 * there at the timeout is refused.
 */
export async function closeConnections(
  server: Server,
  table: ConnectionTable,
  turns: Turns,
  { delayMs, timeoutMs, peers = nobody }: Closing,
): Promise<void> {
  for (const connection of table) makeLast(connection)
  await sleep(delayMs)
  const began = performance.now()
  const isLeft = (milliseconds: number) => table.size > 0 && performance.now() - began < milliseconds
  await stopListening(server, turns, began + timeoutMs / 3, peers)
  const stopped = performance.now()
  while (isLeft(timeoutMs)) {
    if (performance.now() - stopped > idleMs) endIdle(table)
    await sleep(20)
  }
  for (const connection of table) refuse(connection)
  while (isLeft(timeoutMs + refusalMs)) await sleep(20)
  for (const { socket } of table) socket.destroy()
}

/**
 * Clients that come again and again are kept waiting for their answers meanwhile, so that a moment comes when none comes: a
 * connection that has not been taken when the listening ends is reset. While others listen, they take it.
 */
async function stopListening(server: Server, turns: Turns, until: number, peers: Peers): Promise<void> {
  turns.hold()
  if (await peers.turn()) await quiet(server, until, peers)
  // the close of node:http would cut idle connections, on which a request may be on its way
  if (server.listening) NetServer.prototype.close.call(server)
  await peers.stopped()
  turns.release()
}

/** Waits until no connection comes for a while. */
async function quiet(server: Server, until: number, peers: Peers): Promise<void> {
  let turns = 0
  server.on('connection', () => {
    turns = 0
  })
  for (let isShort = false; !(turns > quietTurns && isShort) && performance.now() < until; turns++) {
    // where the machine is busy, turns take longer, as everything does that clients do
    if (turns < quietTurns) await sleep(betweenTurnsMs)
    await peers.trip()
    const began = performance.now()
    // one connection is taken each time that the event loop comes around, whatever else it does
    await setImmediate()
    isShort = performance.now() - began < shortTurnMs
  }
}

function endIdle(table: ConnectionTable): void {
  for (const connection of table) if (connection.isIdle) connection.socket.destroySoon()
}

function refuse(connection: Connection): void {
  const { turn, socket } = connection
  if (turn?.reply === undefined || turn.response.headersSent) socket.destroySoon()
  else turn.reply.send(closingProblem)
}
