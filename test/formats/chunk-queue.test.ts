import { test } from 'tap'
import { ChunkQueue } from '../../src/formats/chunk-queue.ts'

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
