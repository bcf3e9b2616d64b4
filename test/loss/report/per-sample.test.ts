import { test } from 'tap'
import { PerSample } from '../../../src/loss/report/per-sample.ts'
import type { Selection } from '../../../src/loss/selection.ts'
import { unaccounted } from '../../unaccounted.ts'
import type { Request } from '../support.ts'
import { finish, Ledger, sliceOf, specOf } from '../support.ts'

const inPlace: Selection = { rows: undefined, positions: undefined, ignored: 0 }

test('slices go on where the one before ended', async (t) => {
  const request: Request = { loss: 'mae', labelFormat: 'values', predictions: [1, 5], labels: [0, 2] }
  const part = new PerSample(specOf(request), 4, unaccounted)
  part.add(sliceOf(request), inPlace)
  part.add({ ...sliceOf(request), at: 2 }, inPlace)
  t.same(finish(part.report({ outputs: 1 })).losses.toJSON(), [1, 3, 1, 3])
})

test('its numbers are there as they are, and their memory is held until it is freed', async (t) => {
  const memory = new Ledger()
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    logPolicy: 'exact',
    predictions: [[0, 1]],
    labels: [0],
  }
  const part = new PerSample(specOf(request), 5000, memory)
  t.equal(memory.held, 12 * 5000)
  part.add(sliceOf(request), { ...inPlace, positions: Int32Array.of(1) })
  t.strictSame([...part.losses.subarray(0, 3)], [0, Number.POSITIVE_INFINITY, 0])
  t.strictSame([...(part.correct?.subarray(0, 3) ?? [])], [-1, 0, -1])
  t.strictSame(
    finish(part.report({ outputs: 2 }))
      .losses.part(0, 3)
      .toJSON(),
    [0, null, 0],
  )
  t.equal(finish(part.numbers('correct')), part.correct)
  t.equal(finish(part.numbers('gradient')), undefined)
  const values: Request = { loss: 'mae', labelFormat: 'values', predictions: [1], labels: [0] }
  t.equal(new PerSample(specOf(values), 1, unaccounted).correct, undefined)
})
