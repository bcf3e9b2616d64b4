import { test } from 'tap'
import { doublesIn, freeArrays, integersIn, type Memory, unaccounted } from '../../src/loss/memory.ts'

test('large arrays are allocated from the memory, small ones are not worth it', (t) => {
  const allocated: unknown[] = []
  const memory: Memory = {
    ...unaccounted,
    allocate(bytes, _, mayBeUsed = false) {
      allocated.push([bytes, mayBeUsed])
      return new ArrayBuffer(bytes)
    },
  }
  t.equal(doublesIn(memory, 2047).length, 2047)
  t.equal(integersIn(memory, 4095).length, 4095)
  t.same(allocated, [])
  t.equal(doublesIn(memory, 2048).length, 2048)
  t.equal(integersIn(memory, 4097).length, 4097)
  t.same(allocated, [
    [16_384, false],
    [16_388, true],
  ])
  t.end()
})

test('unaccounted memory gives buffers and detaches them', (t) => {
  unaccounted.reserve(2 ** 60)
  unaccounted.release(2 ** 60)
  t.equal(unaccounted.canReserveAddressSpace(2 ** 20), true)
  const buffer = unaccounted.allocate(2 ** 20, 0)
  unaccounted.commit(buffer, 2 ** 20)
  t.equal(buffer.byteLength, 2 ** 20)
  unaccounted.free(buffer)
  t.equal(buffer.byteLength, 0)
  unaccounted.free(buffer)
  const small = new ArrayBuffer(8)
  unaccounted.free(small)
  t.equal(small.byteLength, 8, 'a small one is left to the collector')
  const shared = new SharedArrayBuffer(2 ** 20)
  unaccounted.free(shared)
  t.equal(shared.byteLength, 2 ** 20)
  t.end()
})

test('arrays are taken back, those that there are', (t) => {
  const freed: ArrayBufferLike[] = []
  const memory: Memory = { ...unaccounted, free: (buffer) => freed.push(buffer) }
  const [doubles, integers] = [new Float64Array(2), new Int32Array(2)]
  freeArrays(memory, undefined, integers, doubles)
  t.strictSame(freed, [integers.buffer, doubles.buffer])
  t.end()
})
