import { test } from 'tap'
import { losses, lossNames } from '../../src/loss/kernels/index.ts'
import type { Loss } from '../../src/loss/kernels/loss.ts'
import {
  appliesTo,
  decisionBy,
  defaultFor,
  hasLabelRowSums,
  hasPredictionRowSums,
  isDefault,
  isOfDistributions,
  isOptionOf,
  optionNames,
  optionOf,
  optionTable,
  typeFor,
  weightOptions,
} from '../../src/loss/options.ts'

/** Defaults of the contract for losses with `probabilities` first, and where they differ. */
const defaults: Record<string, unknown> = {
  predictionFormat: 'probabilities',
  reduction: 'mean',
  logPolicy: 'add-epsilon',
  epsilon: 1e-7,
  classWeights: undefined,
  positiveWeight: 1,
  delta: 1,
  beta: 1,
  gamma: 2,
  alpha: undefined,
  q: 0.5,
  logInput: true,
  margin: 1,
  p: 1,
  rowSumTolerance: 1e-3,
  threshold: 0.5,
  topK: undefined,
  ignoreIndex: undefined,
  labelSmoothing: 0,
  miniBatch: undefined,
  include: [],
}

test('the defaults are those of the contract', async (t) => {
  t.same(optionNames, Object.keys(defaults))
  for (const loss of lossNames) {
    const { predictionFormats }: Loss = losses[loss]
    for (const format of predictionFormats) {
      const expected = {
        ...defaults,
        predictionFormat: predictionFormats.includes('values') ? 'values' : 'probabilities',
        reduction: loss === 'sse' ? 'sum' : 'mean',
        logPolicy: ['logits', 'log-probabilities'].includes(format) ? 'exact' : 'add-epsilon',
        threshold: loss.endsWith('hinge') ? 0 : 0.5,
      }
      const found = Object.fromEntries(optionNames.map((name) => [name, defaultFor(name, losses[loss], format)]))
      t.strictSame(found, expected, `${loss}, ${format}`)
    }
  }
})

test('a value is a default under any predictionFormat of the loss', async (t) => {
  t.equal(isDefault('logPolicy', 'exact', losses['cross-entropy']), true)
  t.equal(isDefault('logPolicy', 'exact', losses.mse), false)
  t.equal(isDefault('threshold', 0, losses.hinge), true)
  t.equal(isDefault('threshold', 0.5, losses.hinge), false)
  t.equal(isDefault('classWeights', Float64Array.of(1), losses.mse), false)
})

test('an option of kernels is read by those that list it', async (t) => {
  for (const name of optionNames) {
    const takers = lossNames.filter((loss) => (losses[loss].options as readonly string[]).includes(name))
    const { ofKernel, appliesTo: words } = optionOf(name)
    if (ofKernel === undefined) t.same(takers, [], `${name} goes by format`)
    else {
      t.ok(takers.length > 0 && takers.length < lossNames.length, `${name} is read by some`)
      const named = Array.from(words.matchAll(/loss "([^"]+)"/g), ([, loss]) => loss)
      if (named.length > 0) t.same(named, takers, `${name}: ${words}`)
    }
  }
})

test('which options a loss can use', async (t) => {
  const common = 'predictionFormat reduction miniBatch include'
  const classes = 'rowSumTolerance topK ignoreIndex labelSmoothing'
  const guard = 'logPolicy epsilon'
  const used: Record<string, string> = {
    sse: `${classes} threshold`,
    mse: `${classes} threshold`,
    mae: `${classes} threshold`,
    'cross-entropy': `${guard} classWeights ${classes}`,
    'binary-cross-entropy': `${guard} positiveWeight threshold labelSmoothing`,
    huber: `delta ${classes} threshold`,
    'log-cosh': `${classes} threshold`,
    'kl-divergence': `${guard} ${classes}`,
    brier: `${classes} threshold`,
    hinge: 'threshold',
    focal: `${guard} gamma alpha rowSumTolerance topK ignoreIndex threshold`,
    'squared-hinge': 'threshold',
    'smooth-l1': `beta ${classes} threshold`,
    quantile: 'q',
    cosine: `${classes} threshold`,
    dice: 'threshold',
    poisson: 'logInput',
    msle: '',
    mape: '',
    'multi-margin': 'margin p topK ignoreIndex',
  }
  for (const loss of lossNames) {
    const expected = `${common} ${used[loss]}`.trim().split(' ').toSorted()
    t.same(optionNames.filter((name) => isOptionOf(name, losses[loss])).toSorted(), expected, loss)
  }
})

test('a type that a loss narrows is of the same kind', async (t) => {
  for (const name of optionNames)
    for (const loss of lossNames) t.equal(typeFor(name, losses[loss]).kind, optionTable[name].type.kind, name)
  t.same(typeFor('threshold', losses.hinge), { kind: 'number' })
  t.same(typeFor('threshold', losses.mse), { kind: 'number', minimum: 0, maximum: 1 })
  t.same(typeFor('predictionFormat', losses.brier), {
    kind: 'choice',
    values: ['probabilities', 'logits', 'log-probabilities'],
  })
})

test('the options that are tensors', async (t) => {
  t.same(weightOptions, ['classWeights', 'positiveWeight'])
})

test('when an option applies', async (t) => {
  const terms = { loss: losses['cross-entropy'], labelFormat: 'index', predictionFormat: 'probabilities' } as const
  t.equal(appliesTo('epsilon', { ...terms, logPolicy: 'clip' }), true)
  t.equal(appliesTo('epsilon', { ...terms, logPolicy: 'clamp' }), false)
  t.equal(appliesTo('epsilon', { ...terms, loss: losses.mse, logPolicy: 'clip' }), false)
  t.equal(appliesTo('include', { ...terms, logPolicy: 'clip' }), true)
})

test('decisions and row sums', async (t) => {
  t.equal(decisionBy(losses.mse, 'values'), 'none')
  t.equal(decisionBy(losses.mse, 'binary'), 'binary')
  t.equal(decisionBy(losses.mse, 'probabilities'), 'class')
  t.equal(decisionBy(losses['binary-cross-entropy'], 'probabilities'), 'binary')
  const soft = { labelFormat: 'probabilities', predictionFormat: 'probabilities' } as const
  t.same(
    [hasPredictionRowSums({ loss: losses.mse, ...soft }), hasLabelRowSums({ loss: losses.mse, ...soft })],
    [true, false],
  )
  t.same([isOfDistributions(losses.mse), isOfDistributions(losses['kl-divergence'])], [false, true])
})
