import { Socket } from 'node:net'
import type { WireLimits } from './limits.ts'
import type { Connection } from './table.ts'

/** Time without a byte after which a client that was still sending is given up. */
const sendingMs = 5000
/** The same for a client that has sent its request. */
const doneMs = 1000

type LingeringLimits = Pick<WireLimits, 'maxDrainBytes' | 'requestTimeoutMs'>

/**
 * Has a connection closed as RFC 9112, section 9.6 asks for: after the last answer only the service's side is closed, and what
 * the client still sends is read past, since a cut connection can take the answer with it. Bounded in bytes and time.
 */
export function lingerAtEnd(connection: Connection, limits: LingeringLimits): void {
  const { socket } = connection
  socket.destroySoon = () => {
    if (connection.isEnding) return
    connection.isEnding = true
    if (socket.destroyed || socket.readableEnded) Socket.prototype.destroySoon.call(socket)
    else linger(connection, limits)
  }
}

function linger({ socket, exchange }: Connection, { maxDrainBytes, requestTimeoutMs }: LingeringLimits): void {
  const quiet = setTimeout(() => socket.destroy(), exchange?.request.complete === true ? doneMs : sendingMs)
  const until = performance.now() + requestTimeoutMs
  let drained = 0
  readPast(socket, (bytes) => {
    drained += bytes
    if (drained > maxDrainBytes || performance.now() > until) socket.destroy()
    else quiet.refresh()
  })
  socket.once('close', () => clearTimeout(quiet))
  socket.end()
}

/** Reads on without the parser, so that nothing that comes is taken for a request. */
function readPast(socket: Socket, count: (bytes: number) => void): void {
  // where the parser was paused, it is what starts the reading again
  socket.emit('resume')
  socket.removeAllListeners('data')
  socket.on('data', (chunk) => count(chunk.length))
  socket.resume()
}
