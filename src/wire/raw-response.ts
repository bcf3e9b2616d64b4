import type { Socket } from 'node:net'

export interface RawResponse {
  readonly status: number
  readonly title: string
  /** All but `Connection`. */
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: string
}

/** Writes a whole answer on a bare socket, where there is no request to answer, and closes the connection. */
export function writeRawResponse(socket: Socket, { status, title, headers, body }: RawResponse): void {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}`)
  if (socket.writable) socket.write(`HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
}
