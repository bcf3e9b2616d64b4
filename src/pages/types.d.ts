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
  topKAccuracy?: number | null
  metrics?: Metrics
  ranking?: Metrics
  spec: Record<string, unknown>
}

/** Numbers, numbers by the kind of average, and lists of one for each output. */
export type Metrics = Record<string, number | null | Record<string, unknown> | unknown[]>

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
  /** The part of the body that exceeds a limit. */
  pointer?: string
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

export interface Limits {
  maxBodyBytes: number
  maxElements: number
  maxRows: number
  maxColumns: number
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

export interface PlotlyClick {
  points: { data: { name: string }; pointNumber: number }[]
}

export interface PlotlyElement extends HTMLElement {
  on(event: 'plotly_click', listener: (event: PlotlyClick) => void): void
}

export interface PlotlyLibrary {
  react(
    element: HTMLElement,
    data: Record<string, unknown>[],
    layout: Record<string, unknown>,
    config: Record<string, unknown>,
  ): Promise<PlotlyElement>
  relayout(element: HTMLElement, update: Record<string, unknown>): Promise<PlotlyElement>
  toImage(element: HTMLElement, options: Record<string, unknown>): Promise<string>
}

/** What all batches of an evaluation add up to, and its state. */
export interface RunReport extends LossAnswer {
  evaluation: string
  status: 'open' | 'sealed'
  batches: number
  expectedBatches?: number
  expectedSamples?: number
  metadata: Record<string, string>
  createdAt: string
  updatedAt: string
  expiresAt: string | null
}

export interface RunEntry {
  evaluation: string
  status: 'open' | 'sealed'
  batches: number
  samples: number
  loss: number | null
  lossStatus: string
  accuracy: number | null
  updatedAt: string
}

export interface RunList {
  evaluations: RunEntry[]
  unreadable?: { evaluation: string; detail: string }[]
  next?: string
}

export interface CurveFigures {
  samples: number
  loss: number | null
  accuracy: number | null
  standardError: number | null
}

export interface CurvePoint extends CurveFigures {
  fromSequence: number
  toSequence: number
  createdAt: string
  cumulative: CurveFigures
}

export interface LearningCurve {
  points: CurvePoint[]
}

/** A run that is shown. */
export interface Run {
  readonly name: string
  /** 0 to 7 */
  readonly colour: number
  report?: RunReport
  points: CurvePoint[]
  /** How the curve was asked for. */
  exchange?: Exchange
  /** Why it could not be loaded last. */
  trouble?: unknown
  isLive: boolean
  stop(): void
}

/** What is shown of the runs; the address has it. */
export interface Settings {
  runs: string[]
  prefix: string
  show: 'loss' | 'accuracy'
  by: 'batch' | 'time'
  scale: 'linear' | 'log'
  lines: 'both' | 'groups' | 'all'
}

/** A run as it is drawn. */
export interface Series {
  name: string
  colour: number
  lines: Settings['lines']
  places: { x: number; group: number | null; error: number | null; all: number | null; point: CurvePoint }[]
}

export interface RunComparison {
  predictions: LossAnswer & { evaluation: string }
  baseline: LossAnswer & { evaluation: string }
  difference: { loss: number | null; standardError: number | null; interval: [number, number] | null }
  accuracyDifference: number | null
  batches: { paired: number; onlyPredictions: number; onlyBaseline: number; labelsDiffer: number }
}
