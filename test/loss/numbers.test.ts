import { test } from 'tap'
import { digestsOf } from '../../src/evaluations/digests.ts'
import type { Tensors } from '../../src/loss/batch.ts'
import { check, layoutOfAll } from '../../src/loss/batch.ts'
import { compare } from '../../src/loss/comparison.ts'
import { Evaluation } from '../../src/loss/evaluation.ts'
import type { Numbers } from '../../src/loss/numbers.ts'
import { resolve } from '../../src/loss/resolve.ts'
import type { Options } from '../../src/loss/spec.ts'
import { sweep } from '../../src/loss/sweep.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { outcomeOf } from '../formats/support.ts'
import { unaccounted } from '../unaccounted.ts'
import { random } from './requests.ts'
import { asSent, finish, groupColumnsOf, Ledger, unlimited } from './support.ts'

const rows = 12_000
const types = {
  Float32Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
} as const

type TypeName = keyof typeof types | 'Float64Array'

/** A tensor of some numbers that every type has, in one of them. */
function tensor(shape: readonly number[], type: TypeName, valueAt: (at: number) => number): Tensor {
  const length = shape.reduce((product, size) => product * size, 1)
  const doubles = Float64Array.from({ length }, (_, at) => valueAt(at))
  const data: Numbers = type === 'Float64Array' ? doubles : types[type].from(doubles)
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}

type Case = readonly [options: Options, tensors: (type: TypeName) => Tensors]

const scrambled = (at: number) => (at * 7919) % 10_007

const scores = (type: TypeName) => tensor([rows, 3], type, (at) => scrambled(at) % 100)
const classes = (type: TypeName) => tensor([rows], type, (at) => scrambled(at) % 3)
const marked = (type: TypeName) => tensor([rows], type, (at) => (at % 11 === 0 ? 99 : scrambled(at) % 3))
const ones = (type: TypeName) => tensor([rows, 3], type, (at) => Number(at % 3 === scrambled(Math.floor(at / 3)) % 3))
const bits = (type: TypeName) => tensor([rows], type, (at) => scrambled(at) % 2)
const otherBits = (type: TypeName) => tensor([rows], type, (at) => scrambled(at + 5) % 2)
const counts = (type: TypeName) => tensor([rows, 3], type, (at) => 1 + (scrambled(at + 3) % 90))
const weights = (type: TypeName) => tensor([rows], type, (at) => scrambled(at) % 4)
const groups = () => groupColumnsOf({ of: Array.from({ length: rows }, (_, at) => `g${scrambled(at) % 5}`) })

const byClass = { loss: 'cross-entropy', predictionFormat: 'logits' } as const
const mini = { miniBatch: { size: 9000, seed: 4, replacement: true } }
const cases: readonly Case[] = [
  [
    {
      ...byClass,
      labelFormat: 'index',
      include: ['perClass', 'confusion', 'calibration', 'ranking', 'perSample', 'gradient'],
    },
    (type) => ({ predictions: scores(type), labels: classes(type), sampleWeights: weights(type) }),
  ],
  [
    { ...byClass, labelFormat: 'index', ignoreIndex: 99, labelSmoothing: 0.25, include: ['ranking'] },
    (type) => ({ predictions: scores(type), labels: marked(type) }),
  ],
  [
    { ...byClass, labelFormat: 'one-hot', ...mini, reduction: 'none' },
    (type) => ({ predictions: scores(type), labels: ones(type), sampleWeights: weights(type) }),
  ],
  [
    { ...byClass, labelFormat: 'one-hot', groupBy: ['of'], include: ['confusion'] },
    (type) => ({ predictions: scores(type), labels: ones(type), sampleWeights: weights(type), groups: groups() }),
  ],
  [
    { loss: 'binary-cross-entropy', labelFormat: 'binary', include: ['ranking', 'perClass', 'calibration'] },
    (type) => ({ predictions: bits(type), labels: otherBits(type), sampleWeights: weights(type) }),
  ],
  [
    { loss: 'mape', labelFormat: 'values', include: ['gradient'] },
    (type) => ({ predictions: scores(type), labels: counts(type), sampleWeights: weights(type) }),
  ],
]

const context = { ...unlimited, ...random }

function answerOf(options: Options, tensors: Tensors): unknown {
  const evaluation = new Evaluation(resolve(options), context)
  finish(evaluation.add(tensors))
  return asSent(finish(evaluation.report()))
}

test('an answer has the same bits whatever the type in which numbers came', (t) => {
  for (const [options, tensors] of cases) {
    const doubles = answerOf(options, tensors('Float64Array'))
    for (const type of Object.keys(types) as TypeName[]) {
      t.strictSame(answerOf(options, tensors(type)), doubles, `${options.loss} ${options.labelFormat} ${type}`)
    }
  }
  t.end()
})

test('types may differ within a batch', (t) => {
  const [options] = cases[0]
  const mixed = {
    predictions: scores('Float32Array'),
    labels: classes('Float64Array'),
    sampleWeights: weights('Int8Array'),
  }
  t.strictSame(answerOf(options, mixed), answerOf(options, cases[0][1]('Float64Array')))
  const other = {
    predictions: scores('Float64Array'),
    labels: classes('Uint8Array'),
    sampleWeights: weights('Float64Array'),
  }
  t.strictSame(answerOf(options, other), answerOf(options, cases[0][1]('Float64Array')))
  t.end()
})

test('comparisons, sweeps and digests are the same, too', (t) => {
  const [options, tensors] = cases[0]
  const compared = (type: TypeName) => {
    const baseline = tensor([rows, 3], type, (at) => scrambled(at + 1) % 100)
    return JSON.stringify(
      finish(compare(resolve({ ...byClass, labelFormat: 'index' }), { ...tensors(type), baseline }, context)),
    )
  }
  const spec = resolve({ ...byClass, labelFormat: 'index' })
  const swept = (type: TypeName) => {
    const given = tensors(type)
    const batch = finish(check(spec, given, layoutOfAll(spec, given), unaccounted))
    return finish(sweep(spec, batch, { name: 'temperature' }, [0.5, 2], unaccounted))
  }
  const digested = (type: TypeName) => finish(digestsOf(tensors(type), options.labelFormat))
  for (const type of Object.keys(types) as TypeName[]) {
    t.equal(compared(type), compared('Float64Array'), type)
    t.strictSame(swept(type), swept('Float64Array'), type)
    t.strictSame(digested(type), digested('Float64Array'), type)
  }
  t.end()
})

test('errors are the same, with the places of all numbers', (t) => {
  const refusal = (options: Options, tensors: Tensors) => {
    const error = outcomeOf(() => answerOf(options, tensors))
    if (error instanceof InvalidContent) return [error.message, error.errors.list, error.errors.count]
    throw error
  }
  const wrong: readonly Case[] = [
    // a hundred labels beyond the classes, from the middle of a block on
    [
      { ...byClass, labelFormat: 'index' },
      (type) => ({
        predictions: scores(type),
        labels: tensor([rows], type, (at) => (at > 9000 && at < 9100 ? 7 : at % 3)),
      }),
    ],
    [
      { loss: 'cross-entropy', labelFormat: 'one-hot' },
      (type) => ({
        predictions: ones(type),
        labels: tensor([rows, 3], type, (at) => Number(at % 3 === 0 || at === 30_001)),
      }),
    ],
    [
      { loss: 'mape', labelFormat: 'values' },
      (type) => ({ predictions: scores(type), labels: tensor([rows, 3], type, (at) => Number(at < 20_000)) }),
    ],
    // percentages: a remedy is found on the numbers as they came
    [
      { loss: 'binary-cross-entropy', labelFormat: 'binary' },
      (type) => ({ predictions: tensor([rows], type, (at) => scrambled(at) % 101), labels: bits(type) }),
    ],
  ]
  for (const [options, tensors] of wrong) {
    const ofDoubles = refusal(options, tensors('Float64Array'))
    for (const type of Object.keys(types) as TypeName[]) t.strictSame(refusal(options, tensors(type)), ofDoubles, type)
  }
  t.end()
})

test('no more than a step of numbers becomes doubles at a time', (t) => {
  const memory = new Ledger()
  const spec = resolve({ loss: 'mse', labelFormat: 'values' })
  const evaluation = new Evaluation(spec, { ...context, memory })
  const many = 3_000_000
  const tensors = {
    predictions: tensor([many], 'Uint8Array', (at) => at % 2),
    labels: tensor([many], 'Int8Array', () => 1),
  }
  finish(evaluation.add(tensors))
  t.ok(memory.peak > 0 && memory.peak < 2 ** 20, `${memory.peak} bytes`)
  t.equal(evaluation.figures().loss, 0.5)
  t.end()
})
