import { test } from 'tap'
import { appOf, ask, post } from '../support.ts'

// written down once more by hand; the service derives its own from the registry
const any = ['one-hot', 'index', 'probabilities', 'binary', 'values']
const valuesFirst = ['values', 'one-hot', 'index', 'probabilities', 'binary']
const classes = 'rowSumTolerance threshold ignoreIndex labelSmoothing'
const table = {
  sse: [any, 'values probabilities', 'sum', classes],
  mse: [any, 'values probabilities', 'mean', classes],
  mae: [any, 'values probabilities', 'mean', classes],
  'cross-entropy': [
    ['one-hot', 'index', 'probabilities'],
    'probabilities logits',
    'mean',
    'logPolicy epsilon classWeights rowSumTolerance ignoreIndex labelSmoothing',
  ],
  'binary-cross-entropy': [['binary', 'probabilities'], 'probabilities logits', 'mean', 'logPolicy epsilon threshold'],
  huber: [valuesFirst, 'values probabilities', 'mean', `delta ${classes}`],
  'log-cosh': [valuesFirst, 'values probabilities', 'mean', classes],
  'kl-divergence': [
    ['probabilities', 'one-hot', 'index'],
    'probabilities logits',
    'mean',
    'logPolicy epsilon rowSumTolerance ignoreIndex labelSmoothing',
  ],
  brier: [['one-hot', 'index', 'probabilities', 'binary'], 'probabilities', 'mean', classes],
  hinge: [['binary'], 'values', 'mean', 'threshold'],
} as const

/** Default and condition of each option. */
const options: Record<string, [unknown, string]> = {
  sampleWeights: [null, 'every evaluation'],
  miniBatch: [null, 'every evaluation'],
  include: [[], 'every evaluation'],
  logPolicy: ['add-epsilon', 'losses with a logarithm; "exact" is the default with logits'],
  epsilon: [1e-7, 'losses with a logarithm under logPolicy "add-epsilon" or "clip"'],
  classWeights: [null, 'loss "cross-entropy"'],
  delta: [1, 'loss "huber"'],
  rowSumTolerance: [0.001, 'rows of probabilities, in predictions with class labels or in labels'],
  threshold: [0.5, 'binary decisions: labelFormat "binary" or loss "binary-cross-entropy"'],
  ignoreIndex: [null, 'labelFormat "index"'],
  labelSmoothing: [0, 'class labels: labelFormat "one-hot", "index", or "probabilities" of classes'],
}

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
    'l_i = -(1/K) sum_k (t_k log y_k + (1 - t_k) log(1 - y_k))',
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
}

const names = Object.keys(table) as (keyof typeof table)[]

test('every loss with its formula, formats and options', async (t) => {
  const losses = names.map((name) => {
    const [labelFormats, predictionFormats, reduction, own] = table[name]
    const [title, formula, source] = texts[name]
    const described = ['reduction', 'sampleWeights', 'miniBatch', 'include', ...own.split(' ')].map((option) => {
      if (option === 'reduction') return { name: option, default: reduction, appliesTo: 'every evaluation' }
      const preset = name === 'hinge' && option === 'threshold' ? 0 : options[option][0]
      return { name: option, default: preset, appliesTo: options[option][1] }
    })
    const formats = { labelFormats, predictionFormats: predictionFormats.split(' ') }
    return { name, title, formula, source, ...formats, reduction, options: described }
  })
  const { status, body } = await ask(await appOf(t), { url: '/v1/losses' })
  t.equal(status, 200)
  t.same(body, { losses })
})

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
      for (const predictionFormat of ['probabilities', 'logits', 'values']) {
        const { status, body } = await post(app, '/v1/loss', {
          loss,
          labelFormat,
          predictionFormat,
          predictions: [[0.25, 0.75]],
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
