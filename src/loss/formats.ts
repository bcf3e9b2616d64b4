/** How `labels` is written. Always declared, never inferred. */
export const labelFormats = ['one-hot', 'index', 'probabilities', 'binary', 'values'] as const
export type LabelFormat = (typeof labelFormats)[number]

export const predictionFormats = ['probabilities', 'logits', 'log-probabilities', 'values'] as const
export type PredictionFormat = (typeof predictionFormats)[number]

export const reductions = ['mean', 'sum', 'none'] as const
export type Reduction = (typeof reductions)[number]

export const logPolicies = ['add-epsilon', 'clip', 'clamp', 'exact'] as const
export type LogPolicy = (typeof logPolicies)[number]

export const includes = [
  'perSample',
  'perClass',
  'confusion',
  'confusionWeights',
  'calibration',
  'metrics',
  'ranking',
  'gradient',
  'intervals',
] as const
export type Include = (typeof includes)[number]

/** Right is decided by the largest output (`class`), by a threshold for each output (`binary`), or not at all (values). */
export type Decision = 'class' | 'binary' | 'none'
