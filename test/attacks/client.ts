// Clients that write bytes as they are, take what comes, and may behave badly.
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { attacker, credentials, hasTls } from './mode.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Request {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: Uint8Array | string
  /** Of HTTP. */
  readonly version?: string
}

export interface Manners {
  /** The address of the client. */
  readonly from?: string
  /** Whether it takes what the service sends. */
  readonly isReading?: boolean
  /** Whether it speaks no TLS: to a proxy, or to the wrong port. */
  readonly isPlain?: boolean
}

/** The bytes before the body, from a client at this address. */
export function headOf(
  { path = '/v1/loss', method = 'POST', headers = {}, body, version = '1.1' }: Request,
  from = attacker,
): string {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const type = body === undefined && method === 'GET' ? {} : { 'content-type': 'application/json' }
  const lines = Object.entries({ host: 'localhost', ...credentials(from), ...type, ...length, ...headers })
  return `${method} ${path} HTTP/${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** Bytes as one chunk of a chunked body. */
export function chunk(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')])
}

export const lastChunk = '0\r\n\r\n'

/** The text of a body is made when it is asked for: most is never looked at. */
class WholeReply implements Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly #bytes: Buffer

  constructor(status: number, headers: Readonly<Record<string, string>>, bytes: Buffer) {
    this.status = status
    this.headers = headers
    this.#bytes = bytes
  }

  get body(): string {
    return this.#bytes.toString()
  }
}

export class Client {
  /** Under TLS the encrypted one. */
  readonly socket: Socket
  readonly #network: Socket
  readonly #from: string
  isClosed = false
  /** The code of the error that ended the connection. */
  error: string | undefined
  #pieces: Buffer[] = []
  #bytes = 0
  /** Bytes before which no answer is whole: to put together what has come at each piece would keep the machine busy. */
  #needed = 0
  #arrived: () => void = () => undefined

  private constructor(network: Socket, socket: Socket, { isReading = true, from = attacker }: Manners) {
    this.#network = network
    this.socket = socket
    this.#from = from
    // a write that waits listens
    socket.setMaxListeners(0)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message
    })
    socket.on('close', () => {
      this.isClosed = true
      this.#arrived()
    })
    socket.on('end', () => this.#arrived())
    if (isReading) this.read()
  }

  /** @throws Error when the connection is refused */
  static async open(port: number, manners: Manners = {}): Promise<Client> {
    const { from = attacker, isPlain = !hasTls } = manners
    const network = connect({ host: '127.0.0.1', port, localAddress: from, noDelay: true, allowHalfOpen: true })
    const socket = isPlain ? network : connectTls({ socket: network, rejectUnauthorized: false })
    const client = new Client(network, socket, manners)
    await first(socket, [isPlain ? 'connect' : 'secureConnect', 'close'])
    if (client.isClosed) throw new Error(client.error ?? 'closed')
    return client
  }

  /** Begins to take what comes. */
  read(): void {
    this.socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece)
      this.#bytes += piece.length
      if (this.#bytes >= this.#needed) this.#arrived()
    })
  }

  /** Writes and waits until the bytes have left, or the connection is closed. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.isClosed || !this.socket.writable) return
    if (!this.socket.write(bytes)) await first(this.socket, ['drain', 'close'])
  }

  async send(request: Request): Promise<void> {
    this.socket.cork()
    this.socket.write(headOf(request, this.#from))
    const written = request.body === undefined ? undefined : this.write(request.body)
    this.socket.uncork()
    await written
  }

  /** All that came and was not taken as an answer. */
  get received(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0] ?? Buffer.alloc(0)
  }

  /** The next answer, or `undefined` when none comes in this time; that to a HEAD has no body. */
  async answer(milliseconds = 60_000, hasBody = true): Promise<Reply | undefined> {
    for (const end = performance.now() + milliseconds; ; ) {
      const reply = this.#take(hasBody)
      const left = end - performance.now()
      if (reply !== undefined || this.isClosed || this.socket.readableEnded || left <= 0) return reply
      const arrived = new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
      const timer = setTimeout(this.#arrived, left)
      await arrived
      clearTimeout(timer)
    }
  }

  /** Whether the connection is closed, at the latest after this time. */
  async closed(milliseconds = 600_000): Promise<boolean> {
    if (!this.isClosed) await first(this.socket, ['close'], milliseconds)
    return this.isClosed
  }

  /** Leaves without a word. */
  leave(): void {
    this.socket.destroy()
  }

  /** Resets the connection. */
  reset(): void {
    this.#network.resetAndDestroy()
    this.socket.destroy()
  }

  #take(hasBody = true): Reply | undefined {
    if (this.#bytes < this.#needed) return undefined
    const bytes = this.received
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [first, ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
    const headers = Object.fromEntries(lines.map((line) => [line.split(': ')[0].toLowerCase(), line.split(': ')[1]]))
    const status = Number(first.split(' ')[1])
    const from = end + 4
    if (!hasBody || status === 204 || status === 304) return this.#cut(from, { status, headers, body: '' })
    if (headers['transfer-encoding'] === 'chunked') {
      const body: Buffer[] = []
      for (let at = from; ; ) {
        const line = bytes.indexOf('\r\n', at)
        if (line < 0) return undefined
        const length = Number.parseInt(bytes.toString('latin1', at, line), 16)
        at = line + 2 + length + 2
        if (bytes.length < at) return undefined
        if (length === 0) return this.#cut(at, { status, headers, body: Buffer.concat(body).toString() })
        body.push(bytes.subarray(line + 2, at - 2))
      }
    }
    const to = from + Number(headers['content-length'] ?? 0)
    if (bytes.length >= to) return this.#cut(to, new WholeReply(status, headers, bytes.subarray(from, to)))
    this.#needed = to
    return undefined
  }

  #cut(at: number, reply: Reply): Reply | undefined {
    const rest = this.received.subarray(at)
    this.#pieces = [rest]
    this.#bytes = rest.length
    this.#needed = 0
    return reply.status === 100 ? this.#take() : reply
  }
}

/** What became of a request: a status, or what went wrong. */
export type Outcome = Reply | string

/** Sends one request over a connection of its own. */
export async function ask(
  port: number,
  request: Request,
  manners: Manners = {},
  milliseconds = 60_000,
): Promise<Outcome> {
  let client: Client
  try {
    client = await Client.open(port, manners)
  } catch (error) {
    return (error as Error).message
  }
  void client.send(request)
  const reply = await client.answer(milliseconds)
  client.leave()
  return reply ?? client.error ?? (client.isClosed || client.socket.readableEnded ? 'closed' : 'no answer')
}

/** The status, or what went wrong. */
export function nameOf(outcome: Outcome): string {
  return typeof outcome === 'string' ? outcome : String(outcome.status)
}

/** How many outcomes there are of each name. */
export function count(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of outcomes.map(nameOf)) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Waits for the first of some events, without a throw for an error. */
function first(socket: Socket, names: readonly string[], milliseconds?: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = milliseconds === undefined ? undefined : setTimeout(done, milliseconds)
    for (const name of names) socket.on(name, done)
    function done() {
      clearTimeout(timer)
      for (const name of names) socket.off(name, done)
      resolve()
    }
  })
}
