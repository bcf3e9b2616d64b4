import { test } from 'tap'
import { z } from 'zod'
import { validated } from '../../../src/formats/schema.ts'
import { includes } from '../../../src/loss/formats.ts'
import type { LossName } from '../../../src/loss/kernels/index.ts'
import { losses, lossNames } from '../../../src/loss/kernels/index.ts'
import { isOptionOf, optionNames } from '../../../src/loss/options.ts'
import { isMergeable } from '../../../src/loss/report/sections.ts'
import { resolve } from '../../../src/loss/resolve.ts'
import type { Options } from '../../../src/loss/spec.ts'
import { describeSpec } from '../../../src/loss/spec.ts'
import { InvalidContent } from '../../../src/loss/validation-errors.ts'
import {
  batchSchema,
  coreOptions,
  lossRequest,
  lossSpec,
  optionsSchema,
  optionsWith,
} from '../../../src/routes/loss/schema.ts'

import { otherValue } from '../../loss/option-values.ts'

const tensor = { data: Float64Array.of(1), shape: [1], nonNumeric: [], nonNumericCount: 0 }

/** Place and words of what a schema refuses. */
function refusals(schema: z.ZodType, data: unknown): [string, string][] {
  try {
    validated(schema, data)
    return []
  } catch (error) {
    if (!(error instanceof InvalidContent)) throw error
    return error.errors.list.map(({ path, detail }) => [path.join('/'), detail])
  }
}

/** Place and message of each issue, before they are made a sentence. */
function messages(schema: z.ZodType, data: unknown): [string, string][] {
  return (schema.safeParse(data).error?.issues ?? []).map(({ path, message }) => [path.join('/'), message])
}

const batch = ['predictions', 'labels', 'sampleWeights', 'groups']

/** The options that have an effect with a loss. */
function fieldsOf(name: LossName): string[] {
  return ['loss', 'labelFormat', ...optionNames.filter((option) => isOptionOf(option, losses[name]))]
}

interface JsonSchema {
  readonly oneOf: { readonly $ref: string }[]
  readonly discriminator: unknown
  readonly $defs: Record<
    string,
    { properties: Record<string, { description?: string }>; required: string[]; additionalProperties: false }
  >
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $ref = '', $defs = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return { ...$defs[$ref.slice('#/$defs/'.length)], $defs } as unknown as JsonSchema
}

const title = (loss: string) => loss.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())

test('every loss knows every option, so that it may hold a default', async (t) => {
  for (const loss of lossNames) {
    const [labelFormat] = losses[loss].labelFormats
    const [predictionFormat] = losses[loss].predictionFormats
    const values = optionNames.map((name) => {
      const value = otherValue(name, losses[loss])
      return [name, value instanceof Float64Array ? tensor : value]
    })
    const options = { loss, labelFormat, ...Object.fromEntries(values), predictionFormat }
    t.same(optionsSchema.parse(options), options, loss)
    t.same(refusals(lossRequest, { ...options, predictions: tensor, labels: tensor, sampleWeights: tensor }), [], loss)
  }
})

test('the range of an option goes by the loss', async (t) => {
  const options = { loss: 'hinge', labelFormat: 'binary', threshold: -3.5 }
  t.same(refusals(optionsSchema, options), [])
  const errors = refusals(optionsSchema, { ...options, loss: 'brier' })
  t.equal(errors.length, 1)
  t.match(errors[0], ['threshold', 'must be a number >= 0 and <= 1'])
})

test('the spec of an answer fits its schema, and is a request again', async (t) => {
  for (const loss of lossNames) {
    for (const labelFormat of losses[loss].labelFormats) {
      for (const predictionFormat of losses[loss].predictionFormats) {
        const weights = loss === 'cross-entropy' ? { classWeights: Float64Array.of(1, 2) } : {}
        const spec = describeSpec(resolve({ loss, labelFormat, predictionFormat, ...weights } as Options))
        t.same(lossSpec.parse(spec), spec)
        const packed = 'classWeights' in spec ? { classWeights: tensor } : {}
        t.same(refusals(lossRequest, { ...spec, ...packed, predictions: tensor, labels: tensor }), [])
      }
    }
  }
})

test('what a request needs', async (t) => {
  const formats = 'one-hot, index, probabilities'
  const missing = `the caller must declare it, as one of ${formats}: one-hot and index labels cannot be distinguished reliably`
  t.same(refusals(lossRequest, { loss: 'cross-entropy' }), [
    ['labelFormat', `labelFormat is missing; ${missing}`],
    ['predictions', 'predictions is missing; it must be an array of numbers'],
    ['labels', 'labels is missing; it must be an array of numbers'],
  ])
  t.same(messages(lossRequest, { loss: 'cross-entropy', labelFormat: 'binary', predictions: [1], labels: null }), [
    ['labelFormat', 'must be one-hot, index or probabilities for loss "cross-entropy"'],
    ['predictions', 'must be an array of numbers'],
    ['labels', 'must be an array of numbers'],
  ])
  t.same(messages(optionsSchema, { loss: 'zero-one' }), [['loss', `must be one of ${lossNames.join(', ')}`]])
  t.same(messages(optionsSchema, {}), [['loss', `must be one of ${lossNames.join(', ')}`]])
  for (const body of ['mse', null, [], 3]) t.same(messages(lossRequest, body), [['', 'must be one JSON object']])
})

test('an unknown field is told with those that have an effect, and the nearest', async (t) => {
  const options = { loss: 'huber', labelFormat: 'values', detla: 2 }
  const told = fieldsOf('huber')
  t.same(messages(optionsSchema, options), [
    [
      '',
      `is not a recognised field; the options are ${[...told, 'require'].join(', ')}; the data fields are predictions, labels, sampleWeights, groups; did you mean "delta"?`,
    ],
  ])
  t.same(messages(lossRequest, { ...options, predictions: tensor, labels: tensor }), [
    [
      '',
      `is not a recognised field; the fields are ${[...told, ...batch, 'require'].join(', ')}; did you mean "delta"?`,
    ],
  ])
  t.same(
    messages(optionsSchema, { loss: 'mse', labelFormat: 'values', predictions: tensor }).map(([place]) => place),
    [''],
  )
})

test('a batch has numbers alone', async (t) => {
  const line = { predictions: tensor, labels: tensor }
  t.same(refusals(batchSchema, { ...line, sampleWeights: tensor }), [])
  t.same(refusals(batchSchema, { ...line, loss: 'mse' }), [
    ['loss', '"loss" is not a recognised field; the fields are predictions, labels, sampleWeights, groups'],
  ])
})

test('the options of a stream are shown without what needs a single batch, which is left to the core', async (t) => {
  const schema = optionsWith('Stream', 'A stream.', { outputs: z.int() }, () => undefined)
  const { $defs } = jsonSchemaOf(schema)
  for (const loss of lossNames) {
    const { properties } = $defs[`${title(loss)}Stream`]
    const known = [...fieldsOf(loss), 'outputs'].filter((name) => name !== 'miniBatch')
    t.same(Object.keys(properties).toSorted(), known.toSorted(), loss)
    t.match(properties, {
      reduction: { enum: ['mean', 'sum'] },
      include: { items: { enum: includes.filter((name) => isMergeable(name)) } },
    })
    t.notMatch(JSON.stringify(properties), /"(?:none|perSample|gradient)"/)
  }
  const stream = { loss: 'mse', labelFormat: 'values', outputs: 1 }
  for (const more of [{}, { reduction: 'none' }, { miniBatch: { size: 1, seed: 1 } }, { include: ['gradient'] }]) {
    t.same(refusals(schema, { ...stream, ...more }), [])
  }
  const [[place, said]] = refusals(schema, { ...stream, output: 1 })
  t.equal(place, 'output')
  t.match(said, 'did you mean "outputs"?')
  t.notMatch(said, 'miniBatch')
})

test('the core takes of weights their numbers', async (t) => {
  const options = { loss: 'cross-entropy', labelFormat: 'index', epsilon: 0.1, include: [] } as const
  t.same(coreOptions({ ...options, classWeights: tensor }), { ...options, classWeights: tensor.data })
  t.same(coreOptions(options), options)
  const one = { ...tensor, shape: [] }
  t.same(coreOptions({ ...options, positiveWeight: one }), { ...options, positiveWeight: 1 })
  t.same(coreOptions({ ...options, positiveWeight: tensor }), { ...options, positiveWeight: tensor.data })
  const weighted = { loss: 'binary-cross-entropy', labelFormat: 'binary' } as const
  for (const positiveWeight of [2, Float64Array.of(2, 3)]) {
    const spec = describeSpec(resolve({ ...weighted, positiveWeight }))
    t.same(lossSpec.parse(spec), spec)
  }
})
