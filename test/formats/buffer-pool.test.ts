import { test } from 'tap'
import { KeptBuffers } from '../../src/formats/buffer-pool.ts'

const large = 2 ** 17

/** A buffer with a number in it, by which it is known again. */
function marked(bytes: number, mark: number): ArrayBuffer {
  return Uint8Array.from({ length: bytes }, (_, at) => (at === 0 ? mark : 0)).buffer
}

function markOf(buffer: ArrayBuffer | undefined): number | undefined {
  return buffer && new Uint8Array(buffer)[0]
}

test('a buffer is taken from who had it, and comes back once to who needs one of its size or a little less', async (t) => {
  const kept = new KeptBuffers(4 * large)
  const buffer = marked(large, 7)
  kept.keep(buffer)
  t.same([buffer.detached, kept.bytes], [true, large])
  t.equal(kept.take(large + 8), undefined)
  t.equal(kept.take(large / 1.25 - 8), undefined)
  t.equal(markOf(kept.take(large / 1.25 + 8)), 7)
  t.same([kept.take(large), kept.bytes], [undefined, 0])
})

test('of one size the one that was used last comes first', async (t) => {
  const kept = new KeptBuffers(4 * large)
  for (const mark of [1, 2, 3]) kept.keep(marked(large, mark))
  t.same(
    [1, 2, 3, 4].map(() => markOf(kept.take(large))),
    [3, 2, 1, undefined],
  )
})

test('what is more than may be kept goes, the one that was kept longest first', async (t) => {
  const kept = new KeptBuffers(4 * large)
  for (const mark of [1, 2, 3]) kept.keep(marked(large, mark))
  kept.keep(marked(2 * large, 4))
  t.equal(kept.bytes, 4 * large)
  t.same(
    [1, 2, 3].map(() => markOf(kept.take(large))),
    [3, 2, undefined],
  )
  t.equal(markOf(kept.take(2 * large)), 4)
})

test('small buffers, and those that alone are too large, are given back to the system', async (t) => {
  const kept = new KeptBuffers(4 * large)
  kept.keep(marked(large, 1))
  for (const bytes of [large - 1, 4 * large + 1]) {
    const buffer = marked(bytes, 2)
    kept.keep(buffer)
    t.same([buffer.detached, kept.bytes], [true, large])
  }
})

test('all may be given back', async (t) => {
  const kept = new KeptBuffers(4 * large)
  for (const mark of [1, 2]) kept.keep(marked(large, mark))
  kept.clear()
  t.same([kept.bytes, kept.take(large)], [0, undefined])
  kept.keep(marked(large, 3))
  t.equal(markOf(kept.take(large)), 3)
})
