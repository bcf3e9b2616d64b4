import t, { test } from 'tap'
import { optionNames } from '../../../src/loss/options.ts'
import { batchMultipartDocument, lossMultipartDocument } from '../../../src/routes/loss/multipart-document.ts'
import { formOf, npyOf } from '../../formats/form.ts'
import { appOf } from '../../support.ts'

const app = await appOf(t)
const { properties } = lossMultipartDocument['multipart/form-data'].schema as {
  properties: Record<string, Record<string, unknown>>
}

test('a form has a part for each tensor and each option, and files where numbers come', (t) => {
  const tensors = ['predictions', 'labels', 'sampleWeights']
  t.same(Object.keys(properties), ['csvHeader', 'loss', 'labelFormat', ...tensors, 'groups', ...optionNames, 'options'])
  t.same(Object.keys(batchMultipartDocument['multipart/form-data'].schema.properties), [
    'csvHeader',
    ...tensors,
    'groups',
  ])
  const files = Object.keys(properties).filter((name) => properties[name].format === 'binary')
  t.same(files, [...tensors, 'classWeights'])
  t.match(properties, {
    epsilon: { type: ['number', 'string'], maxLength: 0, exclusiveMinimum: 0 },
    ignoreIndex: { type: ['integer', 'string'] },
    reduction: { type: 'string', enum: ['mean', 'sum', 'none'] },
    include: { type: 'array', items: { type: 'string' }, description: /A part each\.$/ },
    miniBatch: { type: 'string', description: /As JSON: `\{size, seed, replacement\}`/ },
  })
  const blank = Object.keys(properties).filter((name) => properties[name].example === '')
  const filled = ['csvHeader', 'loss', 'labelFormat', ...files, 'predictionFormat', 'reduction', 'logPolicy', 'include']
  t.same(
    blank,
    Object.keys(properties).filter((name) => !filled.includes(name)),
  )
  for (const [name, { description, kind }] of Object.entries(properties)) {
    t.type(description, 'string', name)
    t.equal(kind, undefined)
  }
  t.end()
})

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
