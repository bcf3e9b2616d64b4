import { test } from 'tap'
import { decompressLz4 } from '../../src/formats/table/lz4.ts'

interface Frame {
  readonly flags?: number
  /** What stands between the flags and the blocks besides the sum of the header. */
  readonly header?: readonly number[]
  readonly blocks: readonly (readonly number[])[]
  readonly end?: readonly number[]
  readonly stored?: boolean
  /** What follows each block. */
  readonly sum?: readonly number[]
}

function frameOf({
  flags = 0x40,
  header = [],
  blocks,
  end = [0, 0, 0, 0],
  stored = false,
  sum = [],
}: Frame): Uint8Array {
  const lengths = blocks.map(({ length }) => [length & 255, length >>> 8, 0, stored ? 0x80 : 0])
  const content = blocks.flatMap((block, at) => [...lengths[at], ...block, ...sum])
  return Uint8Array.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, ...header, 0, ...content, ...end])
}

const [a, b, c] = Buffer.from('abc')
const abc = [0x30, a, b, c]

function textOf(frame: Uint8Array, most = 1000): string {
  return Buffer.from(decompressLz4(frame, most)).toString()
}

// by hand from lz4_Block_format.md and lz4_Frame_format.md of the LZ4 project
test('literals and repeats', async (t) => {
  const cases: [what: string, frame: Frame, text: string][] = [
    ['literals', { blocks: [abc] }, 'abc'],
    ['nothing', { blocks: [] }, ''],
    ['a repeat that is longer than what it repeats', { blocks: [[0x36, a, b, c, 3, 0, 0x10, a]] }, 'abcabcabcabcaa'],
    ['a repeat of one byte', { blocks: [[0x1f, a, 1, 0, 255, 1, 0x10, b]] }, `${'a'.repeat(1 + 4 + 15 + 256)}b`],
    ['many literals', { blocks: [[0xf0, 2, ...Array(17).fill(a)]] }, 'a'.repeat(17)],
    ['a block that repeats what stands in the former one', { blocks: [abc, [0x00, 2, 0, 0x10, a]] }, 'abcbcbca'],
    ['a stored block', { blocks: [[a, b]], stored: true }, 'ab'],
    ['a size', { flags: 0x48, header: [3, 0, 0, 0, 0, 0, 0, 0], blocks: [abc] }, 'abc'],
    ['sums', { flags: 0x54, blocks: [abc, abc], sum: [9, 9, 9, 9], end: [0, 0, 0, 0, 9, 9, 9, 9] }, 'abcabc'],
  ]
  for (const [what, frame, text] of cases) t.equal(textOf(frameOf(frame)), text, what)
})

test('what is broken is refused', async (t) => {
  const cases: [what: string, frame: Frame, error: RegExp][] = [
    ['a repeat from before the begin', { blocks: [[0x14, a, 2, 0, 0x10, a]] }, /repeats what is not there/],
    ['a repeat of nothing', { blocks: [[0x14, a, 0, 0, 0x10, a]] }, /repeats what is not there/],
    ['literals that are not there', { blocks: [[0x30, a]] }, /cut off/],
    ['a length that does not end', { blocks: [[0xf0, 255]] }, /cut off/],
    ['half a distance', { blocks: [[0x14, a, 1]] }, /cut off/],
    ['no end', { blocks: [abc], end: [] }, /cut off/],
    ['a block that is not there', { blocks: [abc], end: [5, 0, 0, 0] }, /cut off/],
    ['no sum at the end', { flags: 0x44, blocks: [abc] }, /cut off/],
    ['a dictionary', { flags: 0x41, blocks: [abc] }, /not a frame of LZ4/],
    ['another version', { flags: 0x80, blocks: [abc] }, /not a frame of LZ4/],
  ]
  for (const [what, frame, error] of cases)
    t.throws(() => textOf(frameOf(frame)), { name: 'RangeError', message: error }, what)
  t.throws(() => textOf(Uint8Array.of(4, 0x22, 0x4d)), /cut off/)
  t.throws(() => textOf(new Uint8Array(20)), /not a frame of LZ4/)
})

test('the size is counted before memory is taken', async (t) => {
  const bomb = frameOf({ blocks: [[0x1f, a, 1, 0, ...Array(60_000).fill(255), 0, 0x10, b]] })
  const before = process.memoryUsage().arrayBuffers
  t.throws(() => textOf(bomb, 1_000_000), /more than 1000000 bytes/)
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
  t.equal(decompressLz4(bomb, 16_000_000).length, 1 + 4 + 15 + 60_000 * 255 + 1)
})
