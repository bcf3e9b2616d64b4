import { test } from 'tap'
import type { Groups } from '../../../src/loss/report/groups.ts'
import type { ValueMetrics } from '../../../src/loss/report/value-metrics.ts'
import { foldValues, reportValues } from '../../../src/loss/report/value-metrics.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { matrix } from '../../matrix.ts'
import type { Request } from '../support.ts'
import { countSteps, finish, sliceOf, stateOf } from '../support.ts'

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
