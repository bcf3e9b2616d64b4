/** A client of lossmeter, the REST service that evaluates loss functions. */

export declare const version: string

export type TypedArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | BigUint64Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Uint8ClampedArray

/**
 * Nested arrays, a typed array of rank 1, or a typed array with a shape, row by row. With the options `table` (a Blob or bytes) and
 * `tableFormat` it is the name of a column, or the names of several.
 */
export type Tensor =
  | string
  | readonly string[]
  | readonly number[]
  | readonly (readonly number[])[]
  | TypedArray
  | { readonly data: TypedArray; readonly shape: readonly number[] }

export type Labels = Tensor | readonly boolean[] | number

export type Ids = string | readonly (string | number)[] | TypedArray

/** Options of the HTTP API by their own names: `loss` and `labelFormat`, which are required, `predictionFormat`, `include`, ... */
export interface Options {
  readonly [option: string]: unknown
}

export type Query = Readonly<Record<string, unknown>>

/** An answer, with the fields that the document of the service has. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: what a client asked for is known to it alone
  readonly [field: string]: any
}

/** `loss` and `lossSum` are Infinity or NaN where `lossStatus` says infinite or undefined. */
export interface Figures extends Answer {
  readonly loss: number
  readonly lossStatus: 'finite' | 'infinite' | 'undefined'
  readonly accuracy: number | null
  readonly samples: number
  readonly outputs: number
  readonly standardError: number | null
}

export interface BatchAnswer extends Figures {
  readonly sequence: number
  readonly replayed: boolean
}

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly requestId?: string
  readonly errorCount?: number
  readonly errors?: readonly {
    readonly pointer: string
    readonly code: string
    readonly detail: string
    readonly remedies?: readonly Readonly<Record<string, unknown>>[]
  }[]
}

export declare class LossmeterError extends Error {
  constructor(status: number, problem: Problem)
  readonly status: number
  /** The answer, of RFC 9457. */
  readonly problem: Problem
}

/** The service was out of reach for longer than `patience`. */
export declare class OutOfReach extends Error {}

export interface Settings {
  /** The API key or token, where the service asks for one. */
  readonly key?: string
  /** Seconds until a request that stays without an answer is given up; 60. */
  readonly timeout?: number
  /** Seconds for which a request is sent again while the service is out of reach or busy; 120. */
  readonly patience?: number
  /** Sends bodies with gzip, for slow links. */
  readonly compress?: boolean
  /** Leaves a loss that is not finite null, as JSON has it; `lossStatus` says what it is. */
  readonly plain?: boolean
  /** Is called with a line about each attempt that failed. */
  readonly say?: (line: string) => void
  readonly fetch?: typeof fetch
}

export interface RequestOptions {
  readonly query?: Query | undefined
  readonly fields?: Options | undefined
  /** In place of fields, with its own headers. */
  readonly body?: string | Blob | Uint8Array<ArrayBuffer> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
}

export type EvaluationEvent =
  | ({ readonly type: 'batch'; readonly batch: string; readonly sequence: number } & Figures)
  | {
      readonly type: 'status'
      readonly status: 'open' | 'sealed' | 'deleted'
      readonly sequence?: number
      readonly batches?: number
      readonly detail?: string
    }

export declare class Lossmeter {
  /** @param url of the service, with the path below which it is served, if any; http://127.0.0.1:3000 */
  constructor(url?: string, settings?: Settings)
  /** Evaluates one batch. @throws {LossmeterError} 422 if it is not what was declared */
  loss(predictions: Tensor, labels: Labels, options: Options): Promise<Figures>
  /** Compares two models on the same labels: `difference` is predictions minus baseline, so negative is better. */
  compare(predictions: Tensor, baseline: Tensor, labels: Labels, options: Options): Promise<Answer>
  /** Loss and accuracy of logits along one parameter, with their slopes. */
  sweep(predictions: Tensor, labels: Labels, parameter: object, values: Tensor, options: Options): Promise<Answer>
  /** The rows that NumPy's `RandomState(seed).choice` draws. */
  miniBatch(drawn: {
    readonly populationSize: number
    readonly size: number
    readonly seed: number
    readonly replacement?: boolean
  }): Promise<number[]>
  losses(options?: RequestOptions): Promise<Answer>
  limits(options?: RequestOptions): Promise<Answer>
  evaluation(name: string): Evaluation
  /** All evaluations with their figures, the newest first. */
  evaluations(query?: Query): AsyncGenerator<Answer>
  /** What all evaluations that fit add up to. @param query `prefix`, `metadata`, `from`, `to` */
  total(query?: Query): Promise<Answer>
  /** Any request of the API. It is sent again while the service is out of reach or busy. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
  /** All entries of a list, page by page. */
  pages(path: string, name: string, query: Query): AsyncGenerator<Answer>
  events(path: string, after?: number, signal?: AbortSignal): AsyncGenerator<EvaluationEvent>
}

/** A persistent evaluation. Whatever is sent twice counts once. */
export declare class Evaluation {
  constructor(service: Lossmeter, name: string)
  readonly name: string
  /** Declares it, or makes sure that it was declared in just this way: the options, and `outputs` (K). */
  declare(declaration: Options): Promise<Answer>
  /** Adds a batch under its name; fulfilled when it is durable. @param more `sampleWeights`, `groups`, `at` */
  add(batch: string, predictions: Tensor, labels: Labels, more?: Options): Promise<BatchAnswer>
  /** Sends predictions whose labels come later. @param more `groups`, `sampleWeights`, `at` */
  predictions(ids: Ids, predictions: Tensor, more?: Options): Promise<Answer>
  /** Sends the labels of predictions that came, or will come, with the same ids. */
  labels(ids: Ids, labels: Labels, more?: Options): Promise<Answer>
  /** The ids that wait for their other half. */
  waiting(half: 'predictions' | 'labels'): AsyncGenerator<Answer>
  /** The windows of time that have rows, in order. @param query `from`, `to`, `every`, `limit` */
  windows(query?: Query): AsyncGenerator<Answer>
  /** The answer over all that was committed. @param query `require`, `failStatus`, `from`, `to` */
  report(query?: Query): Promise<Figures>
  batches(query?: Query): AsyncGenerator<Answer>
  curve(query?: Query): Promise<Answer[]>
  compareWith(other: string, query?: Query): Promise<Answer>
  /**
   * Batches and changes of status as they happen, each once, over as many connections as it takes. They end when the evaluation
   * is deleted, or sealed and read to its end.
   */
  events(options?: { readonly after?: number; readonly signal?: AbortSignal }): AsyncGenerator<EvaluationEvent>
  /** No more batches. @throws {LossmeterError} 409 while an expectation is not met */
  seal(): Promise<Answer>
  /** Deletes it with all its batches. */
  delete(): Promise<void>
}
