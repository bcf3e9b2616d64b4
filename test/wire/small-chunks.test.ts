import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { SmallChunks, smallChunksOf } from '../../src/wire/small-chunks.ts'
import { ConnectionTable } from '../../src/wire/table.ts'
import { eventually } from '../eventually.ts'
import { Client, get, served } from './support.ts'

const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'

test('small chunks that are read at once are put together, and counted', async (t) => {
  const table = new ConnectionTable()
  const chunks = new SmallChunks(table, { isUnderWay: false })
  const messages = [1, 2].map(() => {
    const connection = table.add(new Socket())
    const message = new IncomingMessage(connection.socket)
    message.headers['transfer-encoding'] = 'chunked'
    chunks.watch(connection, message)
    return message
  })
  const [one, other] = messages
  const came = messages.map((message) => {
    const texts: string[] = []
    message.on('data', (chunk: Buffer) => texts.push(chunk.toString()))
    message.on('end', () => texts.push('end'))
    return texts
  })
  const large = 'x'.repeat(100)
  for (const text of ['ab', 'c', large, 'd', 'e']) one.push(Buffer.from(text))
  for (const text of ['1', '2']) other.push(Buffer.from(text))
  one.push(Buffer.from('f'))
  one.push(null)
  await setImmediate()
  t.same(came, [['abc', large, 'de', 'f', 'end'], ['12']])
  t.same(messages.map(smallChunksOf), [5, 2])
  t.equal(smallChunksOf(Readable.from([])), 0)
  const counted = new IncomingMessage(table.add(new Socket()).socket)
  chunks.watch(table.add(counted.socket), counted)
  counted.push(Buffer.from('a'))
  t.same([smallChunksOf(counted), counted.readableLength], [0, 1], 'a body that says its length comes as it is')
  for (let count = 0; count < 70_000; count++) other.push(Buffer.from('345'))
  await setImmediate()
  t.equal(came[1].join('').length, 2 + 210_000)
  t.ok(came[1].length <= 1 + 5, 'as many as fit')
})

test('a body that nothing reads is held back when small chunks fill it', async (t) => {
  let message: IncomingMessage | undefined
  const { port } = await served(t, (request, response) => {
    message = request
    request.on('end', () => response.end())
  })
  const client = new Client(t, port)
  client.say(`${head}${'1\r\na\r\n'.repeat(3e5)}0\r\n\r\n`)
  t.ok(await eventually(() => message?.socket.isPaused() === true && message.readableLength >= 2 ** 14))
  for (let turn = 0; turn < 20; turn++) await setImmediate()
  t.ok(Number(message?.readableLength) < 2 ** 17, `${message?.readableLength}`)
  message?.resume()
  t.ok(await client.answered(), 'and goes on when it is read')
})

test('bodies in chunks of one byte arrive whole, and few of them in each turn, while others are answered', async (t) => {
  const length = 50_000
  let [inTurn, most] = [0, 0]
  const { port } = await served(t, (message, response) => {
    let bytes = 0
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (inTurn === 0) {
        void setImmediate().then(() => {
          inTurn = 0
        })
      }
      inTurn += chunk.length
      most = Math.max(most, inTurn)
    })
    message.on('end', () => response.end(String(bytes)))
  })
  const all = Array.from({ length: 4 }, () => new Client(t, port))
  for (const client of all) client.say(`${head}${'1\r\na\r\n'.repeat(length)}0\r\n\r\n`)
  const other = new Client(t, port, { localAddress: '127.0.0.2' })
  other.say(get('/'))
  t.ok(await other.answered())
  t.ok(await eventually(() => all.every(({ text }) => text.endsWith(String(length)))))
  // what one read of 64 KiB brings, and what came before
  t.ok(most <= 2 ** 16 / 6 + 2048, `${most} in one turn`)
})
