import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'

export interface Passage {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Sends the request on; the answer of the service, without its body, which is read to its end. */
  forward(): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>
}

/** How a request is treated; without it, it is passed on. */
export type Way = (passage: Passage) => Promise<void> | void

/** A proxy in front of a service, in its own words: it takes paths, and whole URLs and tunnels as a forward proxy does. */
export class Gateway {
  /** What it was asked, with the time at which. */
  readonly seen: { readonly method: string; readonly url: string; readonly at: number; readonly login?: string }[] = []
  readonly #server
  readonly #upstream: number
  readonly #ways: Way[]

  private constructor(upstream: number, ways: readonly Way[]) {
    this.#upstream = upstream
    this.#ways = [...ways]
    this.#server = createServer((request, response) => {
      request.on('error', () => {})
      void this.#take(request, response)
    })
    this.#server.on('connect', (request: IncomingMessage, socket) => {
      this.#note(request)
      const through = connect(this.#upstream, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.pipe(through).pipe(socket)
      })
      for (const end of [socket, through]) end.on('error', () => {})
    })
  }

  static async open(
    t: { after(release: () => void): unknown },
    upstream: number,
    ways: readonly Way[] = [],
  ): Promise<Gateway> {
    const gateway = new Gateway(upstream, ways)
    gateway.#server.listen(0, '127.0.0.1')
    await once(gateway.#server, 'listening')
    t.after(() => {
      gateway.#server.closeAllConnections()
      gateway.#server.close()
    })
    return gateway
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #note({ method = '', url = '', headers }: IncomingMessage): void {
    const login = headers['proxy-authorization']
    this.seen.push({ method, url, at: performance.now(), ...(login !== undefined && { login }) })
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#note(request)
    const forward = async () => {
      const { pathname, search } = new URL(request.url ?? '', 'http://a')
      const path = pathname.replace(/^\/below/, '') + search
      const { method, headers } = request
      const onward = send({ host: '127.0.0.1', port: this.#upstream, method, path, headers })
      request.pipe(onward)
      const [answer] = (await once(onward, 'response')) as [IncomingMessage]
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(await answer.toArray()) }
    }
    const way = this.#ways.shift() ?? pass
    await way({ request, response, forward })
  }
}

/** Hands the answer on. */
export async function pass({ response, forward }: Passage): Promise<void> {
  const { status, headers, body } = await forward()
  response.writeHead(status, headers).end(body)
}

/** Refuses for so many seconds. */
export function busy(status: number, seconds: number | undefined): Way {
  return ({ request, response }) => {
    request.resume()
    response.writeHead(status, seconds === undefined ? {} : { 'retry-after': String(seconds) })
    response.end(JSON.stringify({ type: 'about:blank', title: 'Busy', status, detail: 'Later.' }))
  }
}

/** The service does it, and its answer is lost with the connection. */
export async function cut({ request, forward }: Passage): Promise<void> {
  await forward()
  request.socket.destroy()
}

/** The service does it, and its answer never comes. */
export async function silence({ forward }: Passage): Promise<void> {
  await forward()
}

/** A proxy in front of a service that is away. */
export function badGateway({ request, response }: Passage): void {
  request.resume()
  response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>')
}
