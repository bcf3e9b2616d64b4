import type { Connection } from './table.ts'

/** Times after which a client that has closed its side is probed. */
const firstMs = 250
const longestMs = 8000

/**
 * A client that closed its side of the connection may have left, or may still read: only an attempt to write tells. So while
 * its answer is being computed it is sent 100 Continue now and then, which a client skips (RFC 9110, section 15.2), and which
 * fails when it has left; the response is closed then.
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
