/** How `labels` is written. Always declared, never inferred. */
export const labelFormats = ['one-hot', 'index', 'probabilities', 'binary', 'values'] as const
export type LabelFormat = (typeof labelFormats)[number]

/** What `predictions` holds. */
export const predictionFormats = ['probabilities', 'logits', 'log-probabilities', 'values'] as const
export type PredictionFormat = (typeof predictionFormats)[number]

/** How per-sample losses become one number. */
export const reductions = ['mean', 'sum', 'none'] as const
export type Reduction = (typeof reductions)[number]

/** How the logarithm is kept away from log(0). */
export const logPolicies = ['add-epsilon', 'clip', 'clamp', 'exact'] as const
export type LogPolicy = (typeof logPolicies)[number]

/** Extra sections of an answer. */
export const includes = [
  'perSample',
  'perClass',
  'confusion',
  'confusionWeights',
  'calibration',
  'metrics',
  'ranking',
  'gradient',
] as const
export type Include = (typeof includes)[number]

/**
 * How a right answer is decided: `class` by the largest output, `binary` by a threshold for each output, `none` where
 * labels are values and there is nothing to be right about.
 */
export type Decision = 'class' | 'binary' | 'none'
