import { test } from 'tap'
import { Pieces } from '../../../src/http/body/pieces.ts'
import { seeded } from './support.ts'

test('what goes in comes out in order, whatever the sizes', async (t) => {
  const random = seeded(1)
  let wrong = 0
  for (let round = 0; round < 20; round++) {
    const pieces = new Pieces()
    const into: Buffer[] = []
    const out: Buffer[] = []
    for (let step = 0; step < 300; step++) {
      const chunk = Buffer.alloc(1 + random([1, 10, 5000, 70_000][random(4)]), random(256))
      pieces.push(chunk)
      into.push(chunk)
      if (random(20) === 0) for (let taken = random(8); taken > 0; taken--) out.push(pieces.shift() ?? Buffer.alloc(0))
      if (pieces.bytes !== sum(into) - sum(out)) wrong++
    }
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) out.push(piece)
    t.ok(Buffer.concat(into).equals(Buffer.concat(out)))
    t.equal(pieces.bytes, 0)
  }
  t.equal(wrong, 0)
})

test('small chunks share memory', async (t) => {
  const pieces = new Pieces()
  for (let at = 0; at < 300_000; at++) pieces.push(Buffer.from([at]))
  const buffers = new Set<ArrayBufferLike>()
  let count = 0
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
    buffers.add(piece.buffer)
    count++
  }
  t.equal(count, 6)
  t.ok(buffers.size <= 6)
})

test('small chunks between large ones cost at most as much again', async (t) => {
  const pieces = new Pieces()
  for (let at = 0; at < 100; at++) {
    pieces.push(Buffer.allocUnsafeSlow(5000))
    pieces.push(Buffer.allocUnsafeSlow(1))
  }
  const buffers = new Set<ArrayBufferLike>()
  const { bytes } = pieces
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) buffers.add(piece.buffer)
  const kept = Array.from(buffers).reduce((total, { byteLength }) => total + byteLength, 0)
  t.ok(kept <= 2 * bytes + 65536, `${kept} for ${bytes}`)
})

test('what is cleared is gone', async (t) => {
  const pieces = new Pieces()
  pieces.push(Buffer.from('a'))
  pieces.push(Buffer.from('b'))
  pieces.clear()
  t.equal(pieces.bytes, 0)
  t.equal(pieces.shift(), undefined)
  pieces.push(Buffer.from('c'))
  t.equal(pieces.shift()?.toString(), 'c')
})

function sum(buffers: readonly Buffer[]): number {
  return buffers.reduce((total, { length }) => total + length, 0)
}
