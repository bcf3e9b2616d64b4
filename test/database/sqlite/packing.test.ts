import { test } from 'tap'
import { pack, unpack } from '../../../src/database/sqlite/packing.ts'

const rows = [
  { name: 'a', state: Uint8Array.of(1, 2), other: null },
  { name: 'b', state: new Uint8Array(), other: Uint8Array.of(3) },
  { name: 'c', state: null, other: Uint8Array.of(4, 5, 6).subarray(1) },
]

test('rows come back as they were, by way of one array of bytes', async (t) => {
  const packed = pack(rows)
  t.same(packed, {
    rows: [
      { name: 'a', state: 2, other: null },
      { name: 'b', state: 2, other: 3 },
      { name: 'c', state: null, other: 5 },
    ],
    fields: ['state', 'other'],
    bytes: Uint8Array.of(1, 2, 3, 5, 6),
  })
  t.same(rows[0].state, Uint8Array.of(1, 2), 'they are not changed')
  const back = unpack(structuredClone(packed))
  t.same(back, rows)
})

test('rows without bytes, and none at all', async (t) => {
  t.same(unpack(pack([{ sequence: 1, loss: 0.5 }])), [{ sequence: 1, loss: 0.5 }])
  t.same(unpack(pack([])), [])
})
