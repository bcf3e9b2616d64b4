import type { Connection } from './table.ts'

const firstMs = 250
const longestMs = 8000

/**
 * Only an attempt to write tells whether a client that closed its side has left. So it is sent 100 Continue now and then until its
 * answer begins, which clients skip (RFC 9110, section 15.2); the response is closed when that fails.
 */
export function probeWhenHalfClosed(connection: Connection): void {
  const { socket } = connection
  socket.once('end', () => {
    let milliseconds = firstMs
    const probe = () => {
      const { exchange } = connection
      if (exchange === undefined || exchange.response.headersSent || exchange.request.httpVersion === '1.0') return
      exchange.response.writeContinue()
      milliseconds = Math.min(2 * milliseconds, longestMs)
      timer = setTimeout(probe, milliseconds)
    }
    let timer = setTimeout(probe, milliseconds)
    socket.once('close', () => clearTimeout(timer))
  })
}
