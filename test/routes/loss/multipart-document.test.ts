import t, { test } from 'tap'
import { lossMultipartDocument } from '../../../src/routes/loss/multipart-document.ts'
import { formOf, npyOf } from '../../formats/form.ts'
import { appOf } from '../../support.ts'

const app = await appOf(t)
const { properties } = lossMultipartDocument['multipart/form-data'].schema as {
  properties: Record<string, Record<string, unknown>>
}

test('every part that the document has is taken', async (t) => {
  const file = 'application/octet-stream'
  const texts: Record<string, string> = {
    csvHeader: 'false',
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictionFormat: 'probabilities',
    reduction: 'mean',
    logPolicy: 'add-epsilon',
    epsilon: '1e-7',
    ignoreIndex: '-100',
    include: '["confusion"]',
    miniBatch: '{"size":2,"seed":1}',
    options: '{"rowSumTolerance":0.01}',
  }
  const { headers, payload } = formOf([
    ...Object.entries(texts),
    ['predictions', npyOf([2, 2], [0.5, 0.5, 0.25, 0.75]), file],
    ['labels', npyOf([2], [0, 1], '<i8'), file],
    ['sampleWeights', npyOf([2], [1, 2], '<f4'), file],
    ['classWeights', npyOf([2], [1, 2], '|u1'), file],
  ])
  t.same(
    Object.keys(texts).filter((name) => !(name in properties)),
    [],
  )
  const answer = await app.inject({ method: 'POST', url: '/v1/loss', headers, payload })
  t.equal(answer.statusCode, 200, answer.body)
})
