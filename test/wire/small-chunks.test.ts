import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { readInTurn } from '../../src/wire/pipeline.ts'
import { Chunks, smallChunksOf } from '../../src/wire/small-chunks.ts'
import type { Connection } from '../../src/wire/table.ts'
import { ConnectionTable } from '../../src/wire/table.ts'
import { eventually } from '../eventually.ts'
import { Client, served } from './support.ts'

/** Connections with requests, whose bodies are chunked or not. */
function stage() {
  const table = new ConnectionTable()
  const arrivals = { isComing: false }
  const chunks = new Chunks(table, arrivals)
  const request = (isChunked = true) => {
    const connection = table.add(new Socket())
    readInTurn(connection)
    const message = new IncomingMessage(connection.socket)
    if (isChunked) message.headers['transfer-encoding'] = 'chunked'
    chunks.watch(connection, message)
    return { connection, message }
  }
  return { request, table, arrivals }
}

function push(message: IncomingMessage, times: number): void {
  for (let i = 0; i < times; i++) message.push(Buffer.of(i))
}

function isRead({ isResting, socket }: Connection): boolean {
  return !isResting && !socket.isPaused()
}

test('after 2,048 chunks nothing is read on in this turn', async (t) => {
  const { request } = stage()
  const [one, other, whole, paused] = [request(), request(), request(false), request()]
  paused.connection.socket.pause()
  push(whole.message, 5000)
  push(one.message, 2047)
  t.ok(isRead(one.connection))
  push(other.message, 1)
  for (const { connection } of [one, other, whole]) t.ok(connection.isResting && connection.socket.isPaused())
  t.equal(other.connection.socket.resume().isPaused(), true, 'whoever asks for it')
  t.notOk(paused.connection.isResting, 'what is paused already stays so')
  push(one.message, 10)
  t.ok(await eventually(() => !other.connection.isResting))
  t.equal(one.message.readableLength, 2057, 'what has been read is taken')
  t.same(
    [one, other, whole, paused].map(({ connection }) => isRead(connection)),
    [true, true, true, false],
  )
  push(one.message, 2047)
  t.ok(isRead(one.connection), 'each turn counts by itself')
})

test('small chunks that are read at once are put together, and counted', async (t) => {
  const { request } = stage()
  const [{ message: one }, { message: other }] = [request(), request()]
  const came = [one, other].map((message) => {
    const chunks: string[] = []
    message.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
    message.on('end', () => chunks.push('end'))
    return chunks
  })
  const large = 'x'.repeat(100)
  for (const text of ['ab', 'c', large, 'd', 'e']) one.push(Buffer.from(text))
  for (const text of ['1', '2']) other.push(Buffer.from(text))
  one.push(Buffer.from('f'))
  one.push(null)
  await setImmediate()
  t.same(came, [['abc', large, 'de', 'f', 'end'], ['12']])
  t.same([one, other].map(smallChunksOf), [5, 2])
  t.equal(smallChunksOf(Readable.from([])), 0)
  for (let count = 0; count < 70_000; count++) other.push(Buffer.from('345'))
  await setImmediate()
  t.equal(came[1].join('').length, 2 + 210_000)
  t.ok(came[1].length <= 1 + 5, 'as many as fit')
})

test('a body that nobody reads is held back when small chunks fill it', async (t) => {
  const { request } = stage()
  const { message } = request()
  let pushed = 0
  for (; pushed < 100_000 && message.push(Buffer.from('a')); pushed++) if (pushed % 1000 === 0) await setImmediate()
  t.ok(pushed >= message.readableHighWaterMark && pushed < message.readableHighWaterMark + 3000, `${pushed}`)
  message.resume()
  await setImmediate()
  message.push(Buffer.from('a'))
  await setImmediate()
  t.equal(message.push(Buffer.from('a')), true, 'and goes on when it has been read')
})

test('of those that send small chunks one is read on in a turn, and the others all the while', async (t) => {
  const { request } = stage()
  const small = [request(), request(), request()]
  const { connection: other } = request()
  const areRead = () => small.map(({ connection }) => isRead(connection))
  for (const { message } of small) {
    push(message, 2048)
    t.notOk(isRead(other))
    await setImmediate()
    t.ok(isRead(other))
  }
  t.same(areRead(), [false, false, false])
  t.ok(await eventually(() => areRead().every(Boolean)))
})

test('a handshake is not held up', async (t) => {
  const { request } = stage()
  const [{ connection: securing }, { connection, message }] = [request(), request()]
  securing.isSecuring = true
  push(message, 2048)
  t.notOk(isRead(connection))
  t.ok(isRead(securing))
})

test('a connection that is paused when it brings the last chunk stays so', async (t) => {
  const { request } = stage()
  const { connection, message } = request()
  connection.socket.pause()
  push(message, 2048)
  await setImmediate()
  await setImmediate()
  t.notOk(connection.isResting)
  t.ok(connection.socket.isPaused())
})

test('bodies in chunks of one byte arrive whole, and few of them in each turn', async (t) => {
  const [clients, length] = [4, 50_000]
  let inTurn = 0
  let most = 0
  const { port } = await served(t, (message, response) => {
    let bytes = 0
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (inTurn === 0) {
        void setImmediate().then(() => {
          inTurn = 0
        })
      }
      most = Math.max(most, ++inTurn)
    })
    message.on('end', () => response.end(String(bytes)))
  })
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
  const bytes = `${head}${'1\r\na\r\n'.repeat(length)}0\r\n\r\n`
  const all = Array.from({ length: clients }, () => new Client(t, port))
  for (const client of all) client.say(bytes)
  t.ok(await eventually(() => all.every(({ text }) => text.endsWith(String(length)))))
  // what one read of 64 KiB brings, and what came before
  t.ok(most <= 2 ** 16 / 6 + 2048, `${most} in one turn`)
})

test('while connections come one after the other, those of many small chunks wait', async (t) => {
  const { request, arrivals } = stage()
  const { connection, message } = request()
  arrivals.isComing = true
  push(message, 2048)
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  t.notOk(isRead(connection))
  arrivals.isComing = false
  t.ok(await eventually(() => isRead(connection)))
})
