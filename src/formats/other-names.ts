/** Options that a word of another library stands for: a name of ours first. */
export type Meaning = Readonly<Record<string, string>>

/** What PyTorch, Keras, scikit-learn, TensorFlow.js and people call it, in lower-case letters and digits. */
type Names = Readonly<Record<string, readonly Meaning[]>>

function mean(meaning: Meaning, ...names: string[]): Names {
  return Object.fromEntries(names.map((name) => [name, [meaning]]))
}

const logarithmic = { loss: 'cross-entropy', predictionFormat: 'log-probabilities' }

/** A word that means none of our losses, however near it looks, has no meaning here. */
const losses: Names = {
  ...mean({ loss: 'mse' }, 'meansquarederror', 'squarederror', 'meansquared', 'l2', 'l2norm', 'quadratic'),
  ...mean({ loss: 'sse' }, 'sumofsquares', 'sumsquarederror', 'sumofsquarederrors', 'rss', 'residualsumofsquares'),
  ...mean({ loss: 'mae' }, 'l1', 'l1norm', 'meanabsoluteerror', 'absoluteerror', 'absolutedifference', 'meanabsolute'),
  ...mean({ loss: 'smooth-l1' }, 'smoothedl1'),
  ...mean({ loss: 'cross-entropy' }, 'ce', 'xent', 'softmax', 'cce', 'scce', 'multinomial', 'categorical'),
  ...mean({ loss: 'cross-entropy', labelFormat: 'one-hot' }, 'categoricalcrossentropy'),
  ...mean({ loss: 'cross-entropy', labelFormat: 'index' }, 'sparsecategoricalcrossentropy', 'sparsecrossentropy'),
  ...mean(
    { loss: 'cross-entropy', predictionFormat: 'logits' },
    'softmaxcrossentropy',
    'softmaxcrossentropywithlogits',
  ),
  ...mean(logarithmic, 'nll', 'nllloss', 'negativeloglikelihood', 'loglikelihood'),
  ...mean({ loss: 'binary-cross-entropy' }, 'bce', 'binarylogloss', 'binary', 'binarycategorical'),
  ...mean(
    { loss: 'binary-cross-entropy', predictionFormat: 'logits' },
    'bcewithlogits',
    'binarycrossentropywithlogits',
    'sigmoidcrossentropy',
    'sigmoidcrossentropywithlogits',
  ),
  ...Object.fromEntries(
    ['log', 'logloss', 'logistic', 'logisticregression', 'deviance'].map((name) => [
      name,
      [{ loss: 'cross-entropy' }, { loss: 'binary-cross-entropy' }],
    ]),
  ),
  ...mean(
    { loss: 'kl-divergence' },
    'kl',
    'kld',
    'kldiv',
    'kullbackleibler',
    'kullbackleiblerdivergence',
    'relativeentropy',
  ),
  ...mean({ loss: 'focal', labelFormat: 'binary' }, 'sigmoidfocal', 'binaryfocal', 'binaryfocalcrossentropy'),
  ...mean({ loss: 'focal' }, 'categoricalfocal', 'categoricalfocalcrossentropy', 'focalcrossentropy'),
  ...mean({ loss: 'brier' }, 'brierscore'),
  ...mean({ loss: 'quantile' }, 'pinball', 'meanpinball'),
  ...mean({ loss: 'cosine' }, 'cosinedistance'),
  ...mean({ loss: 'dice' }, 'sorensendice'),
  ...mean({ loss: 'poisson' }, 'poissonnll', 'poissonnllloss'),
  ...mean({ loss: 'msle' }, 'meansquaredlogarithmicerror', 'meansquaredlogerror', 'squaredlogerror'),
  ...mean({ loss: 'mape' }, 'meanabsolutepercentageerror', 'percentageerror'),
  ...mean({ loss: 'multi-margin' }, 'multiclassmargin', 'multiclasshinge'),
}

const none: Names = Object.fromEntries(
  [
    ...[
      'rmse',
      'rootmeansquarederror',
      'nmse',
      'rmsle',
      'mase',
      'mspe',
      'smape',
      'wmape',
      'mdae',
      'medae',
      'mbe',
      'mre',
    ],
    ...[
      'hingeembedding',
      'categoricalhinge',
      'multilabelmargin',
      'multilabelsoftmargin',
      'softmargin',
      'marginranking',
    ],
    ...['tripletmargin', 'cosinesimilarity', 'cosineembedding', 'meanpoissondeviance', 'gaussiannll', 'ctc', 'crps'],
  ].map((name) => [name, []]),
)

const labelFormats: Names = {
  ...mean(
    { labelFormat: 'index' },
    'sparse',
    'integer',
    'integers',
    'int',
    'indices',
    'class',
    'classes',
    'classindex',
  ),
  ...mean({ labelFormat: 'index' }, 'ordinal', 'classid', 'ids', 'argmax'),
  ...mean({ labelFormat: 'one-hot' }, 'categorical', 'dummies', 'onehotencoded', 'dense'),
  ...mean(
    { labelFormat: 'probabilities' },
    'soft',
    'softlabels',
    'distribution',
    'probs',
    'prob',
    'probability',
    'proba',
  ),
  ...mean({ labelFormat: 'binary' }, 'multilabel', 'multihot', 'bool', 'boolean', 'bits', 'zeroone', '01'),
  ...mean({ labelFormat: 'values' }, 'regression', 'continuous', 'float', 'floats', 'numeric', 'real', 'numbers'),
}

const predictionFormats: Names = {
  ...mean({ predictionFormat: 'probabilities' }, 'probs', 'prob', 'probability', 'proba', 'softmax', 'sigmoid'),
  ...mean(
    { predictionFormat: 'logits' },
    'fromlogits',
    'scores',
    'score',
    'unnormalized',
    'unnormalised',
    'withlogits',
  ),
  ...mean({ predictionFormat: 'log-probabilities' }, 'logprobs', 'logprob', 'logsoftmax', 'logproba', 'logprobability'),
  ...mean({ predictionFormat: 'values' }, 'regression', 'continuous', 'numbers', 'real', 'float', 'floats'),
}

const reductions: Names = {
  ...mean({ reduction: 'mean' }, 'average', 'avg', 'batchmean', 'sumoverbatchsize', 'auto', 'elementwisemean'),
  ...mean({ reduction: 'sum' }, 'total'),
  ...mean({ reduction: 'none' }, 'no', 'null', 'false', 'off'),
}

/** By the field that holds them. */
const valuesOf: Readonly<Record<string, Names>> = {
  loss: { ...losses, ...none },
  labelFormat: labelFormats,
  predictionFormat: predictionFormats,
  reduction: reductions,
}

/** What fields are called elsewhere, and ours that may be meant. */
const fields: Readonly<Record<string, readonly string[]>> = {
  ...alias('labels', 'ytrue', 'y', 'target', 'targets', 'truth', 'groundtruth', 'label', 'trues'),
  ...alias('predictions', 'input', 'inputs', 'output', 'outputs', 'scores'),
  ...alias('predictions', 'ypred', 'yhat', 'preds', 'pred', 'predicted', 'yscore', 'yprob', 'probs', 'proba', 'logits'),
  ...alias('sampleWeights', 'sampleweight', 'samplew'),
  ...alias('classWeights', 'classweight', 'classw'),
  ...alias('positiveWeight', 'posweight'),
  ...alias('epsilon', 'eps'),
  ...alias('topK', 'k'),
  ...alias('loss', 'lossfn', 'criterion', 'lossfunction', 'lossname', 'objective'),
  ...alias('labelFormat', 'labeltype', 'labelsformat', 'targetformat'),
  ...alias('predictionFormat', 'predictionsformat', 'predictiontype', 'outputformat'),
  ...alias('predictionFormat', 'fromlogits', 'withlogits'),
  ...alias('miniBatch', 'minibatch'),
  ...alias('include', 'metrics', 'metric'),
  weight: ['sampleWeights', 'classWeights'],
  weights: ['sampleWeights', 'classWeights'],
}

function alias(meant: string, ...names: string[]): Record<string, readonly string[]> {
  return Object.fromEntries(names.map((name) => [name, [meant]]))
}

/** A name without case, separators and the word "loss" at its end. */
export function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** Every word of other libraries that a field may hold. */
export function otherWords(field: string): string[] {
  return Object.keys(valuesOf[field] ?? {})
}

/** What a word of another library means in a field; undefined where it is not known, and empty where it is none of ours. */
export function meaningOf(field: string, word: string): readonly Meaning[] | undefined {
  const known = valuesOf[field] ?? {}
  const letters = lettersOf(word)
  const short = field === 'loss' ? letters.replace(/(?:loss|error)$/, '') : letters
  for (const name of [letters, short, `${short}error`]) if (Object.hasOwn(known, name)) return known[name]
  return undefined
}

/** Our names of a field of another library: several where only the client knows which is meant. */
export function fieldsMeant(word: string): readonly string[] {
  const letters = lettersOf(word)
  return Object.hasOwn(fields, letters) ? fields[letters] : []
}
