import { test } from 'tap'
import type { Groups } from '../../../src/loss/report/groups.ts'
import type { ValueMetrics } from '../../../src/loss/report/value-metrics.ts'
import { foldValues, reportValues } from '../../../src/loss/report/value-metrics.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { matrix } from '../../matrix.ts'
import type { Request } from '../support.ts'
import { countSteps, finish, misses, sliceOf, stateOf } from '../support.ts'

function fold(...requests: readonly Request[]): { groups: Groups; largest: number } {
  const groups: Groups = new Map()
  const errors = requests.map((request) => finish(foldValues(groups, sliceOf(request))))
  return { groups, largest: Math.max(...errors) }
}

function report(request: Request, ...further: readonly Request[]): ValueMetrics {
  const { groups, largest } = fold(request, ...further)
  return finish(reportValues(groups, largest, stateOf(request, ...further).tally))
}

function values(predictions: unknown, labels: unknown, sampleWeights?: number[]): Request {
  return { loss: 'mse', labelFormat: 'values', predictions, labels, sampleWeights }
}

test('the examples of scikit-learn r2_score and explained_variance_score', async (t) => {
  const one = report(values([2.5, 0, 2, 8], [3, -0.5, 2, 7]))
  t.same(
    misses(one, {
      rmse: Math.sqrt(0.375),
      r2: { uniformAverage: 0.9486081370449679, perOutput: [0.9486081370449679] },
      explainedVariance: 0.9571734475374732,
      maxError: 1,
      meanError: 0.25,
    }),
    [],
  )
  // the example of several outputs of both
  const two = report(values(matrix('0 2; -1 2; 8 -5'), matrix('0.5 1; -1 1; 7 -6')))
  t.same(misses(two.r2, { uniformAverage: 0.9368005266622779, perOutput: [0.965438, 0.908163] }, 1e-6), [])
  t.same(misses([two.explainedVariance, two.maxError, two.meanError], [0.9838709677419355, 1, 3.5 / 6], 1e-12), [])
})

test('weights count as often as they say, and a weight of 0 leaves a row out', async (t) => {
  const weighted = report(values([1, 2, 5, 90], [1, 3, 3, 0], [1, 2, 1, 0]))
  const repeated = report(values([1, 2, 2, 5], [1, 3, 3, 3]))
  t.strictSame(weighted, repeated)
  t.equal(weighted.maxError, 2)
})

test('labels that are all equal have no R², however they are weighted', async (t) => {
  const constant = report(values(matrix('1 1; 2 2; 3 4'), matrix('0.1 1; 0.1 2; 0.1 4'), [0.1, 0.2, 0.7]))
  t.same(constant.r2, { uniformAverage: null, perOutput: [null, 1] })
  t.equal(constant.explainedVariance, null)
  t.same(report(values([1], [2])).r2, { uniformAverage: null, perOutput: [null] }, 'one sample')
})

test('without weight there is nothing', async (t) => {
  const nothing = { rmse: null, r2: { uniformAverage: null, perOutput: [null] }, explainedVariance: null }
  t.strictSame(report(values([1, 2], [3, 4], [0, 0])), { ...nothing, maxError: null, meanError: null })
})

test('numbers that are all 0 have errors of 0', async (t) => {
  const { groups } = fold(values([0, 0], [0, -0]))
  t.equal(groups.size, 0)
  t.match(report(values([0, 0], [0, 0])), { rmse: 0, maxError: 0, meanError: 0 })
})

test('nothing overflows on the way, and what is beyond a double is null', async (t) => {
  const most = Number.MAX_VALUE
  const opposite = report(values([most, -most], [-most, most], [1e100, 1e100]))
  t.strictSame(opposite, {
    rmse: null,
    r2: { uniformAverage: -3, perOutput: [-3] },
    explainedVariance: -3,
    maxError: null,
    meanError: 0,
  })
  const tiny = report(values([5e-324, 0], [0, 5e-324], [5e-324, 5e-324]))
  t.match(tiny, { rmse: 5e-324, maxError: 5e-324, r2: { uniformAverage: -3 } })
  const far = report(
    values(
      [
        [most, most],
        [-most, most],
      ],
      matrix('0 0; 1e-300 1e-300'),
    ),
  )
  t.same([far.r2.perOutput, far.r2.uniformAverage], [[null, null], null])
})

test('outputs are folded and reported in steps', async (t) => {
  const wide = (outputs: number) => values([new Array<number>(outputs).fill(1)], [new Array<number>(outputs).fill(2)])
  const folding = (outputs: number) => countSteps(foldValues(new Map(), sliceOf(wide(outputs))))
  t.same([folding(31), folding(32), folding(100)], [0, 1, 3])
  const reporting = (outputs: number) => countSteps(reportValues(new Map(), 0, { ...emptyTally, outputs }))
  t.same([reporting(31), reporting(32), reporting(100)], [0, 1, 3])
})
