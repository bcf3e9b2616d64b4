/** What the page uses of the answers of the service; /openapi.json describes all of it. */

export interface LossAnswer {
  loss: number | null
  lossStatus: 'finite' | 'infinite' | 'undefined'
  accuracy: number | null
  samples: number
  outputs: number
  correct: number | null
  ties: number
  ignored: number
  clipped: number
  standardError: number | null
  accuracyInterval: [number, number] | null
  perSample?: { losses: (number | null)[]; correct: (boolean | number | null)[] | null }
  perClass?: ClassReport[]
  confusion?: number[][]
  gradient?: number[][]
  calibration?: { bins: CalibrationBin[]; expectedCalibrationError: number | null }
  spec: Record<string, unknown>
}

export interface ClassReport {
  class: number
  samples: number
  correct: number
  loss: number | null
  recall: number | null
  precision: number | null
}

export interface CalibrationBin {
  lower: number
  upper: number
  count: number
  meanConfidence: number | null
  accuracy: number | null
}

export interface SweepAnswer {
  values: number[]
  loss: (number | null)[]
  accuracy: (number | null)[]
  lossSlope: (number | null)[]
  accuracySlope: (number | null)[]
}

export interface Catalogue {
  losses: CatalogueEntry[]
}

export interface CatalogueEntry {
  name: string
  title: string
  formula: string
  labelFormats: string[]
  predictionFormats: string[]
  reduction: string
  options: CatalogueOption[]
}

export interface CatalogueOption {
  name: string
  kind: string
  /** The words of a choice. */
  values?: string[]
  default: unknown
  /** Where another default holds, by predictionFormat. */
  defaultByPredictionFormat?: Record<string, unknown>
  appliesTo: string
  description: string
}

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  errors?: ContentError[]
  errorCount?: number
  /** Line of an NDJSON body. */
  line?: number
  /** Byte of the body, or of the line, at which it stops being JSON. */
  offset?: number
}

export interface ContentError {
  pointer: string
  detail: string
  received: unknown
}

/** One request and what came back. */
export interface Exchange {
  method: string
  path: string
  /** JSON text, or words for a body that is no JSON. */
  request: string
  status: number
  milliseconds: number
  answer: unknown
  /** Seconds after which to send it again; 0 where the service does not say. */
  retryAfter?: number
}

/** Digits that ship with the page. */
export interface Digits {
  logits: number[][]
  labels: number[]
}

/** Digits to train on: 64 pixels from 0 to 1 each, and what they are. */
export interface Pixels {
  images: number[][]
  labels: number[]
}

export interface TrainingOptions {
  /** Rows of a mini-batch. */
  size: number
  /** Learning rate. */
  rate: number
  seed: number
}

/** A training so far. */
export interface TrainingRun {
  options: TrainingOptions
  /** Ten rows of 64 weights and a bias. */
  weights: number[][]
  /** Of the mini-batch of each step. */
  losses: number[]
  accuracies: number[]
  /** Of all digits, before the step of that number. */
  whole: { step: number; loss: number; accuracy: number }[]
  isDeclared: boolean
  /** Why it is no longer kept as an evaluation. */
  unkept?: string
}

/** A .npy file: where its numbers lie and what they are. */
export interface NpyArray {
  datatype: string
  shape: number[]
  dataOffset: number
  byteLength: number
}

export interface Colours {
  ink: string
  soft: string
  line: string
  paper: string
  accent: string
  truth: string
}

export interface Figure {
  data: Record<string, unknown>[]
  layout: Record<string, unknown>
}

export interface PlotlyElement extends HTMLElement {
  on(event: string, listener: (event: never) => void): void
}

export interface PlotlyLibrary {
  react(
    element: HTMLElement,
    data: Record<string, unknown>[],
    layout: Record<string, unknown>,
    config: Record<string, unknown>,
  ): Promise<PlotlyElement>
  relayout(element: HTMLElement, update: Record<string, unknown>): Promise<PlotlyElement>
}
