import Ajv from 'ajv/dist/2020.js'
import { test } from 'tap'
import type { LabelFormat } from '../../../src/loss/formats.ts'
import { labelFormats } from '../../../src/loss/formats.ts'
import { labelsByFormat, labelsSchema, listOf } from '../../../src/routes/loss/labels-schema.ts'

const ajv = new Ajv.Ajv2020({ strict: false })
const validate = ajv.compile({ oneOf: labelsByFormat(labelFormats) })

test('what labels is under each labelFormat', async (t) => {
  const table: [labels: unknown, formats: LabelFormat[]][] = [
    [[[0, 1]], ['one-hot', 'probabilities', 'binary', 'values']],
    [
      [0, 1],
      ['one-hot', 'index', 'probabilities', 'binary', 'values'],
    ],
    [
      [2, 1],
      ['index', 'values'],
    ],
    [3, ['index']],
    [-100, ['index']],
    [0.5, []],
    [
      [0.5, 0.5],
      ['probabilities', 'values'],
    ],
    [[[0.5, 0.5]], ['probabilities', 'values']],
    [[[-1.5, 2]], ['values']],
    [[['0']], []],
    [[[[0]]], []],
    [null, []],
  ]
  for (const [labels, formats] of table)
    for (const labelFormat of labelFormats)
      t.equal(
        validate({ labelFormat, labels }),
        formats.includes(labelFormat),
        `${labelFormat} ${JSON.stringify(labels)}`,
      )
})

test('labels of a loss: a bare integer where index goes, and words for each format', async (t) => {
  const numbers = listOf({ type: 'number' })
  t.same(labelsSchema(['binary']), {
    description: 'The true labels, written as `labelFormat` says. `binary`: 0 or 1, in the shape of `predictions`.',
    oneOf: [listOf(numbers), numbers],
  })
  t.same(labelsSchema(['index']).oneOf, [listOf(numbers), numbers, { type: 'integer' }])
})
