import { test } from 'tap'
import { ChunkQueue } from '../../src/formats/chunk-queue.ts'
import { seeded } from './support.ts'

test('what goes in comes out in order, whatever the sizes', async (t) => {
  const random = seeded(1)
  let wrong = 0
  for (let round = 0; round < 20; round++) {
    const chunks = new ChunkQueue()
    const into: Buffer[] = []
    const out: Buffer[] = []
    for (let step = 0; step < 300; step++) {
      const chunk = Buffer.alloc(1 + random([1, 10, 5000, 70_000][random(4)]), random(256))
      chunks.push(chunk)
      into.push(chunk)
      if (random(20) === 0) for (let taken = random(8); taken > 0; taken--) out.push(chunks.shift() ?? Buffer.alloc(0))
      if (chunks.bytes !== sum(into) - sum(out)) wrong++
    }
    for (let piece = chunks.shift(); piece !== undefined; piece = chunks.shift()) out.push(piece)
    t.ok(Buffer.concat(into).equals(Buffer.concat(out)))
    t.equal(chunks.bytes, 0)
  }
  t.equal(wrong, 0)
})

test('small chunks share memory', async (t) => {
  const chunks = new ChunkQueue()
  for (let at = 0; at < 300_000; at++) chunks.push(Buffer.from([at]))
  const buffers = new Set<ArrayBufferLike>()
  let count = 0
  for (let piece = chunks.shift(); piece !== undefined; piece = chunks.shift()) {
    buffers.add(piece.buffer)
    count++
  }
  t.equal(count, 6)
  t.ok(buffers.size <= 6)
})

test("the memory of large chunks that are nobody else's is given back", async (t) => {
  const whole = () => Buffer.allocUnsafeSlow(5000)
  const cases: [string, Buffer, boolean, boolean][] = [
    ['a chunk of its own', whole(), true, true],
    ['a chunk of others', whole(), false, false],
    ['a part of a buffer', whole().subarray(1), true, false],
    ['a small one', Buffer.allocUnsafeSlow(4095), true, false],
    ['the smallest that is worth it', Buffer.allocUnsafeSlow(4096), true, true],
  ]
  for (const [what, chunk, isOwner, isFreed] of cases) {
    for (const isTaken of [true, false]) {
      const { length } = chunk
      const copy = Buffer.from(new Uint8Array(chunk.buffer.slice(0)).buffer, chunk.byteOffset, length)
      const chunks = new ChunkQueue(isOwner)
      chunks.push(copy)
      if (isTaken) chunks.free(chunks.shift() ?? copy)
      else chunks.clear()
      t.equal(copy.length, isFreed ? 0 : length, `${what}, ${isTaken ? 'taken' : 'cleared'}`)
    }
  }
})

function sum(buffers: readonly Buffer[]): number {
  return buffers.reduce((total, { length }) => total + length, 0)
}
