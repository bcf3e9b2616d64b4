import { test } from 'tap'
import type { Memory } from '../../src/loss/memory.ts'
import { doublesIn, integersIn, ScopedMemory } from '../../src/loss/memory.ts'
import { unaccounted } from '../unaccounted.ts'
import { Ledger } from './support.ts'

test('large arrays are allocated from the memory, small ones are not', async (t) => {
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
})

test('what is taken through a scope is given back at its end, as far as it has not been before', async (t) => {
  const memory = new Ledger()
  const outside = memory.allocate(1)
  {
    using scope = new ScopedMemory(memory)
    t.equal(scope.canReserveAddressSpace(1), true)
    scope.reserve(100)
    scope.release(30)
    const early = scope.allocate(1000)
    scope.commit(scope.allocate(2 ** 20, 0), 5000)
    t.equal(memory.held, 1 + 70 + 1000 + 5000)
    scope.free(early)
    t.equal(memory.held, 1 + 70 + 5000)
  }
  t.equal(memory.held, 1)
  {
    using scope = new ScopedMemory(memory)
    scope.reserve(7)
    scope.allocate(70)
    t.throws(() => {
      using inner = new ScopedMemory(scope)
      inner.reserve(700)
      inner.allocate(7000)
      throw new Error('given up')
    })
    t.equal(memory.held, 1 + 77)
    scope.keep()
  }
  t.equal(memory.held, 1 + 77, 'kept')
  memory.free(outside)
  t.equal(memory.held, 77)
})
