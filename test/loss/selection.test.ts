import { test } from 'tap'
import { unaccounted } from '../../src/loss/memory.ts'
import { gathererOf } from '../../src/loss/selection.ts'
import { batchOf } from './support.ts'

test('rows gathered, in the order given, again and again if asked', async (t) => {
  const batch = batchOf({
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: [
      [0.5, 0.5],
      [1, 0],
    ],
    labels: [1, 0],
  })
  const { gather } = gathererOf(batch, 3, unaccounted)
  const { samples, predictions, classes } = gather(Int32Array.of(1, 0, 1))
  t.same([samples, Array.from(predictions), Array.from(classes ?? [])], [3, [1, 0, 0.5, 0.5, 1, 0], [0, 1, 0]])
})
