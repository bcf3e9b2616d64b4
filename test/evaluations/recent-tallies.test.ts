import { test } from 'tap'
import { blockBatches } from '../../src/evaluations/block-ranges.ts'
import { RecentTallies } from '../../src/evaluations/recent-tallies.ts'
import { fromInteger } from '../../src/loss/numerics/dyadic.ts'
import type { Tally } from '../../src/loss/tally.ts'
import { emptyTally } from '../../src/loss/tally.ts'
import { tallyBytes } from '../loss/support.ts'

function tallyOf(samples: number): Tally {
  return { ...emptyTally, outputs: 1, samples, loss: fromInteger(samples) }
}

/** Adds the batches of a block, the last one first, and says what they add up to. */
function addBlock(recent: RecentTallies, evaluation: number, block: number, first = 0): Tally {
  let samples = 0
  for (let at = blockBatches - 1; at >= first; at--) {
    const sequence = block * blockBatches + at + 1
    recent.add(evaluation, sequence, tallyOf(evaluation + sequence))
    samples += evaluation + sequence
  }
  return tallyOf(samples)
}

function bytesOf(tally: Tally | undefined): string | undefined {
  return tally && tallyBytes(tally)
}

test('what a whole block adds up to is there once', async (t) => {
  const recent = new RecentTallies()
  const [first, second, other] = [addBlock(recent, 1, 0), addBlock(recent, 1, 1), addBlock(recent, 2, 0)]
  t.equal(bytesOf(recent.take(1, 1)), tallyBytes(second))
  t.equal(bytesOf(recent.take(1, 0)), tallyBytes(first))
  t.equal(bytesOf(recent.take(2, 0)), tallyBytes(other))
  t.equal(recent.take(1, 0), undefined)
})

test('a block of which a batch was stored elsewhere is not there', async (t) => {
  const recent = new RecentTallies()
  addBlock(recent, 1, 0, 1)
  t.equal(recent.take(1, 0), undefined)
  recent.add(1, 1, tallyOf(1))
  t.equal(recent.take(1, 0), undefined, 'nor is what was kept of it')
})

test('there are no more blocks than there is room for', async (t) => {
  const recent = new RecentTallies()
  for (let evaluation = 0; evaluation < 1001; evaluation++) addBlock(recent, evaluation, 0)
  t.equal(recent.take(0, 0), undefined)
  t.not(recent.take(1, 0), undefined)
})
