import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { batchedSetImmediate } from '../../src/runtime/batched-set-immediate.ts'

test('what comes in one turn is called in later ones, so many in each and in order', async (t) => {
  const later = batchedSetImmediate(3)
  const called: number[] = []
  for (let at = 0; at < 8; at++) later(() => called.push(at))
  t.same(called, [])
  const counts: number[] = []
  for (let turns = 0; turns < 4; turns++) {
    await turn()
    counts.push(called.length)
  }
  t.same(counts, [3, 6, 8, 8])
  t.same(called, [0, 1, 2, 3, 4, 5, 6, 7])
})

test('what comes while others are called, or after them, is called too', async (t) => {
  const later = batchedSetImmediate(2)
  const called: string[] = []
  later(() => {
    called.push('first')
    later(() => called.push('from the first'))
  })
  for (let turns = 0; turns < 3; turns++) await turn()
  later(() => called.push('last'))
  for (let turns = 0; turns < 2; turns++) await turn()
  t.same(called, ['first', 'from the first', 'last'])
})
