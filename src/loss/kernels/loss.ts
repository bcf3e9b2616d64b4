import type { LabelFormat } from '../formats.ts'
import type { KernelOption, LossTraits, OptionValues } from '../options.ts'

/** A run of rows as a kernel sees them: checked, dense, row-major, without ignored rows. */
export interface Rows {
  readonly count: number
  readonly outputs: number
  readonly predictions: Float64Array
  /** `count * outputs` targets, smoothed; empty for a loss that `readsClasses` while `classes` says it all. */
  readonly targets: Float64Array
  readonly classes: Int32Array | undefined
}

export interface Settings extends Pick<OptionValues, KernelOption | 'predictionFormat'> {
  readonly labelFormat: LabelFormat
}

/** What numbers a tensor may hold, besides what its format says. */
export interface Domain {
  readonly holds: (value: number) => boolean
  /** In words: `loss "mape" needs labels other than 0`. */
  readonly needs: string
}

export interface Domains {
  readonly predictions?: Domain | undefined
  readonly labels?: Domain | undefined
}

/** A loss function: its name, what it goes with, and its two loops. */
export interface Loss extends LossTraits {
  readonly title: string
  /** l_i of one sample, y prediction, t target, K outputs. */
  readonly formula: string
  readonly source: string
  readonly options: readonly KernelOption[]
  /** Whether it needs no dense targets where `rows.classes` is given. */
  readonly readsClasses: boolean
  /** The numbers that the loss is defined for, where its formats allow others. */
  readonly domain?: (settings: Settings) => Domains
  /** Writes l_i of every row into `out`, and 1 into `clipped`, which is all 0, where a logarithm that counts met its guard. */
  losses(rows: Rows, settings: Settings, out: Float64Array, clipped: Int32Array): void
  /** Writes d l_i / d predictions into `out`; `rows.targets` is always dense here. */
  gradient(rows: Rows, settings: Settings, out: Float64Array): void
}
