import { readFileSync } from 'node:fs'
import { test } from 'tap'
import type { RankingReport } from '../../../src/loss/report/ranking.ts'
import { rankingOf } from '../../../src/loss/report/ranking.ts'
import { matrix } from '../../matrix.ts'
import { unaccounted } from '../../unaccounted.ts'
import type { Request } from '../support.ts'
import { batchOf, countSteps, finish, heldAfterEnds, misses, specOf } from '../support.ts'

interface Case {
  readonly name: string
  readonly request: Request
  readonly expect: { readonly ranking?: RankingReport }
}

const fixture = new URL('../../fixtures/metrics.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly cases: readonly Case[] }

function ranking(request: Request, rows?: readonly number[]): RankingReport {
  const selection = { rows: rows && Int32Array.from(rows) }
  return finish(rankingOf(specOf(request), batchOf(request), selection, unaccounted))
}

function binary(predictions: unknown, labels: unknown, sampleWeights?: number[]): Request {
  return { loss: 'mse', labelFormat: 'binary', predictions, labels, sampleWeights }
}

test('scikit-learn', async (t) => {
  const ranked = cases.filter(({ expect }) => expect.ranking !== undefined)
  t.ok(ranked.length >= 30)
  for (const { name, request, expect } of ranked) t.same(misses(ranking(request), expect.ranking, 1e-13), [], name)
})

test('perfect and opposite order, whatever the weights', async (t) => {
  const weights = [0.1, 0.2, 0.3, 1e-9]
  t.match(ranking(binary([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0], weights)), { rocAuc: 1, averagePrecision: 1 })
  t.match(ranking(binary([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], weights)), { rocAuc: 0 })
  const tiny = [1e-200, 1e-200, 1e-200, 1e-200]
  t.match(ranking(binary([0.9, 0.4, 0.6, 0.1], [1, 1, 0, 0], tiny)), { rocAuc: 0.75 }, 'however small')
})

test('what cannot be computed is null, and the mean is that of the others', async (t) => {
  const { perOutput, ...means } = ranking(
    binary(
      [
        [0.1, 0.2],
        [0.3, 0.1],
      ],
      [
        [1, 1],
        [0, 1],
      ],
    ),
  )
  t.strictSame(means, { rocAuc: 0, averagePrecision: 0.75, averagedOver: { rocAuc: 1, averagePrecision: 2 } })
  t.same(perOutput[1], { rocAuc: null, averagePrecision: 1 })
  const nothing = { rocAuc: null, averagePrecision: null }
  const none = { ...nothing, averagedOver: { rocAuc: 0, averagePrecision: 0 }, perOutput: [nothing] }
  t.strictSame(ranking(binary([0.1], [0])), none)
  t.match(ranking(binary([0.1, 0.2], [0, 1], [1, 0])), nothing, 'a sample of weight 0 is left out')
  t.strictSame(ranking(binary([0.1], [0]), []), none, 'no rows')
})

test('the chosen rows alone, as often as they are chosen', async (t) => {
  const request = binary([0.1, 0.4, 0.35, 0.8, 0.9], [0, 0, 1, 1, 0])
  t.match(ranking(request, [0, 1, 2, 3]), { rocAuc: 0.75 })
  t.match(ranking(request, [2, 2, 1]), { rocAuc: 0 })
})

test('logits of classes are ranked by their probabilities', async (t) => {
  // class 0: probabilities 0.88, 0.5 and 0.27; its logits alone would be in another order
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictionFormat: 'logits',
    predictions: matrix('2 0; 9 9; -1 0'),
    labels: [0, 1, 1],
  }
  t.match(ranking(request), { rocAuc: 1, averagePrecision: 1 })
  // binary logits are in the order of their probabilities, and are told apart where those are not
  const far = { ...binary([800, 900], [0, 1]), loss: 'binary-cross-entropy', predictionFormat: 'logits' } as const
  t.match(ranking(far), { rocAuc: 1 })
})

test('all memory is given back, however it ends', async (t) => {
  const count = 2 ** 13
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictionFormat: 'logits',
    predictions: Array.from({ length: count }, (_, i) => [Math.sin(i), 0]),
    labels: Array.from({ length: count }, (_, i) => i % 2),
  }
  const [spec, batch] = [specOf(request), batchOf(request)]
  const held = heldAfterEnds((memory) => rankingOf(spec, batch, { rows: undefined }, memory))
  t.ok(held.length > 5)
  t.same(new Set(held), new Set([0]))
})

test('it pauses while it writes rows down', async (t) => {
  const count = 2 ** 18 + 1
  const batch = {
    samples: count,
    outputs: 1,
    predictions: new Float64Array(count),
    classes: undefined,
    targets: new Float64Array(count),
    sampleWeights: undefined,
  }
  const spec = specOf(binary([], []))
  const all = countSteps(rankingOf(spec, batch, { rows: undefined }, unaccounted))
  const chosen = countSteps(rankingOf(spec, batch, { rows: new Int32Array(count) }, unaccounted))
  // one, eight for counting, and sixteen for each pass over ranked rows, one at the end
  t.same([all, chosen], [42, 42])
})

test('it pauses while it looks at rows, and between outputs', async (t) => {
  const long = binary(
    Array.from({ length: 2 ** 16 }, (_, i) => (i % 7) / 7),
    Array.from({ length: 2 ** 16 }, (_, i) => i % 2),
  )
  const steps = (request: Request) =>
    countSteps(rankingOf(specOf(request), batchOf(request), { rows: undefined }, unaccounted))
  // four for each of the two passes over ranked rows, one for counting, those moves that are needed, one at the end
  const many = steps(long)
  t.ok(many >= 8 + 1 + 2 && many <= 8 + 1 + 6 + 1, `${many} steps`)
  const wide = (outputs: number) => binary([new Array<number>(outputs).fill(0.5)], [new Array<number>(outputs).fill(1)])
  t.same([steps(wide(10)), steps(wide(200))], [0, 6])
})
