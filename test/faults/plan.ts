// What is sent: batches that follow from a seed, and the requests that carry them.
import { binary, oneRow } from '../attacks/bodies.ts'
import type { Request } from '../attacks/client.ts'
import { Choices } from '../fuzz/random.ts'

export interface PlannedBatch {
  readonly evaluation: string
  readonly name: string
  readonly predictions: readonly (readonly number[])[]
  readonly labels: readonly number[]
  readonly sampleWeights: readonly number[]
}

/** A request that carries batches of one evaluation. */
export interface Delivery {
  readonly request: Request
  readonly evaluation: string
  readonly names: readonly string[]
}

/** What works without a store. */
export const withoutStore: readonly Request[] = [
  oneRow,
  { method: 'GET', path: '/livez' },
  { method: 'GET', path: '/readyz' },
  { method: 'GET', path: '/v1/losses' },
  { method: 'GET', path: '/v1/limits' },
]

const classes = 3

/** How each evaluation is declared; `outputs` besides. */
export const declarations: Readonly<Record<string, object>> = {
  classes: {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictionFormat: 'logits',
    include: ['perClass', 'confusion', 'calibration'],
  },
  values: { loss: 'mse', labelFormat: 'values' },
}

export const evaluationNames = Object.keys(declarations)

export function outputsOf(evaluation: string): number {
  return evaluation === 'classes' ? classes : 1
}

/** The batch of a number: the same for a seed, whatever happens. */
export function batchOf(seed: number, number: number): PlannedBatch {
  const choices = new Choices((seed + Math.imul(number, 0x9e3779b1)) >>> 0)
  const evaluation = choices.pick(evaluationNames)
  // some take several packets, so that they can be cut
  const rows = choices.chance(0.05) ? 2000 : 1 + choices.below(8)
  const signed = () => 2 * choices.share() - 1
  // numbers of very different size: any other order of rounded sums shows
  const wide = () => signed() * 10 ** (40 * signed())
  const isIndex = evaluation === 'classes'
  return {
    evaluation,
    name: `step-${number}`,
    predictions: choices.list(rows, () => choices.list(outputsOf(evaluation), isIndex ? () => 8 * signed() : wide)),
    labels: choices.list(rows, isIndex ? () => choices.below(classes) : wide),
    sampleWeights: choices.list(rows, () => choices.share()),
  }
}

/** One batch, as JSON or binary. */
export function putOf(batch: PlannedBatch, isBinary: boolean): Delivery {
  const { evaluation, name } = batch
  const body = isBinary ? binaryOf(batch) : { body: JSON.stringify(tensorsOf(batch)) }
  const request = { method: 'PUT', path: `/v1/evaluations/${evaluation}/batches/${name}`, ...body }
  return { request, evaluation, names: [name] }
}

/** Batches of one evaluation, a line each. */
export function linesOf(batches: readonly PlannedBatch[]): Delivery {
  const [{ evaluation }] = batches
  const request = {
    method: 'POST',
    path: `/v1/evaluations/${evaluation}/batches`,
    headers: { 'content-type': 'application/x-ndjson' },
    body: batches.map((batch) => `${JSON.stringify({ batch: batch.name, ...tensorsOf(batch) })}\n`).join(''),
  }
  return { request, evaluation, names: batches.map(({ name }) => name) }
}

/** All rows at once, as POST /v1/loss takes them. */
export function streamOf(batches: readonly PlannedBatch[]): string {
  const [{ evaluation }] = batches
  const lines = [declarations[evaluation], ...batches.map(tensorsOf)]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

function tensorsOf({ evaluation, predictions, labels, sampleWeights }: PlannedBatch): object {
  return { predictions, labels: evaluation === 'classes' ? labels : labels.map((label) => [label]), sampleWeights }
}

function binaryOf({ evaluation, predictions, labels, sampleWeights }: PlannedBatch): Request {
  const rows = labels.length
  const doubles = (name: 'predictions' | 'labels' | 'sampleWeights', shape: number[], values: readonly number[]) => ({
    name,
    shape,
    datatype: 'FP64',
    bytes: new Uint8Array(Float64Array.from(values).buffer),
  })
  return binary({}, [
    doubles('predictions', [rows, outputsOf(evaluation)], predictions.flat()),
    doubles('labels', evaluation === 'classes' ? [rows] : [rows, 1], labels),
    doubles('sampleWeights', [rows], sampleWeights),
  ])
}
