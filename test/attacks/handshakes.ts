// Clients that begin to speak TLS, and what they may do before they do.
import { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { Attack } from './attack.ts'
import { claim, load, times } from './attack.ts'
import { oneRow } from './bodies.ts'
import type { Outcome } from './client.ts'
import { ask, Client, nameOf } from './client.ts'
import { hasTls } from './mode.ts'
import type { Service } from './service.ts'

const plain = { isPlain: true }
const other = { from: '127.0.0.3' }

/** The first bytes of a client that speaks TLS. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read: () => undefined, write: (bytes) => resolve(bytes) })
    connectTls({ socket: wire, rejectUnauthorized: false })
  })
}

/** Begins a handshake, and holds back what would end it; `end` sends that. */
async function begun(client: Client): Promise<{ end(): void }> {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  let isBegun = false
  const held: Uint8Array[] = []
  const wire = new Duplex({
    read: () => undefined,
    write(bytes, _encoding, done) {
      if (isBegun) {
        held.push(bytes)
        answer()
      } else client.socket.write(bytes)
      isBegun = true
      done()
    },
  })
  client.socket.on('data', (bytes) => wire.push(bytes))
  client.socket.on('close', () => answer())
  connectTls({ socket: wire, rejectUnauthorized: false }).on('error', () => answer())
  await answered
  return { end: () => client.socket.write(Buffer.concat(held)) }
}

/** Connections that have not begun to speak TLS; those that were refused are left out. */
async function connected(service: Service, number: number): Promise<Client[]> {
  const open = await Promise.allSettled(times(number, service.port).map((port) => Client.open(port, plain)))
  return open.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

const attacks = [
  load({
    name: '3,000 connections that never begin a handshake',
    expected: ['200'],
    async send(service) {
      const clients = await connected(service, 3000)
      await sleep(2000)
      const outcomes = [await ask(service.port, oneRow, other)]
      for (const client of clients) client.leave()
      return { outcomes }
    },
  }),
  load({
    name: '900 handshakes that begin at once, three times',
    isShort: true,
    expected: ['200'],
    async send(service) {
      const hello = await clientHello()
      const outcomes: Outcome[] = []
      for (let round = 0; round < 3; round++) {
        const clients = await connected(service, 900)
        for (const client of clients) client.socket.write(hello)
        outcomes.push(await ask(service.port, oneRow, other))
        await sleep(500)
        for (const client of clients) client.leave()
        await sleep(200)
      }
      return { outcomes }
    },
  }),
  load({
    name: '400 handshakes that end at once',
    expected: ['200'],
    async send(service) {
      const clients = await connected(service, 400)
      const open = await Promise.all(clients.map(begun))
      await sleep(200)
      service.forgetTurns()
      for (const { end } of open) end()
      const outcomes = [await ask(service.port, oneRow, other)]
      await sleep(500)
      for (const client of clients) client.leave()
      return { outcomes }
    },
  }),
  load({
    name: '3,000 clients that leave inside their handshakes',
    isShort: true,
    expected: ['200'],
    async send(service) {
      const hello = await clientHello()
      const outcomes: Outcome[] = []
      for (let round = 0; round < 6; round++) {
        const clients = await connected(service, 500)
        for (const [at, client] of clients.entries()) {
          client.socket.write(at % 3 === 0 ? hello : hello.subarray(0, at % hello.length))
          if (at % 2 === 0) client.reset()
          else client.leave()
        }
        outcomes.push(await ask(service.port, oneRow, other))
      }
      return { outcomes }
    },
  }),
  load({
    name: '3,000 handshakes, 50 at a time',
    expected: ['200'],
    async send(service) {
      let left = 3000
      const outcomes: Outcome[] = []
      const loops = times(50, service.port).map(async (port) => {
        while (left-- > 0) {
          const client = await Client.open(port)
          client.leave()
        }
      })
      await Promise.all(loops)
      outcomes.push(await ask(service.port, oneRow, other))
      return { outcomes }
    },
  }),
  claim({
    name: 'handshakes that stop, and what is no handshake',
    isShort: true,
    check: (stage) =>
      stage.with({ HEADERS_TIMEOUT_MS: '1000' }, async ({ port }) => {
        const hello = await clientHello()
        const beginnings: Record<string, { bytes: Uint8Array | string; isHalfClosed?: boolean }> = {
          nothing: { bytes: '' },
          'half a hello': { bytes: hello.subarray(0, 100) },
          'a hello': { bytes: hello },
          'a hello from a client that closes its side': { bytes: hello, isHalfClosed: true },
          'half a hello from a client that closes its side': { bytes: hello.subarray(0, 100), isHalfClosed: true },
          'a request without TLS': { bytes: 'GET /livez HTTP/1.1\r\nhost: a\r\n\r\n' },
          'a record of 60 kB': { bytes: Buffer.concat([Buffer.from('1603010000', 'hex'), Buffer.alloc(60_000)]) },
          'two hellos': { bytes: Buffer.concat([hello, hello]) },
          noise: { bytes: Buffer.alloc(100_000, 'abc') },
        }
        const outcomes = await Promise.all(
          Object.entries(beginnings).map(async ([name, { bytes, isHalfClosed = false }]) => {
            const client = await Client.open(port, plain)
            void client.write(bytes)
            if (isHalfClosed) client.socket.end()
            // a client of old times ends its side when the service does
            client.socket.on('end', () => client.socket.end())
            const isClosed = await client.closed(10_000)
            client.leave()
            return isClosed ? 'closed' : `open after 10 s: ${name}`
          }),
        )
        const after = nameOf(await ask(port, oneRow))
        const faults = outcomes.filter((outcome) => outcome !== 'closed')
        return { outcomes, faults: after === '200' ? faults : [...faults, `then a client gets ${after}`] }
      }),
  }),
]

/** There are handshakes with TLS alone. */
export const handshakes: readonly Attack[] = hasTls ? attacks : []
