// A client that does as little as possible: prepared bytes into a socket, answers by Content-Length.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Request } from './bodies.ts'

const headEnd = Buffer.from('\r\n\r\n')
const lengthName = Buffer.from('\r\ncontent-length: ')

/** A keep-alive connection with one request on the way at a time. */
export class Connection {
  readonly #socket: Socket
  #pieces: Buffer[] = []
  #received = 0
  /** Bytes of the answer that comes, once its head is there. */
  #length: number | undefined
  #done: ((answer: Buffer) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#failed?.(error))
    socket.on('close', () => this.#failed?.(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  close(): void {
    this.#failed = undefined
    this.#socket.destroy()
  }

  /** The whole answer, head and body. */
  send({ head, body }: Request): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) throw new Error('the server has closed the connection')
      this.#failed = reject
      this.begin(head, body, resolve)
    })
  }

  begin(head: Buffer, body: Buffer, done: (answer: Buffer) => void): void {
    this.#done = done
    this.#socket.cork()
    this.#socket.write(head)
    this.#socket.write(body)
    this.#socket.uncork()
  }

  #take(chunk: Buffer): void {
    this.#pieces.push(chunk)
    this.#received += chunk.length
    this.#length ??= lengthOf(this.#joined())
    if (this.#length === undefined || this.#received < this.#length) return
    const answer = this.#joined()
    this.#pieces = []
    this.#received = 0
    this.#length = undefined
    this.#done?.(answer)
  }

  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0]
  }
}

/** The bytes of an answer that begins so; `undefined` before its head has come. */
function lengthOf(answer: Buffer): number | undefined {
  const end = answer.indexOf(headEnd)
  if (end < 0) return undefined
  const at = answer.indexOf(lengthName) + lengthName.length
  return end + headEnd.length + Number(answer.toString('latin1', at, answer.indexOf(0x0d, at)))
}

/** Milliseconds until the answer to one request; what it says is looked at afterwards. */
export async function timeRequest(connection: Connection, request: Request, check: Check): Promise<number> {
  const begin = performance.now()
  const answer = await connection.send(request)
  const taken = performance.now() - begin
  check(request, answer)
  return taken
}

export type Check = (request: Request, answer: Buffer) => void

/** @throws Error unless the answer is 200 and holds the loss of the request */
export function checkLoss(request: Request, answer: Buffer): void {
  checkStatus(request, answer)
  const { loss } = JSON.parse(answer.toString('utf8', answer.indexOf(headEnd) + headEnd.length)) as { loss: number }
  if (Math.abs(loss - request.loss) > 1e-12 * request.loss) {
    throw new Error(`${request.name}: the loss is ${request.loss}, the answer says ${loss}`)
  }
}

/** @throws Error unless the answer is 200 and holds the loss of the request as the first of its bytes */
export function checkTensors(request: Request, answer: Buffer): void {
  checkStatus(request, answer)
  const head = answer.toString('latin1', 0, answer.indexOf(headEnd))
  const length = Number(/inference-header-content-length: (\d+)/.exec(head)?.[1])
  const loss = answer.readDoubleLE(head.length + headEnd.length + length)
  if (Math.abs(loss - request.loss) > 1e-12 * request.loss) {
    throw new Error(`${request.name}: the loss is ${request.loss}, the answer says ${loss}`)
  }
}

/** @throws Error unless the answer is 200 */
export function checkStatus(request: Request, answer: Buffer): void {
  if (answer.toString('latin1', 9, 12) !== '200')
    throw new Error(`${request.name}: ${answer.toString().slice(0, 2000)}`)
}
