import { test } from 'tap'
import { pack } from '../../src/loss/pack.ts'
import { resolve } from '../../src/loss/resolve.ts'
import { maxOutputs } from '../../src/loss/shape.ts'
import { checkOutputOptions, readWeightOption, readWeights } from '../../src/loss/weights.ts'
import { errorsOf } from './support.ts'

test('class weights are a list of numbers from 0 to 1e100', async (t) => {
  t.same(readWeights('classWeights', pack('classWeights', [1, 0, 2.5, 1e100])), Float64Array.of(1, 0, 2.5, 1e100))
  const list = 'it must be a list with one number for each output'
  const range = 'weights must be numbers from 0 to 1e+100.'
  const table: [unknown, [at: number[], detail: string, received: unknown][]][] = [
    [
      [1, -1, 1e101],
      [
        [[1], `[1] is -1; ${range}`, -1],
        [[2], `[2] is 1e+101; ${range}`, 1e101],
      ],
    ],
    [3, [[[], ` is a bare number; ${list}`, 3]]],
    [[[1, 2]], [[[], ` is 1 row of 2 numbers; ${list}`, 'an array of 1 array of 2 numbers']]],
    ['x', [[[], ' is a string; it must be an array of numbers', 'a string']]],
  ]
  for (const [weights, errors] of table) {
    t.same(
      errorsOf(() => readWeights('classWeights', pack('classWeights', weights))),
      errors.map(([at, said, received]) => ({
        path: ['classWeights', ...at],
        detail: `classWeights${said}`,
        received,
      })),
    )
  }
  t.match(
    errorsOf(() => readWeights('classWeights', pack('classWeights', [null, 'a']))).map(({ path }) => path),
    [
      ['classWeights', 0],
      ['classWeights', 1],
    ],
  )
})

test('no more class weights are read than there can be outputs', async (t) => {
  const weights = (length: number) => () =>
    readWeights('classWeights', { data: new Float64Array(length), shape: [length], nonNumeric: [], nonNumericCount: 0 })
  t.doesNotThrow(weights(maxOutputs))
  const refusal = { message: /maxColumns/, limit: 'maxColumns', allowed: maxOutputs, path: ['classWeights'] }
  t.throws(weights(maxOutputs + 1), refusal)
})

test('there is one class weight for each output', async (t) => {
  const options = { loss: 'cross-entropy', labelFormat: 'index' } as const
  const spec = resolve({ ...options, classWeights: Float64Array.of(1, 2) })
  checkOutputOptions(spec, { samples: 5, outputs: 2 })
  checkOutputOptions(resolve(options), { samples: 5, outputs: 9 })
  t.same(
    errorsOf(() => checkOutputOptions(spec, { samples: 5, outputs: 3 })),
    [
      {
        path: ['classWeights'],
        detail: 'classWeights is a list of 2 numbers; it must be a list with one number for each of the 3 outputs',
        received: 'an array of 2 numbers',
      },
    ],
  )
})

test('topK is at most the outputs', async (t) => {
  const spec = resolve({ loss: 'mse', labelFormat: 'index', topK: 3 })
  checkOutputOptions(spec, { samples: 1, outputs: 3 })
  t.same(
    errorsOf(() => checkOutputOptions(spec, { samples: 5, outputs: 1 })),
    [{ path: ['topK'], detail: 'topK is 3; it must be at most the 1 output of predictions', received: 3 }],
  )
})

test('one positive weight for all outputs, or one for each', async (t) => {
  t.equal(readWeightOption('positiveWeight', pack('positiveWeight', 2.5)), 2.5)
  t.same(readWeightOption('positiveWeight', pack('positiveWeight', [1, 0])), Float64Array.of(1, 0))
  for (const wrong of [0, -1]) {
    const detail = `positiveWeight is ${wrong}; it must be a number > 0, or an array of numbers`
    t.same(
      errorsOf(() => readWeightOption('positiveWeight', pack('positiveWeight', wrong))),
      [{ path: ['positiveWeight'], detail, received: wrong }],
    )
  }
  t.same(errorsOf(() => readWeightOption('classWeights', pack('classWeights', 2)))[0].path, ['classWeights'])
  for (const wrong of ['x', null, [[1]]])
    t.equal(errorsOf(() => readWeightOption('positiveWeight', pack('positiveWeight', wrong))).length, 1)
  const spec = resolve({ loss: 'binary-cross-entropy', labelFormat: 'binary', positiveWeight: Float64Array.of(1, 2) })
  checkOutputOptions(spec, { samples: 1, outputs: 2 })
  t.same(errorsOf(() => checkOutputOptions(spec, { samples: 1, outputs: 3 }))[0].path, ['positiveWeight'])
})
