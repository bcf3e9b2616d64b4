import { test } from 'tap'
import { appOf, ask, post } from '../support.ts'

// written down once more by hand; the service derives its own from the registry
const any = ['one-hot', 'index', 'probabilities', 'binary', 'values']
const valuesFirst = ['values', 'one-hot', 'index', 'probabilities', 'binary']
const classes = 'rowSumTolerance threshold topK ignoreIndex labelSmoothing'
const table = {
  sse: [any, 'values probabilities', 'sum', classes],
  mse: [any, 'values probabilities', 'mean', classes],
  mae: [any, 'values probabilities', 'mean', classes],
  'cross-entropy': [
    ['one-hot', 'index', 'probabilities'],
    'probabilities logits log-probabilities',
    'mean',
    'logPolicy epsilon classWeights rowSumTolerance topK ignoreIndex labelSmoothing',
  ],
  'binary-cross-entropy': [
    ['binary', 'probabilities'],
    'probabilities logits log-probabilities',
    'mean',
    'logPolicy epsilon positiveWeight threshold labelSmoothing',
  ],
  huber: [valuesFirst, 'values probabilities', 'mean', `delta ${classes}`],
  'log-cosh': [valuesFirst, 'values probabilities', 'mean', classes],
  'kl-divergence': [
    ['probabilities', 'one-hot', 'index'],
    'probabilities logits log-probabilities',
    'mean',
    'logPolicy epsilon rowSumTolerance topK ignoreIndex labelSmoothing',
  ],
  brier: [['one-hot', 'index', 'probabilities', 'binary'], 'probabilities logits log-probabilities', 'mean', classes],
  hinge: [['binary'], 'values', 'mean', 'threshold'],
  focal: [
    ['one-hot', 'index', 'binary'],
    'probabilities logits log-probabilities',
    'mean',
    'logPolicy epsilon gamma alpha rowSumTolerance threshold topK ignoreIndex',
  ],
  'squared-hinge': [['binary'], 'values', 'mean', 'threshold'],
  'smooth-l1': [valuesFirst, 'values probabilities', 'mean', `beta ${classes}`],
  quantile: [['values'], 'values probabilities', 'mean', 'q'],
  cosine: [valuesFirst, 'values probabilities', 'mean', classes],
  dice: [['binary'], 'probabilities', 'mean', 'threshold'],
  poisson: [['values'], 'values', 'mean', 'logInput'],
  msle: [['values'], 'values probabilities', 'mean', ''],
  mape: [['values'], 'values probabilities', 'mean', ''],
  'multi-margin': [['one-hot', 'index'], 'values', 'mean', 'margin p topK ignoreIndex'],
} as const

/** Kind, default and condition of each option. */
const options: Record<string, [kind: object, preset: unknown, appliesTo: string]> = {
  reduction: [{ kind: 'choice', values: ['mean', 'sum', 'none'] }, 'mean', 'every evaluation'],
  sampleWeights: [{ kind: 'weights' }, null, 'every evaluation'],
  miniBatch: [{ kind: 'mini-batch' }, null, 'every evaluation'],
  include: [
    {
      kind: 'choices',
      values: [
        'perSample',
        'perClass',
        'confusion',
        'confusionWeights',
        'calibration',
        'metrics',
        'ranking',
        'gradient',
      ],
    },
    [],
    'every evaluation',
  ],
  logPolicy: [
    { kind: 'choice', values: ['add-epsilon', 'clip', 'clamp', 'exact'] },
    'add-epsilon',
    'losses with a logarithm',
  ],
  epsilon: [
    { kind: 'number', exclusiveMinimum: 0 },
    1e-7,
    'losses with a logarithm under logPolicy "add-epsilon" or "clip"',
  ],
  classWeights: [{ kind: 'weights' }, null, 'loss "cross-entropy"'],
  positiveWeight: [{ kind: 'number-or-weights', exclusiveMinimum: 0 }, 1, 'loss "binary-cross-entropy"'],
  delta: [{ kind: 'number', exclusiveMinimum: 0 }, 1, 'loss "huber"'],
  beta: [{ kind: 'number', minimum: 0 }, 1, 'loss "smooth-l1"'],
  gamma: [{ kind: 'number', minimum: 0 }, 2, 'loss "focal"'],
  alpha: [{ kind: 'number', minimum: 0, maximum: 1 }, null, 'loss "focal"'],
  q: [{ kind: 'number', minimum: 0, maximum: 1 }, 0.5, 'loss "quantile"'],
  logInput: [{ kind: 'boolean' }, true, 'loss "poisson"'],
  margin: [{ kind: 'number', minimum: 0 }, 1, 'loss "multi-margin"'],
  p: [{ kind: 'integer', minimum: 1, maximum: 2 }, 1, 'loss "multi-margin"'],
  rowSumTolerance: [
    { kind: 'number', minimum: 0 },
    0.001,
    'rows of probabilities, in predictions with class labels or in labels',
  ],
  threshold: [
    { kind: 'number', minimum: 0, maximum: 1 },
    0.5,
    'binary decisions: labelFormat "binary" or loss "binary-cross-entropy"',
  ],
  topK: [
    { kind: 'integer', minimum: 1 },
    null,
    'class labels: labelFormat "one-hot", "index", or "probabilities" of a loss that takes these',
  ],
  ignoreIndex: [{ kind: 'integer' }, null, 'labelFormat "index"'],
  labelSmoothing: [
    { kind: 'number', minimum: 0, exclusiveMaximum: 1 },
    0,
    'losses that take labelFormat "probabilities", with labels other than "values"',
  ],
}
const order =
  'predictionFormat reduction logPolicy epsilon classWeights positiveWeight delta beta gamma alpha q logInput margin p rowSumTolerance threshold'
    .concat(' topK ignoreIndex labelSmoothing miniBatch include sampleWeights')
    .split(' ')

const texts: Record<keyof typeof table, [string, string, string]> = {
  sse: ['Sum of squared errors', 'l_i = sum_k (y_k - t_k)^2', 'Legendre 1805; residual sum of squares'],
  mse: ['Mean squared error', 'l_i = (1/K) sum_k (y_k - t_k)^2', 'scikit-learn mean_squared_error, PyTorch MSELoss'],
  mae: ['Mean absolute error', 'l_i = (1/K) sum_k |y_k - t_k|', 'scikit-learn mean_absolute_error, PyTorch L1Loss'],
  'cross-entropy': [
    'Cross-entropy',
    'l_i = -sum_k c_k t_k log y_k',
    'PyTorch CrossEntropyLoss (class weights, label smoothing), scikit-learn log_loss',
  ],
  'binary-cross-entropy': [
    'Binary cross-entropy',
    'l_i = -(1/K) sum_k (p_k t_k log y_k + (1 - t_k) log(1 - y_k)), p the positiveWeight',
    'PyTorch BCELoss (logPolicy clamp) and BCEWithLogitsLoss, Keras BinaryCrossentropy (logPolicy clip)',
  ],
  huber: [
    'Huber loss',
    'l_i = (1/K) sum_k h(y_k - t_k), h(r) = r^2 / 2 for |r| <= delta, else delta (|r| - delta / 2)',
    'Huber 1964; PyTorch HuberLoss',
  ],
  'log-cosh': ['Log-cosh loss', 'l_i = (1/K) sum_k log cosh(y_k - t_k)', 'Keras LogCosh'],
  'kl-divergence': [
    'Kullback-Leibler divergence',
    'l_i = sum_k t_k (log t_k - log y_k)',
    'Kullback and Leibler 1951; PyTorch KLDivLoss (batchmean), scipy rel_entr',
  ],
  brier: [
    'Brier score',
    'l_i = sum_k (y_k - t_k)^2; for binary labels (1/K) sum_k (y_k - t_k)^2',
    'Brier 1950; scikit-learn brier_score_loss',
  ],
  hinge: ['Hinge loss', "l_i = (1/K) sum_k max(0, 1 - t'_k y_k), t' = 2 t - 1", 'scikit-learn hinge_loss'],
  focal: [
    'Focal loss',
    'l_i = -a (1 - p)^gamma log p, p = y_c of class c; for binary labels the mean over k, p_k = y_k for t_k = 1, else 1 - y_k',
    'Lin et al. 2017; Keras CategoricalFocalCrossentropy, torchvision sigmoid_focal_loss',
  ],
  'squared-hinge': [
    'Squared hinge loss',
    "l_i = (1/K) sum_k max(0, 1 - t'_k y_k)^2, t' = 2 t - 1",
    'Keras SquaredHinge, scikit-learn LinearSVC (loss squared_hinge)',
  ],
  'smooth-l1': [
    'Smooth L1 loss',
    'l_i = (1/K) sum_k h(y_k - t_k), h(r) = r^2 / (2 beta) for |r| < beta, else |r| - beta / 2',
    'Girshick 2015; PyTorch SmoothL1Loss',
  ],
  quantile: [
    'Quantile loss',
    'l_i = (1/K) sum_k max(q (t_k - y_k), (1 - q) (y_k - t_k))',
    'Koenker and Bassett 1978; scikit-learn mean_pinball_loss',
  ],
  cosine: [
    'Cosine loss',
    'l_i = 1 - sum_k y_k t_k / (max(|y|, 1e-8) max(|t|, 1e-8)), |y| = sqrt(sum_k y_k^2)',
    'PyTorch cosine_similarity, CosineEmbeddingLoss (target 1)',
  ],
  dice: [
    'Dice loss',
    'l_i = 1 - 2 sum_k y_k t_k / (sum_k y_k + sum_k t_k); 0 where both sums are 0',
    'Dice 1945; Keras Dice (without epsilon)',
  ],
  poisson: [
    'Poisson loss',
    'l_i = (1/K) sum_k (exp(y_k) - t_k y_k); with logInput false (1/K) sum_k (y_k - t_k log(y_k + 1e-8))',
    'PyTorch PoissonNLLLoss',
  ],
  msle: [
    'Mean squared logarithmic error',
    'l_i = (1/K) sum_k (log(1 + y_k) - log(1 + t_k))^2',
    'scikit-learn mean_squared_log_error',
  ],
  mape: [
    'Mean absolute percentage error',
    'l_i = (1/K) sum_k |y_k - t_k| / |t_k|',
    'scikit-learn mean_absolute_percentage_error',
  ],
  'multi-margin': [
    'Multi-class margin loss',
    'l_i = (1/K) sum_(k != c) max(0, margin - y_c + y_k)^p, c the class',
    'Crammer and Singer 2001; PyTorch MultiMarginLoss',
  ],
}

const names = Object.keys(table) as (keyof typeof table)[]

interface OptionDescription {
  readonly name: string
  readonly description: string
  readonly default: unknown
}

test('every loss with its formula, formats and options', async (t) => {
  const { status, body } = await ask(await appOf(t), { url: '/v1/losses' })
  t.equal(status, 200)
  const found = (body as { losses: { name: string; options: OptionDescription[] }[] }).losses
  const losses = names.map((name) => {
    const [labelFormats, predictionFormats, reduction] = table[name]
    const [title, formula, source] = texts[name]
    const formats = { labelFormats, predictionFormats: predictionFormats.split(' ') }
    return { name, title, formula, source, ...formats, reduction }
  })
  t.same(
    found.map(({ options: _, ...rest }) => rest),
    losses,
  )
  for (const [at, name] of names.entries()) {
    const [, predictionFormats, reduction, own] = table[name]
    const all = ['predictionFormat', 'reduction', 'sampleWeights', 'miniBatch', 'include', ...own.split(' ')]
    const values = predictionFormats.split(' ')
    const isHinge = name.endsWith('hinge')
    const expected = order
      .filter((option) => all.includes(option))
      .map((option) => {
        if (option === 'predictionFormat')
          return { name: option, kind: 'choice', values, default: values[0], appliesTo: 'every evaluation' }
        const [kind, preset, appliesTo] = options[option]
        const described = { name: option, ...kind, default: preset, appliesTo }
        if (option === 'reduction') return { ...described, default: reduction }
        if (option === 'threshold' && isHinge) return { name: option, kind: 'number', default: 0, appliesTo }
        const isVaried = option === 'logPolicy'
        const exact = { logits: 'exact', 'log-probabilities': 'exact' }
        return isVaried ? { ...described, defaultByPredictionFormat: exact } : described
      })
    t.strictSame(
      found[at].options.map(({ description: _, ...rest }) => rest),
      expected,
      name,
    )
    for (const { name: option, description } of found[at].options) t.match(description, /[^.]\.$/, option)
  }
})

test('the defaults of the catalogue, all spelled out, are accepted and change nothing', async (t) => {
  const app = await appOf(t)
  const { body } = await ask(app, { url: '/v1/losses' })
  const { losses } = body as { losses: { name: string; options: OptionDescription[] }[] }
  const listed = losses.flatMap(({ options }) => options)
  for (const { name: loss, options } of losses) {
    const [labelFormats, predictionFormats] = table[loss as keyof typeof table]
    // those that this loss does not have, where there is but one default of them
    const foreign = listed.filter(({ name }) => !['logPolicy', ...options.map((own) => own.name)].includes(name))
    const defaults = [...foreign, ...options].filter((option) => option.default !== null)
    for (const labelFormat of labelFormats) {
      for (const predictionFormat of predictionFormats.split(' ')) {
        const request = {
          loss,
          labelFormat,
          predictions: predictionsOf(predictionFormat),
          labels: labelsOf[labelFormat],
        }
        const spelled = Object.fromEntries(defaults.map((option) => [option.name, option.default]))
        const guard = /^log/.test(predictionFormat) ? { logPolicy: 'exact' } : {}
        const plain = await post(app, '/v1/loss', { ...request, predictionFormat })
        const full = await post(app, '/v1/loss', {
          ...spelled,
          ...(loss.endsWith('hinge') ? { threshold: 0 } : { threshold: 0.5 }),
          ...guard,
          ...request,
          predictionFormat,
        })
        t.equal(full.status, 200, `${loss}, ${labelFormat}, ${predictionFormat}`)
        t.same({ ...(full.body as object), requestId: '' }, { ...(plain.body as object), requestId: '' })
      }
    }
  }
})

/** Numbers of a format, which no other format has if they are logarithms. */
function predictionsOf(format: string): number[][] {
  return [format === 'log-probabilities' ? [-Math.LN2, -Math.LN2] : [0.25, 0.75]]
}

const labelsOf: Record<string, unknown> = {
  'one-hot': [[0, 1]],
  index: [1],
  probabilities: [[0.5, 0.5]],
  binary: [[0, 1]],
  values: [[0.5, 3]],
}

test('what is legal is taken, and nothing else', async (t) => {
  const app = await appOf(t)
  for (const loss of names) {
    const [labelFormats, predictionFormats] = table[loss]
    for (const labelFormat of any) {
      for (const predictionFormat of ['probabilities', 'logits', 'log-probabilities', 'values']) {
        const { status, body } = await post(app, '/v1/loss', {
          loss,
          labelFormat,
          predictionFormat,
          predictions: predictionsOf(predictionFormat),
          labels: labelsOf[labelFormat],
        })
        const wrong = [
          ...((labelFormats as readonly string[]).includes(labelFormat) ? [] : ['#/labelFormat']),
          ...(predictionFormats.split(' ').includes(predictionFormat) ? [] : ['#/predictionFormat']),
        ]
        const found = status === 200 ? [] : (body as { errors: { pointer: string }[] }).errors
        t.same(
          found.map(({ pointer }) => pointer),
          wrong,
          `${loss}, ${labelFormat}, ${predictionFormat}`,
        )
      }
    }
  }
})
