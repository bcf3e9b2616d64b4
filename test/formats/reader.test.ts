import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { test } from 'tap'
import { BodyTooSlow, IncompleteBody } from '../../src/formats/errors.ts'
import { BodyReader, bodyAtHand } from '../../src/formats/reader.ts'
import { LimitExceeded } from '../../src/loss/validation-errors.ts'
import { eventually } from '../eventually.ts'
import {
  binaryBody,
  Client,
  chunk,
  doublesOf,
  enough,
  head,
  limits,
  manyOnes,
  options,
  readAll,
  readerOf,
  rowsOf,
  seeded,
  serve,
  workOf,
} from './support.ts'

/** Computes for so long. */
function busy(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

/** The error that reading ends in. */
async function failureOf(reader: BodyReader): Promise<unknown> {
  return readAll(reader).then(
    () => undefined,
    (error) => error,
  )
}

test('every chunk is held from when it comes until it is worked off', async (t) => {
  for (const isStream of [false, true]) {
    const payload = new PassThrough()
    const { reader, budget } = readerOf(payload, {}, {}, isStream)
    payload.write(Buffer.alloc(5000))
    payload.write(Buffer.alloc(6000))
    await sleep(5)
    t.equal(budget.held, 11_000)
    t.equal((await reader.next())?.length, 5000)
    t.equal(budget.held, 11_000, 'what was taken last is in use')
    t.equal((await reader.next())?.length, 6000)
    t.equal(budget.held, 6000)
    payload.write(Buffer.alloc(100))
    t.equal((await reader.next())?.length, 100)
    t.equal(budget.held, 100)
    payload.end()
    t.equal(await reader.next(), undefined)
    t.equal(budget.held, 0)
    reader.close(enough)
    t.equal(budget.held, 0)
  }
})

test('a chunk that there is no room for ends the reading', async (t) => {
  const small = { maxInFlightBytes: 10_000 }
  const { reader, budget } = readerOf(Readable.from([6000, 6000].map((bytes) => Buffer.alloc(bytes))), {}, small)
  const failure = await failureOf(reader)
  t.match(failure, { limit: 'maxInFlightBytes', allowed: 10_000 })
  t.ok(failure instanceof LimitExceeded)
  t.equal(budget.held, 0)
})

test('a body may not be larger than is allowed before it is inflated, either', async (t) => {
  const random = seeded(7)
  const bytes = gzipSync(Buffer.from(Array.from({ length: 5000 }, () => random(256))))
  const { reader } = readerOf(Readable.from([bytes]), { 'content-encoding': 'gzip' }, { maxBodyBytes: 4000 })
  t.match(await failureOf(reader), { limit: 'maxBodyBytes', allowed: 4000 })
})

test('what an inflater keeps is counted until it has ended', async (t) => {
  const bytes = Buffer.alloc(10 * 2 ** 20)
  for (let at = 0; at < bytes.length; at += 100) bytes.writeUInt32LE((at * 2654435761) >>> 0, at)
  const cases: [string, (bytes: Buffer) => Buffer, number][] = [
    ['gzip', gzipSync, 2 ** 15],
    ['zstd', zstdCompressSync, 2 ** 23],
  ]
  for (const [encoding, compress, window] of cases) {
    for (const isGivenUp of [false, true]) {
      const payload = new PassThrough()
      const { reader, budget } = readerOf(payload, { 'content-encoding': encoding })
      const compressed = compress(bytes)
      // the end is missing
      payload.write(compressed.subarray(0, -4))
      let read = 0
      let isCounted = true
      while (read < bytes.length - 2 ** 18) {
        read += (await reader.next())?.length ?? 0
        isCounted &&= budget.held >= Math.min(read, window)
      }
      t.ok(isCounted, encoding)
      t.ok(budget.held < window + 2 ** 19, `${encoding}: ${budget.held}`)
      if (isGivenUp) {
        reader.close(enough)
      } else {
        payload.end(compressed.subarray(-4))
        await readAll(reader)
      }
      t.equal(budget.held, 0, encoding)
    }
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
      chunks.push(Buffer.from(piece))
      if (random(3) === 0) await sleep(1)
    }
    t.ok(bytes.equals(Buffer.concat(chunks)))
    t.equal(await reader.next(), undefined)
    t.equal(budget.held, 0)
  }
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
    const { work, budget } = workOf()
    let told = 0
    const continueBody = () => void told++
    t.throws(() => new BodyReader({ headers, continueBody }, payload, work, limits({ maxBodyBytes: 100 })))
    const { readableFlowing } = payload
    t.same([payload.listenerCount('data'), readableFlowing, budget.held, told], [0, null, 0, 0])
  }
  t.same(process.getActiveResourcesInfo(), resources)
})

test('a body is counted as it comes', async (t) => {
  const exact = readerOf(Readable.from([Buffer.alloc(50), Buffer.alloc(50)]), {}, { maxBodyBytes: 100 })
  t.equal((await readAll(exact.reader)).length, 100)
  const { reader, budget } = readerOf(Readable.from([Buffer.alloc(50), Buffer.alloc(51)]), {}, { maxBodyBytes: 100 })
  const failure = await failureOf(reader)
  t.ok(failure instanceof LimitExceeded)
  t.equal((failure as LimitExceeded).limit, 'maxBodyBytes')
  t.equal(await failureOf(reader), failure)
  reader.close(enough)
  t.equal(budget.held, 0)
})

test('what waits for leave is not given out before it has it', async (t) => {
  const { work, budget } = workOf()
  const leaves: PromiseWithResolvers<void>[] = []
  work.meter({
    count: () => {
      const leave = Promise.withResolvers<void>()
      leaves.push(leave)
      return leave.promise
    },
    end: () => undefined,
  })
  const payload = new PassThrough()
  const reader = new BodyReader({ headers: {}, continueBody: null }, payload, work, limits())
  const next = () => {
    const state = { piece: undefined as Buffer | undefined, failure: undefined as unknown, isOver: false }
    reader.next().then(
      (piece) => Object.assign(state, { piece, isOver: true }),
      (failure) => Object.assign(state, { failure, isOver: true }),
    )
    return state
  }
  payload.write('ab')
  const first = next()
  t.ok(await eventually(() => leaves.length === 1))
  payload.write('cd')
  t.ok(await eventually(() => leaves.length === 2))
  leaves[0].resolve()
  await sleep(20)
  t.equal(first.isOver, false)
  leaves[1].resolve()
  t.ok(await eventually(() => first.isOver))
  t.match(first.piece?.toString(), /^ab/)
  if (first.piece?.length === 2) t.equal(String(await reader.next()), 'cd')
  payload.end('ef')
  const last = next()
  t.ok(await eventually(() => leaves.length === 3))
  leaves[2].reject(enough)
  t.ok(await eventually(() => last.isOver))
  t.equal(last.failure, enough, 'although all has come')
  reader.close(enough)
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

test('chunks that were put together with others count each by itself', async (t) => {
  const { work } = workOf()
  const reading = { headers: {}, continueBody: null }
  for (const [small, wanted] of [
    [9, undefined],
    [10, { limit: 'maxChunks' }],
  ] as const) {
    const body = Readable.from([Buffer.from('a')])
    const reader = new BodyReader(reading, body, work, limits({ maxChunks: 10 }), { smallChunks: () => small })
    t.match(await failureOf(reader), wanted)
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
      const failure = await reading
      if (encoding !== 'zstd') t.ok(failure instanceof IncompleteBody)
      reader.close(enough)
      t.equal(budget.held, 0)
    }
  }
})

test('a body that comes too slowly is cut off', async (t) => {
  const payload = new PassThrough()
  const { reader, budget } = readerOf(payload, {}, { requestTimeoutMs: 50 })
  const reading = failureOf(reader)
  const sending = setInterval(() => payload.write('x'), 10)
  const failure = await reading
  clearInterval(sending)
  t.match(failure, new BodyTooSlow('The body did not arrive within 50 ms.'))
  payload.write('more')
  payload.end()
  await sleep(5)
  reader.close(enough)
  t.equal(budget.held, 0)
})

test('a stream may go on for as long as its lines come in time', async (t) => {
  const payload = new PassThrough()
  const { reader } = readerOf(payload, {}, { requestTimeoutMs: 1000, maxBodyBytes: 3 }, true)
  let length = 0
  for (let sent = 0; sent < 10; sent++) {
    payload.write('ab')
    length += (await reader.next())?.length ?? 0
    reader.endLine()
    await sleep(150)
  }
  payload.end()
  t.equal(await reader.next(), undefined)
  reader.endLine()
  t.equal(length, 20)
})

test('a line of a stream that does not end in time is cut off, although bytes come', async (t) => {
  const payload = new PassThrough()
  const { reader } = readerOf(payload, {}, { requestTimeoutMs: 100 }, true)
  reader.endLine()
  const sending = setInterval(() => payload.write('x'), 5)
  t.ok((await failureOf(reader)) instanceof BodyTooSlow)
  clearInterval(sending)
  const idle = readerOf(new PassThrough(), {}, { requestTimeoutMs: 10 }, true)
  t.ok((await failureOf(idle.reader)) instanceof BodyTooSlow)
})

test('the chunks of a stream are counted line by line', async (t) => {
  const payload = new PassThrough()
  const { reader } = readerOf(payload, {}, { maxChunks: 3 }, true)
  for (let line = 0; line < 20; line++) {
    for (let chunk = 0; chunk < 3; chunk++) {
      payload.write('x')
      await reader.next()
    }
    reader.endLine()
  }
  for (let chunk = 0; chunk < 4; chunk++) payload.write('x')
  t.match(await failureOf(reader), { limit: 'maxChunks' })
})

test('a stream that computes for long needs bytes', async (t) => {
  const allowed = { maxComputeMs: 300 }
  const rounds = async (isStream: boolean) => {
    const chunks = Readable.from(Array.from({ length: 30 }, () => Buffer.alloc(2 ** 20)))
    const { reader } = readerOf(chunks, {}, allowed, isStream)
    t.after(() => reader.close(enough))
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) busy(20)
  }
  await rounds(true)
  await t.rejects(
    rounds(false),
    new LimitExceeded('maxComputeMs', 300, [], 'The request takes longer to compute than maxComputeMs, 300 ms.'),
  )
})

test('each MiB of a stream has its own time to compute', async (t) => {
  const payload = new PassThrough()
  const { reader, work } = readerOf(payload, {}, {}, true)
  const allowed = t.capture(work.task, 'allow')
  for (const [bytes, times] of [
    [2 ** 20 - 1, 0],
    [1, 1],
    [2 ** 20, 1],
  ]) {
    payload.write(Buffer.alloc(bytes))
    for (let read = 0; read < bytes; ) read += (await reader.next())?.length ?? 0
    t.equal(allowed().length, times)
  }
  reader.close(enough)
})

test('a sender that is held back is not slow', async (t) => {
  for (const isStream of [true, false]) {
    const payload = new PassThrough()
    const { reader } = readerOf(payload, {}, { requestTimeoutMs: 30 }, isStream)
    for (let sent = 0; sent < 12; sent++) payload.write(Buffer.alloc(50_000))
    payload.end()
    await reader.next()
    await sleep(150)
    t.equal((await readAll(reader)).length, 550_000)
  }
})

test('a reader that is closed lets go of everything, once', async (t) => {
  for (const encoding of ['identity', 'gzip', 'zstd']) {
    const payload = new PassThrough()
    const { reader, budget } = readerOf(payload, { 'content-encoding': encoding })
    payload.write(encoding === 'zstd' ? zstdCompressSync('abc') : gzipSync('abc'))
    await sleep(10)
    reader.close(enough)
    reader.close(new Error('once more'))
    t.equal(budget.held, 0)
    t.equal(await failureOf(reader), enough)
    payload.end('what comes after is dropped')
    t.ok(await eventually(() => payload.readableEnded))
    t.equal(budget.held, 0)
  }
})

test('a reader that is closed while it waits ends its wait', async (t) => {
  for (const isAbandoned of [false, true]) {
    const { reader, work } = readerOf(new PassThrough())
    const reading = failureOf(reader)
    t.ok(reader.isWaiting)
    if (isAbandoned) work.giveWay(enough)
    else reader.close(enough)
    t.equal(await reading, enough)
    t.notOk(reader.isWaiting)
  }
})

test('where a request is traced, receiving its body is a span that has failed or not', async (t) => {
  const told: unknown[] = []
  for (const fails of [false, true]) {
    const { work } = workOf()
    work.trace = { id: 'abc', begin: (part) => (hasFailed) => void told.push([part, hasFailed]) }
    const payload = Readable.from([Buffer.from('ab')])
    const reader = new BodyReader({ headers: {}, continueBody: null }, payload, work, limits())
    if (fails) reader.close(enough)
    await failureOf(reader)
  }
  t.same(told, [
    ['receive', undefined],
    ['receive', true],
  ])
})

test('a reader that is closed when all has come gives no more of it', async (t) => {
  const { reader, work, budget } = readerOf(Readable.from([5000, 6000].map((bytes) => Buffer.alloc(bytes))))
  await sleep(5)
  t.equal((await reader.next())?.length, 5000)
  work.giveWay(enough)
  t.equal(budget.held, 0)
  t.equal(await failureOf(reader), enough)
})

test('others have their turn between the pieces of a body', async (t) => {
  const payload = new PassThrough({ highWaterMark: 2 ** 20 })
  const { reader } = readerOf(payload)
  for (let sent = 0; sent < 20; sent++) payload.write(Buffer.alloc(10_000))
  payload.end()
  await sleep(10)
  let turns = 0
  const others = setInterval(() => turns++, 1)
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) busy(5)
  clearInterval(others)
  t.ok(turns > 5, `${turns} turns`)
})

test('a slow sender gets 408 and holds nothing', async (t) => {
  const { app, port } = await serve(t, { REQUEST_TIMEOUT_MS: '1000' })
  const { budget } = app.resources
  const binary = binaryBody(options, doublesOf(rowsOf(30_000, 1)))
  const cases: [Record<string, string>, string | Buffer][] = [
    [{}, manyOnes(100_000)],
    [{ 'content-type': 'application/x-ndjson' }, `${JSON.stringify(options)}\n${manyOnes(100_000)}`],
    [binary.headers, binary.payload.subarray(0, -1)],
  ]
  const clients = cases.map(() => new Client(t, port))
  for (const [at, [headers, begun]] of cases.entries()) {
    await clients[at].write(head({ ...headers, 'transfer-encoding': 'chunked' }))
    await clients[at].write(chunk(begun))
    t.ok(await eventually(() => budget.held > 200_000 * (at + 1)))
  }
  for (const client of clients) {
    const { status, headers: answered } = await client.answer()
    t.same([status, answered.connection], [408, 'close'])
    t.ok(await client.closed())
  }
  t.ok(await eventually(() => budget.held === 0))
})

test('a small body that has come is taken as a whole, and any other is left to a reader', async (t) => {
  const bytes = Buffer.alloc(1000, 'a')
  const length = { 'content-length': '1000' }
  const cases: [what: string, parts: Buffer[], headers: Record<string, string>, isTaken: boolean][] = [
    ['whole', [bytes], length, true],
    ['in two parts', [bytes.subarray(0, 400), bytes.subarray(400)], length, true],
    ['some of it', [bytes.subarray(0, 400)], length, false],
    ['nothing yet', [], length, false],
    ['of a length that was not said', [bytes], {}, false],
    ['compressed', [bytes], { ...length, 'content-encoding': 'gzip' }, false],
    ['with a digest', [bytes], { ...length, 'content-digest': 'sha-256=::' }, false],
    ['not small', [Buffer.alloc(70_000)], { 'content-length': '70000' }, false],
    ['empty', [], { 'content-length': '0' }, false],
  ]
  for (const [what, parts, headers, isTaken] of cases) {
    const payload = new Readable({ read() {} })
    for (const part of parts) payload.push(part)
    t.same(bodyAtHand({ headers, continueBody: null }, payload, limits()), isTaken ? bytes : undefined, what)
  }
  const payload = new Readable({ read() {} })
  payload.push(bytes)
  t.equal(bodyAtHand({ headers: length, continueBody: () => undefined }, payload, limits()), undefined)
  t.equal(bodyAtHand({ headers: length, continueBody: null }, payload, limits({ maxBodyBytes: 999 })), undefined)
})
