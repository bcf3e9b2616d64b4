import { test } from 'tap'
import { layoutOfAll } from '../../src/loss/batch.ts'
import { selectRows } from '../../src/loss/row-selection.ts'
import { uniformIntegers } from '../../src/runtime/random.ts'
import { unaccounted } from '../unaccounted.ts'
import type { Request } from './support.ts'
import { errorsOf, finish, specOf, tensorsOf } from './support.ts'

const request: Request = {
  loss: 'mse',
  labelFormat: 'index',
  predictions: Array.from({ length: 5000 }, () => [0, 1]),
  labels: Array.from({ length: 5000 }, (_, i) => i % 3),
  ignoreIndex: 2,
}

function begin(request: Request) {
  const [spec, tensors] = [specOf(request), tensorsOf(request)]
  return selectRows(spec, tensors, layoutOfAll(spec, tensors), unaccounted, uniformIntegers)
}

test('all rows, those that are not ignored, and those that are drawn', async (t) => {
  const { ignoreIndex: _, ...all } = { ...request, labels: request.labels && Array.from({ length: 5000 }, () => 0) }
  t.match(finish(begin(all)), {
    isList: false,
    selection: { rows: undefined, positions: undefined, ignored: 0 },
    populationSize: undefined,
  })
  t.match(finish(begin(request)), { selection: { ignored: 1666, rows: { length: 3334 } }, populationSize: undefined })
  const { selection, populationSize } = finish(
    begin({ ...request, miniBatch: { size: 100, seed: 42, replacement: true } }),
  )
  t.equal(populationSize, 5000)
  t.equal(Number(selection.rows?.length) + selection.ignored, 100)
  const list: Request = { loss: 'mse', labelFormat: 'values', predictions: [1], labels: [1] }
  t.equal(finish(begin(list)).isList, true)
})

test('more rows than there are cannot be drawn without replacement', async (t) => {
  const drawn = { ...request, miniBatch: { size: 5001, seed: 42, replacement: false } }
  t.match(
    errorsOf(() => finish(begin(drawn))),
    [{ path: ['miniBatch', 'size'], received: 5001 }],
  )
})
