import fc from 'fast-check'
import { test } from 'tap'
import type { Batch } from '../../src/loss/batch.ts'
import { rowsPerStep } from '../../src/loss/batch.ts'
import type { Selection } from '../../src/loss/selection.ts'
import { gathererOf, selectedRows, withoutIgnored } from '../../src/loss/selection.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import type { Request } from './support.ts'
import { batchOf, countSteps, finish, Ledger } from './support.ts'

/** A batch with its arrays as lists. */
function plain({ samples, outputs, predictions, classes, targets, sampleWeights }: Batch) {
  const list = (array: ArrayLike<number> | undefined) => array && Array.from(array)
  return [samples, outputs, list(predictions), list(classes), list(targets), list(sampleWeights)]
}

/** A selection with its arrays as lists. */
function listed({ rows, positions, ignored }: Selection) {
  return { rows: rows && Array.from(rows), positions: positions && Array.from(positions), ignored }
}

const byIndex: Request = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: matrix('0.5 0.5; 0.25 0.75; 1 0'),
  labels: [1, 1, 0],
  sampleWeights: [1, 2, 3],
}

const values: Request = {
  loss: 'mse',
  labelFormat: 'values',
  predictions: matrix('1 2; 3 4; 5 6'),
  labels: matrix('7 8; 9 10; 11 12'),
}

test('rows gathered, in the order given, again and again if asked', async (t) => {
  const rows = Int32Array.of(2, 0, 2)
  const gather = gathererOf(batchOf(byIndex), 3, unaccounted)
  t.strictSame(plain(gather(rows)), [3, 2, [1, 0, 0.5, 0.5, 1, 0], [0, 1, 0], undefined, [3, 1, 3]])
  t.strictSame(plain(gather(Int32Array.of(1))), [1, 2, [0.25, 0.75], [1], undefined, [2]], 'fewer than the most')
  t.strictSame(plain(gather(Int32Array.of())), [0, 2, [], [], undefined, []])
  const ofValues = gathererOf(batchOf(values), 3, unaccounted)
  t.strictSame(plain(ofValues(rows)), [3, 2, [5, 6, 1, 2, 5, 6], undefined, [11, 12, 7, 8, 11, 12], undefined])
  const soft: Request = { ...byIndex, labelFormat: 'probabilities', labels: byIndex.predictions }
  const all = gathererOf(batchOf(soft), 3, unaccounted)(rows)
  t.strictSame(plain(all), [3, 2, [1, 0, 0.5, 0.5, 1, 0], [0, 0, 0], [1, 0, 0.5, 0.5, 1, 0], [3, 1, 3]])
})

test('it takes memory for the rows of one step, once', async (t) => {
  const batch = batchOf({ ...values, predictions: [[...Array(1000).keys()]], labels: [[...Array(1000).keys()]] })
  const memory = new Ledger()
  const selection: Selection = { rows: new Int32Array(5000), positions: undefined, ignored: 0 }
  const rows = selectedRows(batch, selection, memory)
  t.equal(rows.samples, 5000)
  t.equal(rows.outputs, 1000)
  const step = rowsPerStep(1000)
  t.equal(memory.held, 2 * 8 * step * 1000)
  for (let from = 0; from < 5000; from += step) {
    const { batch: part, start } = rows.part(from, Math.min(from + step, 5000))
    t.same([start, part.samples], [0, Math.min(step, 5000 - from)])
    t.same(part.predictions.subarray(-1000), batch.predictions)
  }
  t.equal(memory.asked, 1)
})

test('all rows of a batch are not copied', async (t) => {
  const batch = batchOf(byIndex)
  const memory = new Ledger()
  const rows = selectedRows(batch, { rows: undefined }, memory)
  t.same([rows.samples, rows.outputs], [3, 2])
  const { batch: part, start } = rows.part(1, 3)
  t.equal(part, batch)
  t.equal(start, 1)
  t.equal(memory.asked, 0)
})

test('however rows are drawn and ignored, those that are kept stand in order', async () => {
  const any = fc
    .array(fc.constantFrom(-1, 0, 1), { minLength: 1, maxLength: 20 })
    .chain((classes) =>
      fc.tuple(
        fc.constant(classes),
        fc.option(fc.array(fc.nat({ max: classes.length - 1 }), { maxLength: 30 }), { nil: undefined }),
      ),
    )
  const property = fc.property(any, ([classes, drawn]) => {
    const selection = finish(withoutIgnored(Int32Array.from(classes), drawn && Int32Array.from(drawn), unaccounted))
    const chosen = drawn ?? classes.map((_, row) => row)
    const kept = chosen.flatMap((row, at) => (classes[row] < 0 ? [] : [at]))
    const isWhole = kept.length === chosen.length
    const expected = {
      rows: isWhole ? drawn : kept.map((at) => chosen[at]),
      positions: isWhole ? undefined : kept,
      ignored: chosen.length - kept.length,
    }
    return JSON.stringify(listed(selection)) === JSON.stringify(expected)
  })
  fc.assert(property, { seed: 51, numRuns: 500 })
})

test('no more than 65536 rows are looked at in a step', async (t) => {
  const classes = new Int32Array(2 * 2 ** 16 + 1)
  t.equal(countSteps(withoutIgnored(classes, undefined, unaccounted)), 3)
  classes[7] = -1
  t.equal(countSteps(withoutIgnored(classes, undefined, unaccounted)), 6)
})
