import { test } from 'tap'
import type { z } from 'zod'
import { validated } from '../../../src/http/validation.ts'
import { losses, lossNames } from '../../../src/loss/kernels/index.ts'
import type { InvalidContent } from '../../../src/loss/validation-errors.ts'
import {
  batchSchema,
  labelFormatError,
  lossRequest,
  optionsSchema,
  unknownField,
} from '../../../src/routes/loss/schema.ts'

const tensor = { data: Float64Array.of(1), shape: [1], nonNumeric: [], nonNumericCount: 0 }

/** Place and words of what a schema refuses. */
function refusals(schema: z.ZodType, data: unknown): [string, string][] {
  try {
    validated(schema, data)
    return []
  } catch (error) {
    return (error as InvalidContent).errors.list.map(({ path, detail }) => [path.join('/'), detail])
  }
}

const common = 'labelFormat predictionFormat reduction include predictions labels sampleWeights miniBatch'
const classOptions = 'rowSumTolerance ignoreIndex labelSmoothing'
/** The fields of each loss besides `loss` and the common ones, written down by hand. */
const fields: Record<string, string> = {
  sse: `${classOptions} threshold`,
  mse: `${classOptions} threshold`,
  mae: `${classOptions} threshold`,
  'cross-entropy': `logPolicy epsilon classWeights ${classOptions}`,
  'binary-cross-entropy': 'logPolicy epsilon threshold',
  huber: `delta ${classOptions} threshold`,
  'log-cosh': `${classOptions} threshold`,
  'kl-divergence': `logPolicy epsilon ${classOptions}`,
  brier: `${classOptions} threshold`,
  hinge: 'threshold',
}
const values: Record<string, unknown> = {
  labelFormat: undefined,
  reduction: 'sum',
  include: [],
  predictions: tensor,
  labels: tensor,
  sampleWeights: tensor,
  classWeights: tensor,
  miniBatch: { size: 1, seed: 2, replacement: false },
  logPolicy: 'clip',
  epsilon: 1e-9,
  delta: 2,
  rowSumTolerance: 0,
  ignoreIndex: -1,
  labelSmoothing: 0.5,
  threshold: 1,
}

test('each loss has its fields and no others', async (t) => {
  t.same(Object.keys(fields), lossNames)
  for (const loss of lossNames) {
    const [labelFormat] = losses[loss].labelFormats
    const [predictionFormat] = losses[loss].predictionFormats
    const known = `${common} ${fields[loss]}`.split(' ')
    for (const name of Object.keys(values)) {
      const request = { loss, labelFormat, predictionFormat, predictions: tensor, labels: tensor, [name]: values[name] }
      if (name === 'labelFormat') request.labelFormat = labelFormat
      const pointers = refusals(lossRequest, request).map(([pointer]) => pointer)
      t.same(pointers, known.includes(name) ? [] : [name], `${loss} ${name}`)
    }
  }
})

test('what a request needs', async (t) => {
  const formats = 'one-hot, index, probabilities'
  t.same(refusals(lossRequest, { loss: 'cross-entropy' }), [
    [
      'labelFormat',
      `labelFormat is missing; say how labels is written, one of ${formats}: one-hot and index labels cannot be told apart by a machine`,
    ],
    ['predictions', 'predictions is missing; it needs numbers'],
    ['labels', 'labels is missing; it needs numbers'],
  ])
  t.same(refusals(lossRequest, { loss: 'cross-entropy', labelFormat: 'binary', predictions: [1], labels: null }), [
    ['labelFormat', `labelFormat is not right: "binary"; loss "cross-entropy" goes with labelFormat ${formats}`],
    ['predictions', 'predictions is not right: an array; it needs numbers'],
    ['labels', 'labels is not right: null; it needs numbers'],
  ])
  t.same(refusals(lossRequest, { loss: 'zero-one' }), [
    ['loss', `loss is not right: "zero-one"; loss must be one of ${lossNames.join(', ')}`],
  ])
  t.same(refusals(lossRequest, 'mse'), [['', 'the body is not right: "mse"; it must be one JSON object']])
})

test('a random sample is with replacement unless it says otherwise', async (t) => {
  const request = { loss: 'mse', labelFormat: 'values', predictions: tensor, labels: tensor }
  t.same(lossRequest.parse({ ...request, miniBatch: { size: 1, seed: 2 } }).miniBatch, {
    size: 1,
    seed: 2,
    replacement: true,
  })
  t.same(refusals(lossRequest, { ...request, miniBatch: { size: 1, seed: 2, sede: 3 } }), [
    ['miniBatch/sede', '"sede" is no field here; the fields are size, seed, replacement'],
  ])
})

test('the options of a stream ask for nothing that grows with it', async (t) => {
  const options = { loss: 'mse', labelFormat: 'values' }
  t.same(refusals(optionsSchema, options), [])
  for (const [change, pointer] of [
    [{ reduction: 'none' }, 'reduction'],
    [{ include: ['gradient'] }, 'include/0'],
    [{ include: ['perSample'] }, 'include/0'],
    [{ miniBatch: { size: 1, seed: 1 } }, 'miniBatch'],
    [{ predictions: tensor }, 'predictions'],
  ] as const)
    t.same(
      refusals(optionsSchema, { ...options, ...change }).map(([place]) => place),
      [pointer],
    )
})

test('a line of a stream has numbers alone', async (t) => {
  const line = { predictions: tensor, labels: tensor }
  t.same(refusals(batchSchema, { ...line, sampleWeights: tensor }), [])
  t.same(refusals(batchSchema, { ...line, loss: 'mse' }), [
    ['loss', '"loss" is no field here; the fields are predictions, labels, sampleWeights'],
  ])
})

test('words', async (t) => {
  t.equal(unknownField(['a', 'b'])({ code: 'unrecognized_keys' }), 'is no field here; the fields are a, b')
  t.equal(unknownField(['a'])({ code: 'invalid_type' }), undefined)
  t.equal(labelFormatError('hinge', 'index'), 'loss "hinge" goes with labelFormat binary')
})
