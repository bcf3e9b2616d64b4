import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { test } from 'tap'
import { ZstdFrames } from '../../src/formats/zstd-frames.ts'

const magic = [0x28, 0xb5, 0x2f, 0xfd]
const text = Buffer.from('{"predictions":[1,2,3],"labels":[1,2,3]}'.repeat(20))

/** A frame with these blocks, each [type, content, size]; window 1 KiB, no sizes. */
function frame(...blocks: [type: number, content: number[], size?: number][]): Buffer {
  const body = blocks.map(([type, content, size = content.length], i) => {
    const header = Buffer.alloc(3)
    header.writeUIntLE((size << 3) | (type << 1) | Number(i === blocks.length - 1), 0, 3)
    return Buffer.concat([header, Buffer.from(content)])
  })
  return Buffer.concat([Buffer.from([...magic, 0, 0]), ...body])
}

function skippable(content: Uint8Array, kind = 0): Buffer {
  const header = Buffer.from([0x50 + kind, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
  header.writeUInt32LE(content.length, 4)
  return Buffer.concat([header, content])
}

const raw = 0
const repeated = 1
const frames: Buffer[] = [
  frame([raw, [1, 2, 3]]),
  frame([raw, []]),
  frame([repeated, [7], 1000]),
  frame([raw, [1]], [raw, []], [repeated, [2], 0], [raw, [3, 4]]),
  zstdCompressSync(text),
  zstdCompressSync(Buffer.alloc(0)),
  zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  zstdCompressSync(text, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }),
  zstdCompressSync(text, { pledgedSrcSize: text.length }),
  zstdCompressSync(Buffer.alloc(300_000, text), { pledgedSrcSize: 300_000 }),
]

function piecesOf(chunks: Iterable<Buffer>): { pieces: Buffer[]; frames: ZstdFrames } {
  const frames = new ZstdFrames()
  return { pieces: [...chunks].flatMap((chunk) => [...frames.cut(chunk)]), frames }
}

function* cut(body: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < body.length; i++) {
    const from = at
    at += lengths[i % lengths.length]
    yield body.subarray(from, at)
  }
}

function failure(body: Buffer, length: number): string {
  try {
    piecesOf(cut(body, [length]))
  } catch (error) {
    return (error as Error).message
  }
  return 'none'
}

test('a frame is a header and a body, however it comes', async (t) => {
  for (const whole of frames) {
    const [header, body] = piecesOf([whole]).pieces
    t.ok(Buffer.concat([header, body]).equals(whole))
    for (const length of [1, 2, 3, 7]) {
      const { pieces, frames } = piecesOf(cut(whole, [length]))
      t.ok(pieces[0].equals(header))
      t.ok(Buffer.concat(pieces).equals(whole))
      t.ok(frames.isWhole)
      t.equal(frames.count, 1)
    }
  }
})

test('headers with all combinations of their fields', async (t) => {
  for (let descriptor = 0; descriptor < 256; descriptor++) {
    const isSingleSegment = (descriptor >> 5) & 1
    const dictionary = [0, 1, 2, 4][descriptor & 3]
    const contentSize = [isSingleSegment, 2, 4, 8][descriptor >> 6]
    const header = Buffer.from([...magic, descriptor, ...Array(1 - isSingleSegment + dictionary + contentSize).fill(9)])
    const checksum = (descriptor >> 2) & 1 ? [1, 2, 3, 4] : []
    const body = Buffer.from([1, 0, 0, ...checksum])
    const { pieces, frames } = piecesOf([Buffer.concat([header, body])])
    t.same(pieces, [header, body], String(descriptor))
    t.ok(frames.isWhole)
  }
})

test('no piece reaches beyond its frame, and what is skipped is left out', async (t) => {
  const some = fc.oneof(
    fc.constantFrom(...frames).map((bytes) => ({ bytes, isSkipped: false })),
    fc
      .tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(15))
      .map(([content, kind]) => ({ bytes: skippable(content, kind), isSkipped: true })),
  )
  const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(some, { maxLength: 6 }), lengths, (parts, lengths) => {
      const body = Buffer.concat(parts.map(({ bytes }) => bytes))
      const decoded = parts.filter(({ isSkipped }) => !isSkipped).map(({ bytes }) => bytes)
      const { pieces, frames } = piecesOf(cut(body, lengths))
      if (frames.count !== parts.length || frames.isWhole !== parts.length > 0) return false
      if (pieces.some((piece) => piece.length === 0)) return false
      for (const bytes of decoded) {
        for (let at = 0; at < bytes.length; ) {
          const piece = pieces.shift() ?? Buffer.alloc(1)
          if (!piece.equals(bytes.subarray(at, at + piece.length))) return false
          at += piece.length
        }
      }
      return pieces.length === 0
    }),
  )
  t.equal(zstdDecompressSync(frames[2]).length, 1000)
})

test('a body that stops before the end of a frame is not whole', async (t) => {
  t.notOk(new ZstdFrames().isWhole)
  for (const whole of [...frames.slice(0, 9), skippable(Buffer.from('skipped'))]) {
    for (let length = 0; length < whole.length; length++) {
      t.notOk(piecesOf([whole.subarray(0, length)]).frames.isWhole)
      if (length > 0) t.notOk(piecesOf([whole, whole.subarray(0, length)]).frames.isWhole)
    }
  }
})

test('what is no frame', async (t) => {
  const skipped = skippable(Buffer.alloc(3))
  const wrong = ['{}', '\x28\xb5\x2f\xfc', '\x28\xb5{', '\x50\x2a\x4d\x28', '\x60\x2a\x4d\x18', '\0\0']
  for (const bytes of wrong.map((text) => Buffer.from(text, 'latin1'))) {
    for (const length of [1, 3, 1000]) {
      t.equal(failure(bytes, length), 'Unknown frame descriptor')
      t.equal(failure(Buffer.concat([frames[0], bytes]), length), 'bytes follow its end')
      t.equal(failure(Buffer.concat([skipped, bytes]), length), 'bytes follow its end')
    }
  }
})

test('1000 frames are free, and one more for each 1024 bytes', async (t) => {
  const tooMany = 'it has more than 1000 frames, and more than one for 1024 bytes'
  const empty = frame([raw, []])
  const nothing = skippable(Buffer.alloc(0))
  for (const small of [empty, nothing]) {
    // 1000 of them are 9000 or 8000 bytes
    const free = 1000 + Math.floor((1000 * small.length) / 1024)
    t.equal(failure(Buffer.concat(Array(free).fill(small)), 77), 'none')
    t.equal(failure(Buffer.concat(Array(free + 10).fill(small)), 77), tooMany)
    t.equal(failure(Buffer.concat(Array(free + 10).fill(small)), 1e6), tooMany)
  }
  const large = frame([raw, Array(1100).fill(0)])
  t.equal(failure(Buffer.concat(Array(5000).fill(large)), 65_536), 'none')
})
