import { test } from 'tap'
import type { Include, LabelFormat } from '../../src/loss/formats.ts'
import type { LossName } from '../../src/loss/kernels/index.ts'
import { losses, lossNames } from '../../src/loss/kernels/index.ts'
import type { Loss } from '../../src/loss/kernels/loss.ts'
import { appliesTo, defaultFor, optionNames, optionOf } from '../../src/loss/options.ts'
import { refuseForStreams, resolve } from '../../src/loss/resolve.ts'
import type { Options } from '../../src/loss/spec.ts'
import { checksLabelRows, checksPredictionRows, describeChoices, describeSpec } from '../../src/loss/spec.ts'
import { otherValue } from './option-values.ts'
import { errorsOf } from './support.ts'

test('what is evaluated is described in full, and nothing that has no effect', async (t) => {
  const entropy = { loss: 'cross-entropy', labelFormat: 'index', ignoreIndex: -100 } as const
  const miniBatch = { size: 3, seed: 1, replacement: true }
  const ofLogits = { ...entropy, labelFormat: 'one-hot', ignoreIndex: undefined, predictionFormat: 'logits' } as const
  const chances = { predictionFormat: 'probabilities', labelSmoothing: 0, include: [] }
  const guarded = { reduction: 'mean', logPolicy: 'add-epsilon', epsilon: 1e-7, rowSumTolerance: 1e-3 }
  const ofBits = { loss: 'binary-cross-entropy', labelFormat: 'binary', logPolicy: 'clamp', reduction: 'none' } as const
  const mean = { predictionFormat: 'values', reduction: 'mean', include: [] }
  // what is given, and what is said besides
  const cases: [options: Options, more: Record<string, unknown>][] = [
    [
      { loss: 'sse', labelFormat: 'values' },
      { ...mean, reduction: 'sum' },
    ],
    [entropy, { ...chances, ...guarded }],
    [
      { ...ofLogits, classWeights: Float64Array.of(1, 0.5), miniBatch, include: ['perSample', 'gradient'] },
      { reduction: 'mean', logPolicy: 'exact', classWeights: [1, 0.5], labelSmoothing: 0 },
    ],
    [ofBits, { ...chances, positiveWeight: 1, threshold: 0.5 }],
    [
      { loss: 'huber', labelFormat: 'values' },
      { ...mean, delta: 1 },
    ],
    [
      { loss: 'hinge', labelFormat: 'binary' },
      { ...mean, threshold: 0 },
    ],
  ]
  for (const [options, more] of cases) {
    const { ignoreIndex, ...given } = options
    const described = { ...given, ...(ignoreIndex !== undefined && { ignoreIndex }), ...more }
    t.strictSame(describeSpec(resolve(options)), described, `${options.loss}, ${options.labelFormat}`)
  }
})

test('what a client has to give is what is required and what is no default', async (t) => {
  const options: Options = { loss: 'cross-entropy', labelFormat: 'index', logPolicy: 'add-epsilon', epsilon: 1e-7 }
  t.strictSame(describeChoices(resolve(options)), { loss: 'cross-entropy', labelFormat: 'index' })
  const chosen: Options = { ...options, predictionFormat: 'logits', epsilon: 0.1, include: ['confusion'] }
  t.strictSame(describeChoices(resolve(chosen)), chosen)
})

test('all contradictions are reported at once', async (t) => {
  const errors = errorsOf(() =>
    resolve({ loss: 'mse', labelFormat: 'values', delta: 2, ignoreIndex: 3, include: ['gradient', 'perClass'] }),
  )
  t.same(
    errors.map(({ path }) => path),
    [['delta'], ['ignoreIndex'], ['include', 1]],
  )
})

test('sections that need an answer to be right about', async (t) => {
  const [mse, values] = [
    { loss: 'mse', labelFormat: 'index' },
    { loss: 'mse', labelFormat: 'values' },
  ] as const
  const ofLabels = 'requires class or binary labels, and labelFormat is "values"'
  const ofChances = 'requires probabilities; declare with predictionFormat what predictions contains'
  const cases: [part: Include, options: Options, why?: string][] = [
    ['perSample', values],
    ['gradient', values],
    ['perClass', values, ofLabels],
    ['confusion', values, ofLabels],
    ['calibration', values, ofLabels],
    ['calibration', mse, ofChances],
    ['calibration', { ...mse, predictionFormat: 'probabilities' }],
    ['calibration', { loss: 'cross-entropy', labelFormat: 'index', predictionFormat: 'logits' }],
    ['confusion', mse],
    ['perClass', { loss: 'hinge', labelFormat: 'binary' }],
  ]
  for (const [part, options, why] of cases) {
    const expected = why === undefined ? [] : [{ path: ['include', 0], detail: `${part} ${why}`, received: part }]
    t.same(
      errorsOf(() => resolve({ ...options, include: [part] })),
      expected,
      `${part}: ${why ?? 'taken'}`,
    )
  }
})

test('who decides: by class, by threshold, or nothing to decide', async (t) => {
  const cases: [loss: LossName, labelFormat: LabelFormat, decision: string][] = [
    ['sse', 'one-hot', 'class'],
    ['mse', 'index', 'class'],
    ['mae', 'probabilities', 'class'],
    ['mse', 'binary', 'binary'],
    ['mse', 'values', 'none'],
    ['cross-entropy', 'probabilities', 'class'],
    ['binary-cross-entropy', 'probabilities', 'binary'],
    ['binary-cross-entropy', 'binary', 'binary'],
    ['hinge', 'binary', 'binary'],
    ['brier', 'probabilities', 'class'],
  ]
  for (const [loss, labelFormat, decision] of cases)
    t.equal(resolve({ loss, labelFormat }).decision, decision, `${loss}, ${labelFormat}`)
})

test('whose rows are distributions, that sum to 1', async (t) => {
  const cases: [options: Options, predictions: boolean, labels: boolean][] = [
    [{ loss: 'cross-entropy', labelFormat: 'index' }, true, false],
    [{ loss: 'cross-entropy', labelFormat: 'probabilities' }, true, true],
    [{ loss: 'cross-entropy', labelFormat: 'probabilities', predictionFormat: 'logits' }, false, true],
    [{ loss: 'cross-entropy', labelFormat: 'one-hot', predictionFormat: 'logits' }, false, false],
    [{ loss: 'kl-divergence', labelFormat: 'probabilities' }, true, true],
    [{ loss: 'binary-cross-entropy', labelFormat: 'probabilities' }, false, false],
    [{ loss: 'mse', labelFormat: 'index' }, false, false],
    [{ loss: 'mse', labelFormat: 'index', predictionFormat: 'probabilities' }, true, false],
    [{ loss: 'mse', labelFormat: 'binary', predictionFormat: 'probabilities' }, false, false],
    [{ loss: 'mse', labelFormat: 'probabilities', predictionFormat: 'probabilities' }, true, false],
  ]
  for (const [options, predictions, labels] of cases) {
    const spec = resolve(options)
    t.same([checksPredictionRows(spec), checksLabelRows(spec)], [predictions, labels], JSON.stringify(options))
  }
})

test('what a stream cannot give is refused', async (t) => {
  const options: Options = { loss: 'mse', labelFormat: 'values' }
  const rest: Options = {
    ...options,
    reduction: 'sum',
    include: ['perClass', 'confusion', 'calibration'],
    threshold: 0.5,
  }
  t.same(
    errorsOf(() => refuseForStreams(rest)),
    [],
  )
  const only = 'is only available for a single batch'
  const why = 'it compares every score with all others, and a stream keeps no rows'
  const errors = errorsOf(() =>
    refuseForStreams({
      ...options,
      reduction: 'none',
      miniBatch: { size: 1, seed: 1, replacement: true },
      include: ['perSample', 'confusion', 'gradient', 'ranking'],
    }),
  )
  t.same(errors, [
    { path: ['reduction'], detail: `reduction "none" ${only}`, received: 'none' },
    { path: ['miniBatch'], detail: `miniBatch ${only}`, received: 'an object' },
    { path: ['include', 0], detail: `perSample ${only}`, received: 'perSample' },
    { path: ['include', 2], detail: `gradient ${only}`, received: 'gradient' },
    { path: ['include', 3], detail: `ranking ${only}: ${why}`, received: 'ranking' },
  ])
})

test('clip needs an epsilon below a half, or its bounds would cross', async (t) => {
  const options: Options = { loss: 'cross-entropy', labelFormat: 'index', logPolicy: 'clip' }
  for (const epsilon of [0.5, 1, 1e300]) {
    t.same(
      errorsOf(() => resolve({ ...options, epsilon })),
      [
        {
          path: ['epsilon'],
          detail: `epsilon is ${epsilon}; with logPolicy "clip" it must be below 0.5`,
          received: epsilon,
        },
      ],
    )
  }
  t.equal(resolve({ ...options, epsilon: 0.499 }).epsilon, 0.499)
  t.equal(resolve({ ...options, logPolicy: 'add-epsilon', epsilon: 2 }).epsilon, 2)
})

test('an option that holds its default is accepted everywhere, and changes nothing', async (t) => {
  for (const loss of lossNames) {
    const { labelFormats, predictionFormats }: Loss = losses[loss]
    for (const labelFormat of labelFormats) {
      for (const predictionFormat of predictionFormats) {
        const options: Options = { loss, labelFormat, predictionFormat }
        const plain = resolve(options)
        const described = describeSpec(plain)
        for (const format of predictionFormats) {
          const spelled: Record<string, unknown> = { ...options }
          for (const name of optionNames) {
            const value = defaultFor(name, losses[loss], format)
            // the other format's guard applies here, and is another one
            const isOther = name in described && JSON.stringify(described[name]) !== JSON.stringify(value)
            if (value !== undefined && !isOther) spelled[name] = value
          }
          const spec = resolve(spelled as unknown as Options)
          t.strictSame([spec, describeSpec(spec)], [plain, described], `${loss}, ${labelFormat}, ${predictionFormat}`)
        }
      }
    }
  }
})

test('an option that does not apply and holds anything else is refused, alone', async (t) => {
  for (const loss of lossNames) {
    const { labelFormats, predictionFormats }: Loss = losses[loss]
    for (const labelFormat of labelFormats) {
      for (const predictionFormat of predictionFormats) {
        const options: Options = { loss, labelFormat, predictionFormat }
        const { logPolicy } = resolve(options)
        for (const name of optionNames.filter((option) => option !== 'predictionFormat')) {
          const value = otherValue(name, losses[loss])
          const detail = `${name} has no effect here; it applies to ${optionOf(name).appliesTo}`
          const terms = { loss: losses[loss], labelFormat, predictionFormat, logPolicy }
          const others = name === 'costs' && appliesTo(name, terms) ? { thresholds: 3 } : {}
          t.same(
            errorsOf(() => resolve({ ...options, ...others, [name]: value })).map((error) => [
              error.path,
              error.detail,
            ]),
            appliesTo(name, terms) ? [] : [[[name], detail]],
            `${loss}, ${labelFormat}, ${predictionFormat}, ${name}`,
          )
        }
      }
    }
  }
})
