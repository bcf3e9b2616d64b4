import { t as root, test } from 'tap'
import { comparisonAnswerExample, wrongWith } from '../../../src/routes/evaluations/examples.ts'
import { appOf, plainProblem } from '../../support.ts'
import { batches, evaluationOf, send, threeClasses } from './support.ts'

const app = await appOf(root)

/** The same rows, predicted by another model. */
const others = batches.map((batch) => ({ ...batch, predictions: batch.predictions.map(([a, b, c]) => [c, a, b]) }))

test('the answer shown is that of the service', async (t) => {
  await evaluationOf(app, 'run-7')
  const [first, second, third] = others
  await evaluationOf(app, 'run-6', threeClasses, [first, { ...second, labels: [2] }, third, { ...second }])
  const { status, body } = await send(app, 'GET', '/run-7/comparison?with=run-6')
  const { requestId: _, ...shown } = comparisonAnswerExample
  t.same([status, body], [200, shown])
})

test('figures are those of the paired batches alone', async (t) => {
  await evaluationOf(app, 'all')
  await evaluationOf(app, 'some', { ...threeClasses, include: ['confusion'], metadata: { model: 'b' } }, [others[0]])
  const { body } = await send(app, 'GET', '/all/comparison?with=some')
  const { body: batch } = await send(app, 'GET', '/some')
  const { loss, accuracy, samples } = batch as Record<string, unknown>
  t.match(body, {
    predictions: { evaluation: 'all', samples: 2 },
    baseline: { evaluation: 'some', loss, accuracy, samples },
    difference: { standardError: null, interval: null },
    batches: { paired: 1, onlyPredictions: 2, onlyBaseline: 0, labelsDiffer: 0 },
  })
})

test('values have no accuracy, and nothing in common no figures', async (t) => {
  const values = { loss: 'mse', labelFormat: 'values', outputs: 1 }
  await evaluationOf(app, 'values', values, [{ predictions: [1, 2], labels: [1, 1] }])
  t.match((await send(app, 'GET', '/values/comparison?with=values')).body, {
    accuracyDifference: null,
    difference: { loss: 0 },
    batches: { paired: 1 },
  })
  await evaluationOf(app, 'bare', values, [])
  t.match((await send(app, 'GET', '/bare/comparison?with=values')).body, {
    predictions: { loss: null, lossStatus: 'undefined', samples: 0, outputs: 1 },
    difference: { loss: null, lossStatus: 'undefined' },
    batches: { paired: 0, onlyPredictions: 0, onlyBaseline: 1 },
  })
})

test('what is not there is named, and so is what cannot be compared', async (t) => {
  await evaluationOf(app, 'a', threeClasses, [])
  t.match((await send(app, 'GET', '/a/comparison?with=nothing')).body, { status: 404, detail: /"nothing"/ })
  t.match((await send(app, 'GET', '/nobody/comparison?with=a')).body, { status: 404, detail: /"nobody"/ })
  t.match((await send(app, 'GET', '/a/comparison')).body, { status: 422, errors: [{ pointer: '#/with' }] })
  t.match((await send(app, 'GET', '/a/comparison?with=a%2Fb')).body, { status: 422, errors: [{ pointer: '#/with' }] })
  await evaluationOf(app, 'b', { ...threeClasses, outputs: 4, classWeights: [1, 2, 3, 4], labelSmoothing: 0.1 }, [])
  const { body } = await send(app, 'GET', '/a/comparison?with=b')
  t.match(body, { status: 422, errorCount: 3 })
  const { errors } = body as { errors: { pointer: string; detail: string; received: string }[] }
  t.same(
    errors.map(({ pointer, received }) => [pointer, received]),
    Array.from({ length: 3 }, () => ['#/with', 'b']),
  )
  t.match(errors.map(({ detail }) => detail).join('\n'), /classWeights an array of 4, and "a" with not given/)
})

test('the error shown is that of the service', async (t) => {
  await app.inject({ method: 'DELETE', url: '/v1/evaluations/run-6' })
  await evaluationOf(app, 'run-6', { ...threeClasses, reduction: 'sum' }, [])
  const { status, body } = await send(app, 'GET', '/run-7/comparison?with=run-6')
  t.equal(status, 422)
  const { requestId: _, ...shown } = plainProblem(wrongWith)
  t.same(body, { ...shown, instance: '/v1/evaluations/run-7/comparison' })
})

test('models may be read in other ways', async (t) => {
  const exact = { ...threeClasses, logPolicy: 'exact' }
  await evaluationOf(app, 'probabilities', exact, [{ predictions: [[0.2, 0.7, 0.1]], labels: [1] }])
  const logits = [[0.2, 0.7, 0.1].map(Math.log)]
  await evaluationOf(app, 'logits', { ...exact, predictionFormat: 'logits' }, [{ predictions: logits, labels: [1] }])
  const { status, body } = await send(app, 'GET', '/logits/comparison?with=probabilities')
  t.equal(status, 200)
  const { difference } = body as { difference: { loss: number } }
  t.ok(Math.abs(difference.loss) < 1e-15)
})
