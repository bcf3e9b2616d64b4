import t from 'tap'
import * as layout from '../../src/scanner/layout.ts'

t.test('the parts of the memory do not overlap', async (t) => {
  const powers = layout.LARGEST_POWER - layout.SMALLEST_POWER + 1
  const parts = [
    [layout.POWERS, 16 * powers],
    [layout.SECRET, 8],
    // A member may fill a slice and the number carried into it; its comma comes on top.
    [layout.OPTIONS, layout.CARRY_CAPACITY + layout.INPUT_CAPACITY + 2],
    [layout.INPUT - layout.CARRY_CAPACITY, layout.CARRY_CAPACITY],
    // A zero vector follows the slice.
    [layout.INPUT, layout.INPUT_CAPACITY + 16],
    // A digit and a comma are the least that an element needs; one more is tried at the end.
    [layout.NUMBERS, 8 * (layout.INPUT_CAPACITY / 2 + 2)],
    [layout.STATE, 4 * layout.TENSOR_KEYS + layout.TENSOR_KEY_CAPACITY],
    [layout.CAPTURE, 2 * layout.CAPTURE_CAPACITY],
    // Eight are looked at together.
    [layout.KEY_HASHES, 2 * layout.KEY_CAPACITY + 16],
    [layout.KEYS, 0],
    [layout.PAGES * 0x10000, 0],
  ]
  for (const [i, [from]] of parts.entries()) {
    const [before, length] = i === 0 ? [0, 0x1000] : parts[i - 1]
    t.ok(before + length <= from, `part ${i} at ${from}`)
    t.equal(from % 8, 0)
  }
})
