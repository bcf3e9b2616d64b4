/** What the pages keep, and names for the answers of the service, whose types are written from its document. */

import type { components } from './answers.d.ts'

type Answers = components['schemas']

export type LossAnswer = Answers['LossAnswer']
export type Metrics = NonNullable<LossAnswer['metrics']> | NonNullable<LossAnswer['ranking']>
export type Verdict = Answers['Verdict']
export type Grouping = Answers['Grouping']
export type Group = Answers['Group']
export type ThresholdPoint = NonNullable<LossAnswer['thresholds']>['perOutput'][number]['points'][number]
/** What wrong decisions cost. */
export interface Costs {
  falsePositive: number
  falseNegative: number
}
export type CalibrationBin = Answers['CalibrationBin']
export type SweepAnswer = Answers['SweepAnswer']
export type Catalogue = Answers['Catalogue']
export type CatalogueEntry = Answers['LossDescription']
export type CatalogueOption = Answers['OptionDescription']
export type Problem = Answers['Problem']
export type ContentError = Answers['ContentError']
export type Limits = Answers['Limits']
/** What all batches of an evaluation add up to, and its state. */
export type RunReport = Answers['EvaluationAnswer']
export type RunEntry = Answers['EvaluationEntry']
export type RunList = Answers['EvaluationList']
export type LearningCurve = Answers['LearningCurve']
export type BatchList = Answers['BatchList']
export type JoinedState = Answers['JoinedState']
export type CurvePoint = Answers['CurvePoint']
export type WindowList = Answers['EvaluationWindows']
export type EvaluationWindow = Answers['EvaluationWindow']
export type RunComparison = Answers['EvaluationComparison']

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
  /** Which digits are read right now; none before they are evaluated. */
  right: boolean[]
  /** It plays for people who have only just come, and is not kept. */
  isPlay: boolean
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

/** A run that is shown. */
export interface Run {
  readonly name: string
  /** 0 to 7 */
  readonly colour: number
  report?: RunReport
  points: CurvePoint[]
  /** Its windows of time as points, once they are asked for. */
  windows?: CurvePoint[]
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
  by: 'batch' | 'time' | 'window'
  scale: 'linear' | 'log'
  lines: 'groups' | 'both' | 'all'
  /** How much of the line before remains at each point, from 0 to below 1. */
  smooth: number
  /** As KEY=VALUE, with spaces between them. */
  metadata: string
  /** Of the table, as `sort` of the service, or of what the page has; '' is newest first. */
  sort: string
}

/** A run as it is drawn. */
export interface Series {
  name: string
  colour: number
  lines: Settings['lines']
  places: {
    x: number
    group: number | null
    error: number | null
    smoothed: number | null
    all: number | null
    point: CurvePoint
  }[]
}
