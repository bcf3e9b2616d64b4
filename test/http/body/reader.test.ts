import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { test } from 'tap'
import { InFlightBudget } from '../../../src/http/body/budget.ts'
import { BodyReader } from '../../../src/http/body/reader.ts'
import { Problem } from '../../../src/http/problem.ts'
import { LimitExceeded } from '../../../src/loss/validation-errors.ts'
import {
  Client,
  cut,
  eventually,
  head,
  lastChunk,
  limits,
  options,
  readAll,
  readerOf,
  rowsOf,
  seeded,
  serve,
  serveApart,
} from './support.ts'

/** The error that reading ends in. */
async function failureOf(reader: BodyReader): Promise<unknown> {
  return readAll(reader).then(
    () => undefined,
    (error) => error,
  )
}

const cutOff = new Problem('bad-request', 'The body ended before it was complete.')

test('what is sent is read, however it is cut', async (t) => {
  const random = seeded(1)
  const bytes = Buffer.from(Array.from({ length: 600_000 }, () => random(256)))
  for (const longest of [3, 2000, 10_000, 100_000, 1_000_000]) {
    const { reader, budget } = readerOf(Readable.from(cut(bytes, random, longest)))
    t.ok(bytes.equals(await readAll(reader)), `${longest}`)
    t.equal(budget.held, bytes.length)
    reader.close()
    t.equal(budget.held, 0)
  }
})

test('a reader that is slow holds its sender back, and loses nothing', async (t) => {
  const random = seeded(2)
  const bytes = Buffer.from(Array.from({ length: 1_000_000 }, () => random(256)))
  for (const compress of [undefined, gzipSync]) {
    const payload = new PassThrough()
    const { reader, budget } = readerOf(payload, compress === undefined ? {} : { 'content-encoding': 'gzip' })
    payload.end(compress === undefined ? bytes : compress(bytes))
    await sleep(100)
    t.ok(budget.held < 2 ** 20)
    const chunks: Buffer[] = []
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
      chunks.push(piece)
      if (random(3) === 0) await sleep(1)
    }
    t.ok(bytes.equals(Buffer.concat(chunks)))
    t.equal(await reader.next(), undefined)
    reader.close()
    t.equal(budget.held, 0)
  }
})

test('what pauses and ends is read to its end', async (t) => {
  const payload = new PassThrough({ highWaterMark: 2 ** 21 })
  const { reader } = readerOf(payload)
  for (let sent = 0; sent < 20; sent++) payload.write(Buffer.alloc(50_000, sent))
  payload.end()
  await sleep(10)
  t.ok(payload.isPaused())
  t.equal((await readAll(reader)).length, 1_000_000)
})

test('the length that was declared is known unless the body is compressed', async (t) => {
  const plain = readerOf(Readable.from([]), { 'content-length': '17' }).reader
  const compressed = readerOf(Readable.from([]), { 'content-length': '17', 'content-encoding': 'gzip' }).reader
  const unknown = readerOf(Readable.from([])).reader
  t.same([plain.declaredBytes, compressed.declaredBytes, unknown.declaredBytes], [17, 0, 0])
  for (const reader of [plain, compressed, unknown]) reader.close()
})

test('what is refused at once leaves nothing behind', async (t) => {
  const cases: Record<string, string>[] = [
    { 'content-encoding': 'br', 'content-length': '1' },
    { 'content-length': '101' },
    { 'content-length': '101', 'content-encoding': 'zstd' },
  ]
  const resources = process.getActiveResourcesInfo()
  for (const headers of cases) {
    const payload = new PassThrough()
    const budget = new InFlightBudget(limits({ maxBodyBytes: 100 }))
    let told = 0
    const continueBody = () => void told++
    t.throws(() => new BodyReader({ headers, continueBody }, payload, budget))
    const { readableFlowing } = payload
    t.same([payload.listenerCount('data'), readableFlowing, budget.held, told], [0, null, 0, 0])
  }
  t.same(process.getActiveResourcesInfo(), resources)
})

test('a client is told to go on once', async (t) => {
  let told = 0
  const request = { headers: {}, continueBody: () => void told++ }
  const reader = new BodyReader(request, Readable.from([]), new InFlightBudget(limits()))
  t.same([told, request.continueBody], [1, null])
  reader.close()
})

test('a body is counted as it comes', async (t) => {
  const exact = readerOf(Readable.from([Buffer.alloc(50), Buffer.alloc(50)]), {}, { maxBodyBytes: 100 })
  t.equal((await readAll(exact.reader)).length, 100)
  const { reader, budget } = readerOf(Readable.from([Buffer.alloc(50), Buffer.alloc(51)]), {}, { maxBodyBytes: 100 })
  const failure = await failureOf(reader)
  t.ok(failure instanceof LimitExceeded)
  t.equal((failure as LimitExceeded).limit, 'maxBodyBytes')
  t.equal(await failureOf(reader), failure)
  reader.close()
  t.equal(budget.held, 0)
})

test('chunks are counted', async (t) => {
  const chunks = (count: number, bytes: number) =>
    Readable.from(Array.from({ length: count }, () => Buffer.alloc(bytes)))
  t.equal((await readAll(readerOf(chunks(10, 1), {}, { maxChunks: 10 }).reader)).length, 10)
  t.equal((await readAll(readerOf(chunks(100, 256), {}, { maxChunks: 0 }).reader)).length, 25_600)
  for (const isStream of [false, true]) {
    const failure = await failureOf(readerOf(chunks(11, 1), {}, { maxChunks: 10 }, isStream).reader)
    t.same(
      [(failure as LimitExceeded).limit, (failure as LimitExceeded).message],
      ['maxChunks', 'The body comes in too many small chunks; maxChunks is 10.'],
    )
  }
})

test('what is inflated is counted', async (t) => {
  const zeros = gzipSync(Buffer.alloc(2 ** 22))
  for (const isStream of [false, true]) {
    const { reader, budget } = readerOf(Readable.from([zeros]), { 'content-encoding': 'gzip' }, {}, isStream)
    const failure = (await failureOf(reader)) as LimitExceeded
    t.same([failure.limit, failure.allowed], ['maxInflationRatio', 200])
    reader.close()
    t.equal(budget.held, 0)
  }
  const free = readerOf(Readable.from([gzipSync(Buffer.alloc(2 ** 20))]), { 'content-encoding': 'gzip' }).reader
  t.equal((await readAll(free)).length, 2 ** 20)
})

test('bytes after what is compressed are refused', async (t) => {
  for (const rest of [[Buffer.alloc(5)], [Buffer.alloc(5), Buffer.from('more')]]) {
    const { reader, budget } = readerOf(Readable.from([gzipSync('abc'), ...rest]), { 'content-encoding': 'gzip' })
    const detail = 'The body is not what its Content-Encoding says: bytes follow its end.'
    t.equal(((await failureOf(reader)) as Problem).message, detail)
    await sleep(20)
    reader.close()
    t.equal(budget.held, 0)
  }
})

test('a body that breaks off is refused', async (t) => {
  for (const encoding of ['identity', 'gzip', 'zstd']) {
    for (const error of [undefined, new Error('aborted')]) {
      const payload = new PassThrough()
      const { reader, budget } = readerOf(payload, { 'content-encoding': encoding })
      const reading = failureOf(reader)
      payload.write(gzipSync('some bytes').subarray(0, 12))
      await sleep(5)
      payload.destroy(error)
      const failure = (await reading) as Problem
      if (encoding !== 'zstd') t.same([failure.problem, failure.message], [cutOff.problem, cutOff.message])
      reader.close()
      t.equal(budget.held, 0)
    }
  }
})

test('a body that comes too slowly is cut off', async (t) => {
  const payload = new PassThrough()
  const { reader, budget } = readerOf(payload, {}, { requestTimeoutMs: 50 })
  const reading = failureOf(reader)
  const sending = setInterval(() => payload.write('x'), 10)
  const failure = (await reading) as Problem
  clearInterval(sending)
  const detail = 'The body did not arrive within 50 ms.'
  t.same([failure.problem, failure.message, failure.headers], ['request-timeout', detail, { connection: 'close' }])
  payload.write('more')
  payload.end()
  await sleep(5)
  reader.close()
  t.equal(budget.held, 0)
})

test('a stream may go on as long as it comes', async (t) => {
  const payload = new PassThrough()
  const { reader } = readerOf(payload, {}, { requestTimeoutMs: 100, maxBodyBytes: 3 }, true)
  const reading = readAll(reader)
  for (let sent = 0; sent < 10; sent++) {
    payload.write('ab')
    await sleep(20)
  }
  payload.end()
  t.equal((await reading).length, 20)
  const idle = readerOf(new PassThrough(), {}, { requestTimeoutMs: 10 }, true)
  t.match(await failureOf(idle.reader), { problem: 'request-timeout' })
})

test('a stream that is held back is not slow', async (t) => {
  const payload = new PassThrough()
  const { reader } = readerOf(payload, {}, { requestTimeoutMs: 30 }, true)
  for (let sent = 0; sent < 12; sent++) payload.write(Buffer.alloc(50_000))
  payload.end()
  await reader.next()
  await sleep(150)
  t.equal((await readAll(reader)).length, 550_000)
})

test('no timer is left when a body has ended', async (t) => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const ended = readerOf(Readable.from([Buffer.from('x')])).reader
  await readAll(ended)
  const closed = readerOf(new PassThrough()).reader
  t.equal(timers(), before + 1)
  closed.close()
  t.equal(timers(), before)
})

test('a reader that is closed lets go of everything, once', async (t) => {
  for (const encoding of ['identity', 'gzip', 'zstd']) {
    const payload = new PassThrough()
    const { reader, budget } = readerOf(payload, { 'content-encoding': encoding })
    payload.write(encoding === 'zstd' ? zstdCompressSync('abc') : gzipSync('abc'))
    await sleep(10)
    reader.close()
    reader.close()
    t.equal(budget.held, 0)
    t.match(await failureOf(reader), cutOff)
    payload.end('what comes after is dropped')
    await sleep(5)
    t.equal(budget.held, 0)
    t.ok(payload.readableEnded)
  }
})

test('a reader that is closed before all is taken holds nothing', async (t) => {
  const { reader, budget } = readerOf(Readable.from([Buffer.from('ab'), Buffer.from('cd')]))
  await sleep(5)
  t.equal(budget.held, 4)
  reader.close()
  t.equal(budget.held, 0)
})

test('a stream gives back what was taken and keeps what waits', async (t) => {
  const payload = new PassThrough()
  const { reader, budget } = readerOf(payload, {}, {}, true)
  payload.write(Buffer.alloc(5000))
  payload.write(Buffer.alloc(6000))
  await sleep(5)
  await reader.next()
  t.equal(budget.held, 11_000)
  reader.release(1000)
  t.equal(budget.held, 7000)
  reader.release()
  t.equal(budget.held, 6000)
  await reader.next()
  reader.release()
  t.equal(budget.held, 0)
  reader.close()
  t.equal(budget.held, 0)
})

test('a budget that is used up refuses, and recovers', async (t) => {
  const { app, port } = await serve(t, { MAX_BODY_BYTES: '20000', MAX_IN_FLIGHT_BYTES: '80000' })
  const body = JSON.stringify({ ...options, ...rowsOf(20, 5) })
  const waiting = Array.from({ length: 8 }, () => new Client(t, port))
  for (const client of waiting) await client.write(head({ 'content-length': 20_000 }) + ' '.repeat(9900))
  t.ok(await eventually(() => app.budget.held === 8 * 9900))
  const client = new Client(t, port)
  for (let round = 0; round < 3; round++) {
    await client.write(head({ 'content-length': body.length }) + body)
    const { status, headers, body: problem } = await client.answer()
    t.same([status, headers['retry-after'], problem.detail], [503, '1', 'Too many bytes of requests are in flight.'])
  }
  for (const { socket } of waiting) socket.destroy()
  t.ok(await eventually(() => app.budget.held === 0))
  await client.write(head({ 'content-length': body.length }) + body)
  t.equal((await client.answer()).status, 200)
  t.equal(app.budget.held, 0)
})

test('a slow sender gets 408 and holds nothing', async (t) => {
  const { app, port } = await serve(t, { REQUEST_TIMEOUT_MS: '100' })
  for (const type of ['application/json', 'application/octet-stream', 'application/x-ndjson']) {
    const client = new Client(t, port)
    const headers = { 'content-type': type, 'inference-header-content-length': 2, 'content-length': 1000 }
    await client.write(`${head(headers)}{`)
    t.ok(await eventually(() => app.budget.held === 1))
    const { status, headers: answered } = await client.answer()
    t.same([status, answered.connection], [408, 'close'])
    t.ok(await client.closed())
    t.ok(await eventually(() => app.budget.held === 0))
  }
})

test('an aborted upload frees everything', async (t) => {
  const { app, port } = await serve(t)
  const connections = () => new Promise((resolve) => app.server.getConnections((_, count) => resolve(count)))
  for (const headers of [{}, { 'content-encoding': 'gzip' }, { 'content-type': 'application/x-ndjson' }]) {
    for (const kill of ['destroy', 'resetAndDestroy', 'end'] as const) {
      const client = new Client(t, port)
      await client.write(head({ ...headers, 'content-length': 1_000_000 }))
      await client.write('content-encoding' in headers ? gzipSync('{"loss":"mse"').subarray(0, 20) : '{"loss":"mse"')
      await sleep(20)
      client.socket[kill]()
      t.ok(await client.closed())
    }
  }
  t.ok(await eventually(() => app.budget.held === 0))
  t.equal(await connections(), 0)
})

test('requests in a row, sent all at once, are answered in order', async (t) => {
  const { app, port } = await serve(t)
  const client = new Client(t, port)
  const bodies = Array.from({ length: 30 }, (_, at) => {
    if (at % 3 === 2) return '{"loss":'
    return JSON.stringify({ ...options, predictions: [at], labels: [0] })
  })
  await client.write(bodies.map((body) => head({ 'content-length': body.length }) + body).join(''))
  for (const at of bodies.keys()) {
    const { status, body } = await client.answer()
    t.same([status, body.loss], at % 3 === 2 ? [400, undefined] : [200, at * at])
  }
  t.ok(await eventually(() => app.budget.held === 0))
})

test('a body sent one byte a chunk holds no more memory than its size suggests', async (t) => {
  const { port, memory } = await serveApart(t)
  const body = JSON.stringify({ ...options, ...rowsOf(1000, 4) })
  const single = Array.from(body, (letter) => `1\r\n${letter}\r\n`).join('')
  const before = await memory()
  const client = new Client(t, port)
  await client.write(head({ 'transfer-encoding': 'chunked' }))
  await client.write(single)
  let now = await memory()
  while (now.held < body.length) now = await memory()
  const grown = now.used - before.used
  t.comment(`${body.length} bytes, one a chunk: ${(grown / 2 ** 20).toFixed(1)} MiB more memory in use`)
  t.ok(grown < 2 ** 21)
  await client.write(lastChunk)
  t.equal((await client.answer(30_000)).status, 200)
  t.equal((await memory()).held, 0)
})
