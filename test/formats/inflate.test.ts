import { PassThrough, Readable } from 'node:stream'
import { constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import t, { test } from 'tap'
import { acceptedEncodings, inflationOf } from '../../src/formats/inflate.ts'
import { ZstdFrame } from '../../src/formats/zstd-frame.ts'
import { appOf, problemOf } from '../support.ts'
import {
  binaryBody,
  cut,
  doublesOf,
  linesOf,
  malformed,
  options,
  readAll,
  readerOf,
  rowsOf,
  seeded,
  send,
  tooLarge,
} from './support.ts'

const compressors = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync }
const rows = rowsOf(400, 5)
const json = Buffer.from(JSON.stringify({ ...options, ...rows }))
const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
/** A frame that decoders skip (RFC 8878, section 3.1.2). */
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 0x28, 0xb5])
const app = await appOf(t)

function refusal(why: string): object {
  return malformed(`The body does not match its Content-Encoding: ${why}.`)
}

test('a body without a coding is left as it is', async (t) => {
  for (const encoding of [undefined, 'identity', 'Identity', ' identity ']) t.equal(inflationOf(encoding), undefined)
  t.same(acceptedEncodings, ['gzip', 'deflate', 'zstd'])
  t.same([inflationOf('gzip')?.bytes, inflationOf(' ZSTD')?.bytes], [2 ** 15, 2 ** 23])
})

test('every type of body may be compressed', async (t) => {
  const plain = await send(app, {}, json)
  t.equal(plain.status, 200)
  const { headers, payload } = binaryBody(options, doublesOf(rows))
  const bodies = [
    { headers: { 'content-type': 'application/json' }, payload: json },
    { headers, payload },
    { headers: { 'content-type': 'application/x-ndjson' }, payload: Buffer.from(linesOf(rows, 7)) },
  ]
  for (const [name, compress] of Object.entries(compressors)) {
    for (const { headers, payload } of bodies) {
      for (const encoding of [name, name.toUpperCase(), ` ${name} `]) {
        const { status, body } = await send(app, { ...headers, 'content-encoding': encoding }, compress(payload))
        t.same([status, body], [200, plain.body], `${encoding} ${headers['content-type']}`)
      }
    }
  }
})

test('a body that is not what its Content-Encoding says is refused', async (t) => {
  const zipped = gzipSync(json)
  const packed = zstdCompressSync(json)
  const checked = zstdCompressSync(json, checksum)
  const cases: [string, Uint8Array, string][] = [
    ['gzip', json, 'incorrect header check'],
    ['gzip', packed, 'incorrect header check'],
    ['gzip', zipped.subarray(0, -9), 'unexpected end of file'],
    ['gzip', Buffer.alloc(0), 'unexpected end of file'],
    ['gzip', Buffer.concat([zipped, Buffer.alloc(9)]), 'bytes follow its end'],
    ['gzip', Buffer.concat([zipped, Buffer.from('more')]), 'incorrect header check'],
    ['gzip', zipped.map((byte, at) => (at === zipped.length - 6 ? ~byte : byte)), 'incorrect data check'],
    ['deflate', deflateRawSync(json), 'incorrect header check'],
    ['deflate', deflateSync(json).subarray(0, -1), 'unexpected end of file'],
    ['deflate', Buffer.concat([deflateSync(json), deflateSync(json)]), 'bytes follow its end'],
    ['zstd', json, 'Unknown frame descriptor'],
    ['zstd', zipped, 'Unknown frame descriptor'],
    ['zstd', packed.subarray(0, -9), 'unexpected end of file'],
    ['zstd', Buffer.alloc(0), 'unexpected end of file'],
    ['zstd', Buffer.concat([packed, Buffer.from('more')]), 'bytes follow its end'],
    ['zstd', Buffer.concat([packed, Buffer.alloc(9)]), 'bytes follow its end'],
    ['zstd', Buffer.concat([packed, packed.subarray(0, 2)]), 'bytes follow its end'],
    ['zstd', Buffer.concat([packed, packed]), 'bytes follow its end'],
    ['zstd', Buffer.concat([packed, skippable]), 'bytes follow its end'],
    ['zstd', Buffer.concat([skippable, packed]), 'Unknown frame descriptor'],
    ['zstd', skippable, 'Unknown frame descriptor'],
    [
      'zstd',
      checked.map((byte, at) => (at === checked.length - 2 ? ~byte : byte)),
      "Restored data doesn't match checksum",
    ],
  ]
  for (const [encoding, payload, why] of cases) {
    const headers = { 'content-encoding': encoding }
    const { status, body } = await send(app, headers, Buffer.from(payload))
    t.same([status, body], [400, refusal(why)], `${encoding} ${payload.length}`)
  }
  t.equal(app.resources.budget.held, 0)
})

test('a gzip body may have several members, in one chunk or in many', async (t) => {
  const text = json.subarray(0, 2000)
  const body = Buffer.concat([gzipSync(text.subarray(0, 500)), gzipSync(text.subarray(500))])
  for (const chunks of [[body], [body.subarray(0, 5), body.subarray(5)], cut(body, seeded(3), 4)]) {
    const { reader } = readerOf(Readable.from(chunks), { 'content-encoding': 'gzip' })
    t.ok(text.equals(await readAll(reader)))
  }
})

test('a zstd body has one frame, wherever its chunks are cut', async (t) => {
  const frame = zstdCompressSync(json.subarray(0, 60), checksum)
  for (const rest of [
    frame,
    skippable,
    Buffer.from('junk'),
    Buffer.alloc(1),
    frame.subarray(0, 1),
    Buffer.from('PP'),
  ]) {
    const body = Buffer.concat([frame, rest])
    const places = Array.from(body, (_, at) => [body.subarray(0, at), body.subarray(at)])
    for (const chunks of [...places, Array.from(body, (byte) => Buffer.from([byte]))]) {
      t.equal(await outcomeOf('zstd', chunks), 'failed: bytes follow its end', rest.toString('hex'))
    }
  }
  // what fills the chunks that the decoder puts out
  const even = zstdCompressSync(Buffer.alloc(2 ** 16))
  t.equal(await outcomeOf('zstd', [even]), '\0'.repeat(2 ** 16))
  t.equal(await outcomeOf('zstd', [Buffer.concat([even, even])]), 'failed: bytes follow its end')
  for (let at = 1; at < frame.length; at++) {
    const cutOff = await outcomeOf('zstd', [frame.subarray(0, at)])
    t.match(cutOff, /^failed: /, `${at} of ${frame.length} bytes`)
    const whole = await outcomeOf('zstd', [frame.subarray(0, at), frame.subarray(at)])
    t.equal(whole, json.toString('latin1', 0, 60))
  }
})

/** What an inflater makes of the chunks: the bytes, or why not. */
function outcomeOf(encoding: string, chunks: readonly Buffer[]): Promise<string> {
  const inflater = inflationOf(encoding)?.create() ?? new PassThrough()
  const pieces: Buffer[] = []
  return new Promise((resolve) => {
    inflater.on('data', (piece: Buffer) => pieces.push(piece))
    inflater.on('end', () => resolve(Buffer.concat(pieces).toString('latin1')))
    inflater.on('error', ({ message }) => resolve(`failed: ${message}`))
    Readable.from(chunks).pipe(inflater)
  })
}

function isFailure(outcome: string): boolean {
  return outcome.startsWith('failed: ')
}

test('the bytes decide what a compressed body is, not the chunks they come in', async (t) => {
  const contents = fc.constantFrom(Buffer.alloc(0), Buffer.from('a'), json.subarray(0, 400), Buffer.alloc(200_000))
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.constantFrom(Buffer.alloc(3), Buffer.from('\x28\xb5', 'latin1')),
  )
  const windows = fc.constantFrom(23, 24).map((windowLog) => {
    // with its content size, which a decoder takes for granted when it sees the whole frame
    const header = [0x28, 0xb5, 0x2f, 0xfd, 0x80, (windowLog - 10) << 3, 5, 0, 0, 0, (5 << 3) | 1, 0, 0]
    return Buffer.from([...header, ...Buffer.from('hello')])
  })
  const parts = {
    gzip: [contents.map((content) => gzipSync(content)), junk],
    deflate: [contents.map((content) => deflateSync(content)), junk],
    zstd: [
      contents.map((content) => zstdCompressSync(content)),
      contents.map((content) => zstdCompressSync(content, { ...checksum, pledgedSrcSize: content.length })),
      windows,
      fc.constant(skippable),
      junk,
    ],
  }
  const outcomes = new Set<string>()
  for (const [encoding, some] of Object.entries(parts)) {
    const bodies = fc.record({
      parts: fc.array(fc.oneof(...some), { minLength: 1, maxLength: 4 }),
      end: fc.option(fc.nat(30)),
      damage: fc.option(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { freq: 4 }),
      seed: fc.nat(),
      longest: fc.constantFrom(1, 4, 30, 5000),
    })
    await fc.assert(
      fc.asyncProperty(bodies, async ({ parts, end, damage, seed, longest }) => {
        const whole = Buffer.concat(parts)
        const body = Buffer.from(whole.subarray(0, Math.max(0, whole.length - (end ?? 0))))
        if (damage !== null && body.length > 0) body[damage[0] % body.length] ^= damage[1]
        const expected = await outcomeOf(encoding, [body])
        const cutUp = await outcomeOf(encoding, [...cut(body, seeded(seed), longest)])
        outcomes.add(isFailure(expected) ? `${encoding} ${expected}` : encoding)
        // which of several reasons a zstd body is refused for depends on its chunks
        const isSame = cutUp === expected || (encoding === 'zstd' && [cutUp, expected].every(isFailure))
        if (!isSame) t.equal(cutUp.slice(0, 200), expected.slice(0, 200), body.toString('hex').slice(0, 400))
        return isSame
      }),
      { seed: 2, numRuns: 150 },
    )
  }
  // bodies of several parts are right for gzip alone
  for (const outcome of ['gzip', 'zstd', ...Object.keys(parts).map((name) => `${name} failed: bytes follow its end`)]) {
    t.ok(outcomes.has(outcome), outcome)
  }
})

test('a zstd window is at most 8 MiB', async (t) => {
  const headers = { 'content-encoding': 'zstd' }
  for (const [windowLog, status] of [
    [23, 200],
    [24, 400],
  ]) {
    // RFC 8878: magic number, frame header without sizes, window descriptor, the header of the last raw block
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 0, 0, 0])
    header.writeUIntLE((json.length << 3) | 1, 6, 3)
    const { status: answered, body } = await send(app, headers, Buffer.concat([header, json]))
    t.equal(answered, status)
    if (status === 400) t.same(body, refusal('Frame requires too much memory for decoding'))
  }
})

test('a zstd window counts, also of a frame with a dictionary', async (t) => {
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 14 << 3])
  t.throws(() => new ZstdFrame().read(frame), { message: 'Frame requires too much memory for decoding' })
})

test('other codings are refused with those that are taken', async (t) => {
  for (const encoding of ['br', 'x-deflate', 'gzip, gzip', 'identity, gzip', 'gzip,', '', 'constructor', '__proto__']) {
    const headers = { 'content-encoding': encoding }
    const { status, headers: answered, body } = await send(app, headers, gzipSync(json))
    const detail = 'Content-Encoding must be one of gzip, deflate, zstd, or absent.'
    const accepted = { accepted: ['gzip', 'deflate', 'zstd'] }
    t.equal(status, 415)
    t.equal(answered['accept-encoding'], 'gzip, deflate, zstd')
    t.same(
      body,
      problemOf('unsupported-media-type', 415, 'Media type not supported', detail, '/v1/loss', accepted),
      encoding,
    )
  }
})

test('a bomb is refused by its ratio before it is inflated to its end', async (t) => {
  const app = await appOf(t, { MAX_BODY_BYTES: String(2 ** 28), MAX_IN_FLIGHT_BYTES: String(2 ** 30) })
  for (const [encoding, compress] of Object.entries(compressors)) {
    const headers = { 'content-encoding': encoding }
    const { status, body } = await send(app, headers, compress(Buffer.alloc(2 ** 25, ' ')))
    const detail = 'The body decompresses to more than 200 times its size.'
    t.same([status, body], [413, tooLarge(detail, 'maxInflationRatio', 200)])
  }
  t.equal(app.resources.budget.held, 0)
})

test('a bomb is refused by its size', async (t) => {
  const app = await appOf(t, { MAX_BODY_BYTES: '5000' })
  for (const [encoding, compress] of Object.entries(compressors)) {
    const headers = { 'content-encoding': encoding }
    const { status, body } = await send(app, headers, compress(Buffer.alloc(5001, ' ')))
    const detail = 'The body is larger than maxBodyBytes, 5000 bytes.'
    t.same([status, body], [413, tooLarge(detail, 'maxBodyBytes', 5000)])
  }
})
