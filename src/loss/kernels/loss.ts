import type { LabelFormat, LogPolicy, LossOption, PredictionFormat, Reduction } from '../formats.ts'

/** A run of rows as a kernel sees them: checked, dense, row-major, without ignored rows. */
export interface Rows {
  readonly count: number
  /** K, numbers per row. */
  readonly outputs: number
  /** `count * outputs` predictions. */
  readonly predictions: Float64Array
  /** `count * outputs` targets, smoothed; empty for a loss that `readsClasses` while `classes` says it all. */
  readonly targets: Float64Array
  /** The class of each row, for unsmoothed one-hot and index labels. */
  readonly classes: Int32Array | undefined
}

/** The options that a kernel looks at, with their defaults filled in. */
export interface Settings {
  readonly labelFormat: LabelFormat
  readonly predictionFormat: PredictionFormat
  readonly logPolicy: LogPolicy
  readonly epsilon: number
  readonly classWeights: Float64Array | undefined
  readonly delta: number
}

/** A loss function: what it is called, what it goes with, and its two loops. */
export interface Loss {
  readonly title: string
  /** l_i of one sample, y prediction, t target, K outputs. */
  readonly formula: string
  readonly source: string
  readonly labelFormats: readonly LabelFormat[]
  /** The first is the default. */
  readonly predictionFormats: readonly PredictionFormat[]
  readonly reduction: Reduction
  readonly options: readonly LossOption[]
  /** Where the decision of a binary prediction lies by default. */
  readonly threshold: number
  /** Whether the loss takes `rows.classes` where they are given and needs no dense targets then. */
  readonly readsClasses: boolean
  /** Writes l_i of every row into `out` and returns in how many rows a logarithm that counts met its guard. */
  losses(rows: Rows, settings: Settings, out: Float64Array): number
  /** Writes d l_i / d predictions into `out`; `rows.targets` is always dense here. */
  gradient(rows: Rows, settings: Settings, out: Float64Array): void
}
