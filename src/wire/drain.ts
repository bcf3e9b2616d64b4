import type { IncomingMessage } from 'node:http'

/** Reads the rest of a body after an early answer, which some clients read only then; at the bounds the connection is cut. */
export function drain(request: IncomingMessage, maxBytes: number, maxMilliseconds: number): void {
  if (request.complete || request.readableEnded || request.destroyed) return
  const cut = setTimeout(() => request.socket.destroy(), maxMilliseconds)
  cut.unref()
  let drained = 0
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length
    if (drained > maxBytes) request.socket.destroy()
  })
  for (const event of ['end', 'close']) request.on(event, () => clearTimeout(cut))
  request.resume()
}
