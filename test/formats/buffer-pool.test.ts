import { test } from 'tap'
import { BufferPool } from '../../src/formats/buffer-pool.ts'

const large = 2 ** 17

/** A buffer with a number in it, by which it is known again. */
function marked(bytes: number, mark: number): ArrayBuffer {
  return Uint8Array.from({ length: bytes }, (_, at) => (at === 0 ? mark : 0)).buffer
}

function markOf(buffer: ArrayBuffer | undefined): number | undefined {
  return buffer && new Uint8Array(buffer)[0]
}

test('a buffer is taken from who had it, and comes back once to who needs one of its size or a little less', async (t) => {
  const kept = new BufferPool(4 * large)
  const buffer = marked(large, 7)
  kept.add(buffer)
  t.same([buffer.detached, kept.bytes], [true, large])
  t.equal(kept.take(large + 8), undefined)
  t.equal(kept.take(large / 1.25 - 8), undefined)
  t.equal(markOf(kept.take(large / 1.25 + 8)), 7)
  t.same([kept.take(large), kept.bytes], [undefined, 0])
})

test('what is more than may be kept goes, the one that was kept longest first', async (t) => {
  const kept = new BufferPool(4 * large)
  for (const mark of [1, 2, 3]) kept.add(marked(large, mark))
  kept.add(marked(2 * large, 4))
  t.equal(kept.bytes, 4 * large)
  t.same(
    [1, 2, 3].map(() => markOf(kept.take(large))),
    [3, 2, undefined],
  )
  t.equal(markOf(kept.take(2 * large)), 4)
})
