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
const full: Declared = {
  spec: specOf({
    ...request,
    logPolicy: 'clip',
    epsilon: 1e-6,
    classWeights: [0.1, 0.2, 0.7],
    ignoreIndex: -100,
    labelSmoothing: 0.1,
    reduction: 'sum',
    rowSumTolerance: 0.01,
    include: ['confusion', 'perClass'],
  }),
  outputs: 3,
  expectedBatches: 10,
  expectedSamples: 640,
  metadata: { run: 'seven', model: 'small' },
}

test('a declaration is kept as what a client has to give', async (t) => {
  t.same(JSON.parse(writeDeclaration(full)), {
    options: {
      loss: 'cross-entropy',
      labelFormat: 'index',
      logPolicy: 'clip',
      epsilon: 1e-6,
      classWeights: [0.1, 0.2, 0.7],
      ignoreIndex: -100,
      labelSmoothing: 0.1,
      reduction: 'sum',
      rowSumTolerance: 0.01,
      include: ['confusion', 'perClass'],
    },
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

test('every thing that differs is named, with both values', async (t) => {
  const changes: [field: string, change: Partial<Request> & Partial<Declared>, kept: unknown, received: unknown][] = [
    ['logPolicy', { logPolicy: 'add-epsilon' }, 'clip', 'add-epsilon'],
    ['epsilon', { epsilon: 1e-7 }, 1e-6, 1e-7],
    ['classWeights', { classWeights: [0.1, 0.2, 0.6] }, [0.1, 0.2, 0.7], [0.1, 0.2, 0.6]],
    ['classWeights', { classWeights: undefined }, [0.1, 0.2, 0.7], undefined],
    ['ignoreIndex', { ignoreIndex: undefined }, -100, undefined],
    ['labelSmoothing', { labelSmoothing: 0 }, 0.1, 0],
    ['reduction', { reduction: 'mean' }, 'sum', 'mean'],
    ['rowSumTolerance', { rowSumTolerance: undefined }, 0.01, 0.001],
    ['include', { include: ['confusion'] }, ['confusion', 'perClass'], ['confusion']],
    ['outputs', { outputs: 4 }, 3, 4],
    ['expectedBatches', { expectedBatches: undefined }, 10, undefined],
    ['expectedSamples', { expectedSamples: 641 }, 640, 641],
    ['metadata', { metadata: { run: 'eight' } }, { model: 'small', run: 'seven' }, { run: 'eight' }],
  ]
  const options: Request = { ...request, ...(describeSpec(full.spec) as object) }
  for (const [field, change, kept, received] of changes) {
    const { outputs, expectedBatches, expectedSamples, metadata } = { ...full, ...change }
    const spec = specOf({ ...options, ...pickOptions(change) })
    const other = { spec, outputs, expectedBatches, expectedSamples, metadata }
    t.strictSame(differencesOf(full, other), [{ path: [field], kept, received }], field)
    t.strictSame(differencesOf(other, full), [{ path: [field], kept: received, received: kept }], field)
  }
  const another = declaredFor({ ...request, loss: 'mse', labelFormat: 'values' }, 5)
  t.same(
    differencesOf(declaredFor(request, 3), another).map(({ path }) => path.join('.')),
    ['loss', 'labelFormat', 'predictionFormat', 'logPolicy', 'epsilon', 'rowSumTolerance', 'labelSmoothing', 'outputs'],
  )
})

function pickOptions({
  outputs,
  expectedBatches,
  expectedSamples,
  metadata,
  spec,
  ...options
}: Partial<Request & Declared>) {
  return options
}

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
