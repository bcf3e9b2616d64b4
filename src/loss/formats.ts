/** How `labels` is written. Always declared, never inferred. */
export const labelFormats = ['one-hot', 'index', 'probabilities', 'binary', 'values'] as const
export type LabelFormat = (typeof labelFormats)[number]

/** What `predictions` holds. */
export const predictionFormats = ['probabilities', 'logits', 'values'] as const
export type PredictionFormat = (typeof predictionFormats)[number]

/** How per-sample losses become one number. */
export const reductions = ['mean', 'sum', 'none'] as const
export type Reduction = (typeof reductions)[number]

/** How the logarithm is kept away from log(0). */
export const logPolicies = ['add-epsilon', 'clip', 'clamp', 'exact'] as const
export type LogPolicy = (typeof logPolicies)[number]

/** Extra sections of an answer. */
export const includes = ['perSample', 'perClass', 'confusion', 'calibration', 'gradient'] as const
export type Include = (typeof includes)[number]

/** The options that only some losses take; every other option goes by format, not by loss. */
export const lossOptions = ['logPolicy', 'epsilon', 'classWeights', 'delta'] as const
export type LossOption = (typeof lossOptions)[number]
