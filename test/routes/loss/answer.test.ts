import { t as root, test } from 'tap'
import { includes } from '../../../src/loss/formats.ts'
import { lossAnswer } from '../../../src/routes/loss/answer.ts'
import { matrix } from '../../matrix.ts'
import { appOf } from '../../support.ts'

const app = await appOf(root)

async function answerTo(request: object): Promise<Record<string, unknown>> {
  const payload = { loss: 'cross-entropy', labelFormat: 'index', ...request }
  const response = await app.inject({ method: 'POST', url: '/v1/loss', payload })
  return response.json()
}

test('every field of a full answer is in the schema, and the other way round', async (t) => {
  const answer = await answerTo({
    predictions: matrix('0.25 0.75; 0.5 0.5'),
    labels: [0, 1],
    reduction: 'none',
    include: includes,
    topK: 1,
    thresholds: 3,
    costs: { falsePositive: 1, falseNegative: 2 },
    miniBatch: { size: 2, seed: 1 },
    groups: { country: ['KR', null] },
    groupBy: ['country'],
    require: [{ figure: 'accuracy', atLeast: 0, confident: true }],
  })
  // only a table has rows that are dropped
  t.same([...Object.keys(answer), 'dropped'].sort(), Object.keys(lossAnswer.shape).sort())
  t.same(lossAnswer.strict().parse(answer), answer)
})

test('what is infinite is null everywhere', async (t) => {
  const answer = await answerTo({
    predictions: [[0, 1]],
    labels: [0],
    logPolicy: 'exact',
    reduction: 'none',
    include: includes,
  })
  t.same(lossAnswer.strict().parse(answer), answer)
  t.match(answer, { loss: null, lossStatus: 'infinite', losses: [null], gradient: null, lossSum: null })
})

test('an ignored row is null in perSample', async (t) => {
  const answer = await answerTo({ predictions: matrix('0 1; 0 1'), labels: [1, 9], ignoreIndex: 9, include: includes })
  t.same(lossAnswer.strict().parse(answer), answer)
  t.match(answer, { ignored: 1, perSample: { correct: [true, null] } })
})

test('it refuses what JSON cannot say', async (t) => {
  const answer = await answerTo({ predictions: [[0.5, 0.5]], labels: [0] })
  for (const loss of [Number.NaN, Number.POSITIVE_INFINITY, '1', undefined])
    t.equal(lossAnswer.safeParse({ ...answer, loss }).success, false, String(loss))
})
