// The request bodies, from one seed.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { FormPart } from '../formats/form.ts'
import { formOf, npyOf } from '../formats/form.ts'

/** As long as curl's, whose length decides how fast it is looked for. */
const boundary = '------------------------d74496d66958873e'
const generator = xoroshiro128plus(4)

/** One request, ready to be sent, and what it must be answered. */
export interface Request {
  readonly name: string
  readonly bytes: number
  readonly head: Buffer
  readonly body: Buffer
  readonly loss: number
}

export interface Rows {
  readonly predictions: number[][]
  readonly labels: number[]
}

export function makeRows(samples: number, { digits, outputs = 10 }: { digits?: number; outputs?: number } = {}): Rows {
  return {
    predictions: Array.from({ length: samples }, () => {
      const row = softmax(outputs)
      return digits === undefined ? row : row.map((p) => Number(p.toFixed(digits)))
    }),
    labels: Array.from({ length: samples }, () => Math.floor(outputs * random())),
  }
}

export function asJson(name: string, { predictions, labels }: Rows, labelFormat: 'index' | 'one-hot'): Request {
  const written = labelFormat === 'index' ? labels : labels.map((label) => oneHot(label, predictions[0].length))
  const text = JSON.stringify({ loss: 'cross-entropy', labelFormat, predictions, labels: written })
  return requestOf(name, 'application/json', Buffer.from(text), lossOf(predictions, labels))
}

/** Loss and accuracy at so many temperatures: a small body that is much work. */
export function asSweep(name: string, { predictions, labels }: Rows, values: number): Request {
  const parameter = { name: 'temperature' }
  const temperatures = Array.from({ length: values }, (_, at) => 0.5 + at / values)
  const text = JSON.stringify({
    ...{ loss: 'cross-entropy', labelFormat: 'index', predictions, labels },
    ...{ parameter, values: temperatures },
  })
  const { head, ...request } = requestOf(name, 'application/json', Buffer.from(text), Number.NaN)
  return { ...request, head: Buffer.from(head.toString().replace('/v1/loss', '/v1/sweeps')) }
}

export function asNdjson(name: string, { predictions, labels }: Rows, linesOf: number): Request {
  const lines: unknown[] = [{ loss: 'cross-entropy', labelFormat: 'index' }]
  for (let at = 0; at < labels.length; at += linesOf) {
    lines.push({ predictions: predictions.slice(at, at + linesOf), labels: labels.slice(at, at + linesOf) })
  }
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  return requestOf(name, 'application/x-ndjson', Buffer.from(text), lossOf(predictions, labels))
}

/** The lines of an NDJSON body as one JSON array, for who parses all of it at once. */
export function asOneArray({ name, body, loss }: Request): Request {
  const text = `[${body.toString().trimEnd().replaceAll('\n', ',')}]`
  return requestOf(name, 'application/json', Buffer.from(text), loss)
}

/** Predictions as FP64 or FP32; labels as numpy has them, INT64, or as one-hot rows in FP64. */
export function asBinary(
  name: string,
  { predictions, labels }: Rows,
  labelFormat: 'index' | 'one-hot',
  datatype: 'FP64' | 'FP32' = 'FP64',
): Request {
  const outputs = predictions[0].length
  const shape = [labels.length, outputs]
  const numbers = (datatype === 'FP64' ? Float64Array : Float32Array).from(predictions.flat())
  const bytes = Buffer.from(numbers.buffer)
  const truth =
    labelFormat === 'index'
      ? Buffer.from(BigInt64Array.from(labels, BigInt).buffer)
      : Buffer.from(Float64Array.from(labels.flatMap((label) => oneHot(label, outputs))).buffer)
  const header = JSON.stringify({
    // rows of 32 bits sum to 1 less exactly
    parameters: { loss: 'cross-entropy', labelFormat, ...(datatype === 'FP32' && { rowSumTolerance: 1e-4 }) },
    inputs: [
      { name: 'predictions', shape, datatype, parameters: { binary_data_size: bytes.length } },
      labelFormat === 'index'
        ? { name: 'labels', shape: [shape[0]], datatype: 'INT64', parameters: { binary_data_size: truth.length } }
        : { name: 'labels', shape, datatype: 'FP64', parameters: { binary_data_size: truth.length } },
    ],
  })
  const body = Buffer.concat([Buffer.from(header), bytes, truth])
  const length = `Inference-Header-Content-Length: ${header.length}\r\n`
  return requestOf(name, 'application/octet-stream', body, lossOf(rowsOf(numbers, outputs), labels), length)
}

/**
 * What tritonclient sends of FP32 predictions and INT64 labels; it asks for the loss and the gradient as bytes.
 *
 * @param answerBytes that a server which computes nothing is to answer with
 */
export function asInference(name: string, rows: Rows, answerBytes = 0): Request {
  const outputs = rows.predictions[0].length
  const numbers = Float32Array.from(rows.predictions.flat())
  const [predictions, labels] = [
    Buffer.from(numbers.buffer),
    Buffer.from(BigInt64Array.from(rows.labels, BigInt).buffer),
  ]
  const shape = [rows.labels.length, outputs]
  const header = JSON.stringify({
    inputs: [
      { name: 'predictions', shape, datatype: 'FP32', parameters: { binary_data_size: predictions.length } },
      { name: 'labels', shape: [shape[0]], datatype: 'INT64', parameters: { binary_data_size: labels.length } },
    ],
    outputs: ['loss', 'gradient'].map((output) => ({ name: output, parameters: { binary_data: true } })),
    parameters: { labelFormat: 'index' },
  })
  const body = Buffer.concat([Buffer.from(header), predictions, labels])
  const lengths = `Inference-Header-Content-Length: ${header.length}\r\nX-Answer-Bytes: ${answerBytes}\r\nContent-Length: ${body.length}`
  const head = `POST /v2/models/cross-entropy/infer HTTP/1.1\r\nHost: 127.0.0.1\r\n${lengths}\r\n\r\n`
  const loss = lossOf(rowsOf(numbers, outputs), rows.labels)
  return { name, bytes: body.length, head: Buffer.from(head), body, loss }
}

/** Predictions and labels as .npy files, FP64 and INT64. */
export function asFiles(name: string, { predictions, labels }: Rows): Request {
  const file = 'application/octet-stream'
  const parts: FormPart[] = [
    ['loss', 'cross-entropy'],
    ['labelFormat', 'index'],
    ['predictions', npyOf([labels.length, predictions[0].length], predictions.flat()), file],
    ['labels', npyOf([labels.length], labels, '<i8'), file],
  ]
  const { headers, payload } = formOf(parts, boundary)
  return requestOf(name, headers['content-type'], payload, lossOf(predictions, labels))
}

/** A table whose columns are p0, p1 and so on, and y. */
export function asTable(name: string, { predictions, labels }: Rows, table: Buffer, tableFormat: string): Request {
  const columns = { predictions: predictions[0].map((_, at) => `p${at}`), labels: 'y' }
  const { headers, payload } = formOf(
    [
      ['loss', 'cross-entropy'],
      ['labelFormat', 'index'],
      ['tableFormat', tableFormat],
      ['columns', JSON.stringify(columns)],
      ['table', table, 'application/octet-stream'],
    ],
    boundary,
  )
  return requestOf(name, headers['content-type'], payload, lossOf(predictions, labels))
}

function requestOf(name: string, mediaType: string, body: Buffer, loss: number, more = ''): Request {
  const head = `POST /v1/loss HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${mediaType}\r\n${more}Content-Length: ${body.length}\r\n\r\n`
  return { name, bytes: body.length, head: Buffer.from(head), body, loss }
}

function lossOf(predictions: number[][], labels: number[]): number {
  const losses = labels.map((label, row) => -Math.log(predictions[row][label] + 1e-7))
  return losses.reduce((a, b) => a + b) / labels.length
}

/** The numbers as they are sent, row by row. */
function rowsOf(numbers: Float32Array | Float64Array, outputs: number): number[][] {
  return Array.from({ length: numbers.length / outputs }, (_, row) =>
    Array.from(numbers.subarray(outputs * row, outputs * (row + 1))),
  )
}

function oneHot(label: number, outputs: number): number[] {
  return Array.from({ length: outputs }, (_, k) => (k === label ? 1 : 0))
}

function softmax(outputs: number): number[] {
  const powers = Array.from({ length: outputs }, () => Math.exp(4 * random()))
  const sum = powers.reduce((a, b) => a + b)
  return powers.map((power) => power / sum)
}

function random(): number {
  return ((generator.next() >>> 5) * 2 ** 26 + (generator.next() >>> 6)) / 2 ** 53
}
