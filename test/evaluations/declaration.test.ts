import { test } from 'tap'
import type { Declared } from '../../src/evaluations/declaration.ts'
import { differencesOf, incomparable, readDeclaration, writeDeclaration } from '../../src/evaluations/declaration.ts'
import { losses } from '../../src/loss/kernels/index.ts'
import { defaultFor, optionNames } from '../../src/loss/options.ts'
import { resolve } from '../../src/loss/resolve.ts'
import type { Options } from '../../src/loss/spec.ts'
import { describeSpec } from '../../src/loss/spec.ts'
import { combinations } from '../loss/problems.ts'
import type { Request } from '../loss/support.ts'
import { specOf } from '../loss/support.ts'
import { declaredFor } from './evaluations.ts'

const request: Request = { loss: 'cross-entropy', labelFormat: 'index', predictions: [], labels: [] }
const given = {
  logPolicy: 'clip',
  epsilon: 1e-6,
  classWeights: [0.1, 0.2, 0.7],
  ignoreIndex: -100,
  labelSmoothing: 0.1,
  reduction: 'sum',
  rowSumTolerance: 0.01,
  include: ['confusion', 'perClass'],
} as const
const full: Declared = {
  spec: specOf({ ...request, ...given }),
  outputs: 3,
  expectedBatches: 10,
  expectedSamples: 640,
  metadata: { run: 'seven', model: 'small' },
}

test('a declaration is kept as what a client has to give', async (t) => {
  t.same(JSON.parse(writeDeclaration(full)), {
    options: { loss: 'cross-entropy', labelFormat: 'index', ...given },
    outputs: 3,
    expectedBatches: 10,
    expectedSamples: 640,
    metadata: { run: 'seven', model: 'small' },
  })
  t.equal(
    writeDeclaration(declaredFor(request, 3)),
    '{"options":{"loss":"cross-entropy","labelFormat":"index"},"outputs":3,"metadata":{}}',
  )
})

test('what is written is read', async (t) => {
  t.strictSame(readDeclaration(writeDeclaration(full)), full)
  for (const { name, loss, labelFormat, predictionFormat } of combinations) {
    const declared = declaredFor({ ...request, loss, labelFormat, predictionFormat }, 2)
    const read = readDeclaration(writeDeclaration(declared))
    t.strictSame(read.spec, declared.spec, name)
    t.same(differencesOf(read, declared), [], name)
  }
})

test('a declaration that spells out every default is the same', async (t) => {
  for (const { name, loss, labelFormat, predictionFormat } of combinations) {
    const brief = declaredFor({ ...request, loss, labelFormat, predictionFormat }, 2)
    const spelledOut = resolve(describeSpec(brief.spec) as unknown as Options)
    const all = optionNames.map((option) => [option, defaultFor(option, losses[loss], brief.spec.predictionFormat)])
    const filledIn = resolve({ ...Object.fromEntries(all), loss, labelFormat, predictionFormat })
    for (const spec of [spelledOut, filledIn]) {
      t.same(differencesOf(brief, { ...brief, spec }), [], name)
      t.same(differencesOf({ ...brief, spec }, brief), [], name)
      t.equal(writeDeclaration({ ...brief, spec }), writeDeclaration(brief), name)
    }
  }
})

test('the order of metadata and of sections is no difference', async (t) => {
  const other = {
    ...full,
    spec: { ...full.spec, include: ['perClass', 'confusion'] as const },
    metadata: { model: 'small', run: 'seven' },
  }
  t.same(differencesOf(full, other), [])
})

test('losses can be compared unless they are other losses', async (t) => {
  const same = declaredFor({ ...request, predictionFormat: 'logits', include: ['confusion'] }, 3, {
    expectedBatches: 5,
    metadata: { model: 'a' },
  })
  const other = declaredFor({ ...request, logPolicy: 'exact', rowSumTolerance: 0.1 }, 3)
  t.same(incomparable(same, other), [])
  t.same(
    incomparable(declaredFor({ ...request, reduction: 'sum', labelSmoothing: 0.1 }, 3), declaredFor(request, 4)).map(
      ({ path }) => path[0],
    ),
    ['reduction', 'labelSmoothing', 'outputs'],
  )
})

test('what a newer release may have declared is refused, not read in part', async (t) => {
  const kept = JSON.parse(writeDeclaration(full))
  const newer: [name: string, options: object][] = [
    ['a loss', { loss: 'focus' }],
    ['a labelFormat', { labelFormat: 'words' }],
    ['an option', { lambda: 2 }],
    ['a word', { logPolicy: 'softly' }],
    ['a section', { include: ['confusion', 'guesses'] }],
  ]
  for (const [name, options] of newer) {
    const text = JSON.stringify({ ...kept, options: { ...kept.options, ...options } })
    t.throws(() => readDeclaration(text), { name: 'StoreUnavailable', reason: 'newer-release' }, name)
  }
})
