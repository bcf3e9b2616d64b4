import { test } from 'tap'
import { RecentStates } from '../../src/evaluations/recent-states.ts'
import { blockBatches } from '../../src/evaluations/runs.ts'

/** Adds the states of a block, all but some, the last one first. */
function addBlock(recent: RecentStates, evaluation: number, block: number, without: number[] = []): Uint8Array[] {
  const states = Array.from({ length: blockBatches }, (_, at) => Uint8Array.of(evaluation, block, at))
  for (let at = blockBatches - 1; at >= 0; at--) {
    if (!without.includes(at)) recent.add(evaluation, block * blockBatches + at + 1, states[at])
  }
  return states
}

test('the states of a whole block are there once', async (t) => {
  const recent = new RecentStates()
  const first = addBlock(recent, 1, 0)
  const second = addBlock(recent, 1, 1)
  const other = addBlock(recent, 2, 0)
  t.same(recent.take(1, 1)?.toReversed(), second)
  t.same(recent.take(1, 0)?.toReversed(), first)
  t.same(recent.take(2, 0)?.toReversed(), other)
  t.equal(recent.take(1, 0), undefined)
  t.equal(recent.take(3, 0), undefined)
})

test('a block of which a state is missing is not there', async (t) => {
  const recent = new RecentStates()
  addBlock(recent, 1, 0, [0])
  addBlock(recent, 1, 0, [0])
  t.equal(recent.take(1, 0), undefined)
  recent.add(1, 1, Uint8Array.of(1))
  t.equal(recent.take(1, 0), undefined, 'nor is what was kept of it')
  addBlock(recent, 1, 1, [127])
  recent.add(1, 256, new Uint8Array(1025))
  t.equal(recent.take(1, 1), undefined, 'large states are not kept')
})

test('there are no more blocks than there is room for', async (t) => {
  const recent = new RecentStates()
  for (let evaluation = 0; evaluation < 129; evaluation++) addBlock(recent, evaluation, 0)
  t.equal(recent.take(0, 0), undefined)
  t.equal(recent.take(1, 0)?.length, blockBatches)
})
