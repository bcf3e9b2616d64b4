// The bodies of the attacks: small to write down, large to hold.
import { gzipSync } from 'node:zlib'
import { uniformIntegers } from '../../src/runtime/random.ts'
import type { FormPart } from '../formats/form.ts'
import { formOf } from '../formats/form.ts'
import type { Request } from './client.ts'

export const mebibyte = 2 ** 20
/** Inflated bytes per compressed byte that these bodies stay under; the service refuses more than 200. */
const ratio = 190

/** A text over and over, with commas between. */
export function repeated(text: string, times: number): Buffer {
  return times === 0 ? Buffer.alloc(0) : Buffer.alloc(times * (text.length + 1) - 1, `${text},`)
}

function joined(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part)))
}

/** Rows of zeros as JSON, without the brackets around. */
function rowsOfZeros(rows: number, columns: number): Buffer {
  return repeated(`[${repeated('0', columns)}]`, rows)
}

function head(options: object): string {
  return `${JSON.stringify(options).slice(0, -1)},`
}

/** JSON whose numbers have one digit each, so that two bytes become eight. */
export function oneDigitJson(bytes: number, options: object = { loss: 'mse', labelFormat: 'index' }): Request {
  const columns = 1000
  const rows = Math.floor((bytes - 300) / (2 * columns + 4))
  const predictions = rowsOfZeros(rows, columns)
  return { body: joined(head(options), '"predictions":[', predictions, '],"labels":[', repeated('0', rows), ']}') }
}

/** The same for a comparison, whose baseline is another tensor of such numbers, with what takes most sums. */
export function oneDigitComparison(bytes: number): Request {
  const columns = 1000
  const rows = Math.floor((bytes - 300) / (4 * columns + 6))
  const numbers = rowsOfZeros(rows, columns)
  const options = head({ loss: 'mse', labelFormat: 'index', include: ['metrics', 'ranking'] })
  const labels = repeated('0', rows)
  return {
    path: '/v1/comparisons',
    body: joined(options, '"predictions":[', numbers, '],"baseline":[', numbers, '],"labels":[', labels, ']}'),
  }
}

/** Predictions, a baseline and labels of type BOOL. */
export function boolComparison(bytes: number): Request {
  const columns = 1000
  const rows = Math.floor(bytes / (3 * columns))
  const part = { shape: [rows, columns], datatype: 'BOOL', bytes: Buffer.alloc(rows * columns) }
  const names = ['predictions', 'baseline', 'labels'] as const
  const parts = names.map((name) => ({ ...part, name }))
  return { ...binary({ loss: 'mse', labelFormat: 'binary' }, parts), path: '/v1/comparisons' }
}

/** One NDJSON line of so many bytes, behind its options. */
export function oneLine(bytes: number): Request {
  const columns = 1000
  const rows = Math.floor((bytes - 300) / (2 * columns + 4))
  const predictions = rowsOfZeros(rows, columns)
  const options = '{"loss":"mse","labelFormat":"index"}\n'
  return {
    headers: { 'content-type': 'application/x-ndjson' },
    body: joined(options, '{"predictions":[', predictions, '],"labels":[', repeated('0', rows), ']}\n'),
  }
}

export interface Part {
  readonly name: 'predictions' | 'labels' | 'sampleWeights' | 'baseline'
  readonly shape: readonly number[]
  readonly datatype: string
  readonly bytes: Uint8Array
}

/** The binary layout of the Open Inference Protocol; `more` is said beside the inputs. */
export function binary(parameters: object, parts: readonly Part[], more: object = {}): Request {
  const inputs = parts.map(({ name, shape, datatype, bytes }) => ({
    name,
    shape,
    datatype,
    parameters: { binary_data_size: bytes.length },
  }))
  const text = JSON.stringify({ parameters, inputs, ...more })
  return {
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': text.length },
    body: joined(text, ...parts.map(({ bytes }) => bytes)),
  }
}

/** Predictions and labels of type BOOL, each byte of which is a number. */
export function boolBinary(bytes: number): Request {
  const columns = 1000
  const rows = Math.floor(bytes / (2 * columns))
  const part = { shape: [rows, columns], datatype: 'BOOL', bytes: Buffer.alloc(rows * columns) }
  return binary({ loss: 'mse', labelFormat: 'values' }, [
    { ...part, name: 'predictions' },
    { ...part, name: 'labels' },
  ])
}

/** Predictions and labels as .npy files of booleans in columns, which are turned. */
export function boolFiles(bytes: number, columns = 1000): Request {
  const rows = Math.floor(bytes / (2 * columns))
  const text = `{'descr': '|b1', 'fortran_order': True, 'shape': (${rows}, ${columns})}\n`
  const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1')
  const length = new Uint8Array(Uint16Array.of(text.length).buffer)
  const file = joined(magic, length, text, Buffer.alloc(rows * columns))
  return formRequest([
    ['loss', 'mse'],
    ['labelFormat', 'values'],
    ['predictions', file, 'application/octet-stream'],
    ['labels', file, 'application/octet-stream'],
  ])
}

/** A list of one text over and over as CSV, for both tensors. */
export function csvFiles(cell: string, times: number): Request {
  const file = Buffer.alloc(times * (cell.length + 1), `${cell}\n`)
  return formRequest([
    ['loss', 'mse'],
    ['labelFormat', 'values'],
    ['predictions', file, 'text/csv'],
    ['labels', file, 'text/csv'],
  ])
}

export function formRequest(parts: readonly FormPart[]): Request {
  const { headers, payload } = formOf(parts)
  return { headers, body: payload }
}

/**
 * Rows of one digit, each with a value of a column: one of so many numbers, or strings of so many characters that begin alike.
 */
export function grouped(rows: number, values: number, characters = 0): Request {
  const common = 'x'.repeat(Math.max(0, characters - 8))
  const column = Array.from({ length: rows }, (_, i) =>
    characters === 0 ? i % values : common + String(i % values).padStart(8, '0'),
  )
  const digits = repeated('1', rows)
  const options = head({ loss: 'mae', labelFormat: 'values', groupBy: ['a'] })
  return {
    body: joined(
      options,
      '"predictions":[',
      digits,
      '],"labels":[',
      digits,
      `],"groups":${JSON.stringify({ a: column })}}`,
    ),
  }
}

/** Rows of two classes, whose labels are so many different texts that begin alike. */
export function named(rows: number, texts: number, characters: number): Request {
  const common = 'x'.repeat(characters - 8)
  const labels = Array.from({ length: rows }, (_, i) => common + String(i % texts).padStart(8, '0'))
  const options = head({ loss: 'mse', labelFormat: 'index', classes: [`${common}00000000`, `${common}00000001`] })
  return { body: joined(options, '"predictions":[', repeated('[1,0]', rows), `],"labels":${JSON.stringify(labels)}}`) }
}

/** As many names as there may be, and labels that are nearly all of them. */
export function nearlyNamed(rows: number, names: number): Request {
  const common = 'x'.repeat(36)
  const classes = Array.from({ length: names }, (_, i) => common + String(i).padStart(4, '0'))
  const labels = Array.from({ length: rows }, (_, i) => `${common}0abc`.replace(/x/, () => 'yz'[i % 2]).slice(i % 5))
  const options = head({ loss: 'mse', labelFormat: 'index', classes })
  return { body: joined(options, '"predictions":[', rowsOfZeros(rows, names), `],"labels":${JSON.stringify(labels)}}`) }
}

/** A column with values of all types in turn, each of them only once as far as that can be. */
export function groupsOfAllTypes(rows: number): Request {
  const column = Array.from({ length: rows }, (_, i) => [i, -i, String(i), `${i}é`, null, true, false][i % 7])
  const options = head({ loss: 'mae', labelFormat: 'values', groupBy: ['a'] })
  const digits = repeated('1', rows)
  const groups = `],"groups":${JSON.stringify({ a: column })}}`
  return { body: joined(options, '"predictions":[', digits, '],"labels":[', digits, groups) }
}

/** A column in which one value is of each kind of JSON there is, of any size. */
export function mixedGroups(bytes: number): Request {
  const escaped = `"${'\\"'.repeat(bytes / 4)}"`
  const nested = `[${'[],'.repeat(bytes / 6)}{}]`
  const options = head({ loss: 'mae', labelFormat: 'values', groupBy: ['a'] })
  return { body: joined(options, `"predictions":[1,1],"labels":[1,1],"groups":{"a":[${escaped},${nested}]}}`) }
}

/** Rows of one number, of which the last is ignored. */
export function ignoredRows(rows: number): Request {
  const labels = Buffer.alloc(rows)
  labels[rows - 1] = 1
  return binary({ loss: 'mse', labelFormat: 'index', ignoreIndex: 1 }, [
    { name: 'predictions', shape: [rows, 1], datatype: 'UINT8', bytes: Buffer.alloc(rows) },
    { name: 'labels', shape: [rows], datatype: 'UINT8', bytes: labels },
  ])
}

/** Doubles whose exponents are anywhere from `low` to `high`. */
function anyDoubles(length: number, low: number, high: number, sign = 1): Buffer {
  const next = uniformIntegers(1)
  const values = Float64Array.from({ length }, (_, at) => {
    const value = (1 + next(2 ** 20) / 2 ** 20) * 2 ** (low + next(high - low))
    return at % 2 === 0 ? value : sign * value
  })
  return Buffer.from(values.buffer)
}

/** Metrics of weighted values of every size, whose exact sums are as long as any. */
export function wideMetrics(rows: number, outputs: number): Request {
  return binary({ loss: 'mse', labelFormat: 'values', include: ['metrics'] }, wideParts(rows, outputs))
}

/** A batch of them for an evaluation that is declared with the same options. */
export function wideBatch(rows: number, outputs: number): Request {
  return { ...binary({}, wideParts(rows, outputs)), method: 'PUT' }
}

/** Intervals of weighted values of every size whose squares are summed, of outputs that are averaged. */
export function sureValues(rows: number, outputs: number): Request {
  const part = { shape: [rows, outputs], datatype: 'FP64' }
  return binary({ loss: 'mae', labelFormat: 'values', include: ['metrics', 'intervals'] }, [
    { ...part, name: 'predictions', bytes: anyDoubles(rows * outputs, -400, 400, -1) },
    { ...part, name: 'labels', bytes: anyDoubles(rows * outputs, -400, 400) },
    { name: 'sampleWeights', shape: [rows], datatype: 'FP64', bytes: anyDoubles(rows, -60, 60) },
  ])
}

/** Intervals of decisions: of many classes, whose cells are sums of weights of every size, or of binary outputs. */
export function sureLabels(rows: number, outputs: number, labelFormat: 'index' | 'binary'): Request {
  const scores = Buffer.from(
    Array.from({ length: rows * outputs }, (_, at) => ((at * 7919) % 251) & (at % 3 ? 1 : 255)),
  )
  const labels =
    labelFormat === 'index'
      ? new Uint8Array(Uint16Array.from({ length: rows }, (_, at) => (at * 31) % outputs).buffer)
      : new Uint8Array(Uint16Array.from(scores, (_, at) => Number(at % 5 < 2)).buffer)
  return binary({ loss: 'mse', labelFormat, include: ['metrics', 'intervals', 'ranking'] }, [
    { name: 'predictions', shape: [rows, outputs], datatype: 'UINT8', bytes: scores },
    {
      name: 'labels',
      shape: labelFormat === 'index' ? [rows] : [rows, outputs],
      datatype: 'UINT16',
      bytes: Buffer.from(labels),
    },
    { name: 'sampleWeights', shape: [rows], datatype: 'FP64', bytes: anyDoubles(rows, -1000, 300) },
  ])
}

function wideParts(rows: number, outputs: number): Part[] {
  const part = { shape: [rows, outputs], datatype: 'FP64' }
  return [
    { ...part, name: 'predictions', bytes: anyDoubles(rows * outputs, -1000, 1000, -1) },
    { ...part, name: 'labels', bytes: anyDoubles(rows * outputs, -1000, 1000) },
    { name: 'sampleWeights', shape: [rows], datatype: 'FP64', bytes: anyDoubles(rows, -1000, 300) },
  ]
}

/** Scores of rows to be ranked, one byte each. */
export function ranked(rows: number, outputs: number): Request {
  const bytes = Buffer.from(Array.from({ length: rows * outputs }, (_, at) => (at * 7919) % 251))
  return binary({ loss: 'hinge', labelFormat: 'binary', include: ['ranking'] }, [
    { name: 'predictions', shape: [rows, outputs], datatype: 'UINT8', bytes },
    { name: 'labels', shape: [rows, outputs], datatype: 'UINT8', bytes: Buffer.from(bytes.map((byte) => byte % 2)) },
  ])
}

/** Rows of one number, as many as fit into the memory, of which some are drawn without replacement. */
export function largestPopulation(): Request {
  const rows = 13e6
  const part = { datatype: 'UINT8', bytes: Buffer.alloc(rows) }
  const miniBatch = { size: 100_000, seed: 1, replacement: false }
  return binary({ loss: 'mse', labelFormat: 'index', miniBatch }, [
    { ...part, name: 'predictions', shape: [rows, 1] },
    { ...part, name: 'labels', shape: [rows] },
  ])
}

/** One-hot labels of two classes, right or wrong in every row. */
export function oneHotRows(rows: number, isRight: boolean): Request {
  const part = { shape: [rows, 2], datatype: 'UINT8' }
  return binary({ loss: 'mse', labelFormat: 'one-hot' }, [
    { ...part, name: 'predictions', bytes: Buffer.alloc(2 * rows) },
    { ...part, name: 'labels', bytes: Buffer.alloc(2 * rows, isRight ? '\x01\x00' : '\x00\x00', 'latin1') },
  ])
}

/** One row of zeros, drawn so many times. */
export function drawnRow(columns: number, size: number): Request {
  const options = { loss: 'mse', labelFormat: 'index', miniBatch: { size, seed: 1, replacement: true } }
  return { body: joined(head(options), '"predictions":[[', repeated('0', columns), ']],"labels":[0]}') }
}

/** A sweep of the temperature over rows of zeros. */
export function sweep(rows: number, columns: number, values: number): Request {
  const options = { loss: 'cross-entropy', labelFormat: 'index', parameter: { name: 'temperature' } }
  const body = joined(
    head(options),
    `"values":[${repeated('1', values)}],"predictions":[`,
    rowsOfZeros(rows, columns),
    '],"labels":[',
    repeated('0', rows),
    ']}',
  )
  return { path: '/v1/sweeps', body }
}

/** The row numbers of a mini-batch: a small request whose answer has 1 MB. */
export const largeAnswer: Request = {
  path: '/v1/mini-batches',
  body: JSON.stringify({ populationSize: 2 ** 31 - 1, size: 100_000, seed: 1, replacement: true }),
}

/** A row of the largest population that is shuffled: a small request that takes 64 MiB and a second or two. */
export const largeShuffle: Request = {
  path: '/v1/mini-batches',
  body: JSON.stringify({ populationSize: 2 ** 24, size: 1, seed: 1, replacement: false }),
}

/** Every loss of 65,000 rows: an answer of some 5 MB. */
export function largeReport(bytes: number): Request {
  const rows = 65_000
  const options = { loss: 'mse', labelFormat: 'index', reduction: 'none', include: ['perSample', 'gradient'] }
  const row = '[0.12345678901234567,0.87654321098765433]'
  const body = joined(head(options), '"predictions":[', repeated(row, rows), '],"labels":[', repeated('0', rows), ']}')
  return { body: joined(body, Buffer.alloc(Math.max(0, bytes - body.length), ' ')) }
}

/** The same request, compressed about as much as the service allows: its first part is only stored. */
export function compressed(request: Request): Request {
  const body = Buffer.from(request.body ?? '')
  const step = Math.ceil(body.length / (10 * ratio))
  for (let stored = body.length > mebibyte ? 8 * step : 0; ; stored += step) {
    const bytes = joined(
      gzipSync(body.subarray(0, stored), { level: 0 }),
      gzipSync(body.subarray(stored), { level: 9 }),
    )
    if (body.length > mebibyte + ratio * bytes.length) continue
    return { ...request, body: bytes, headers: { ...request.headers, 'content-encoding': 'gzip' } }
  }
}

/** A batch of one row. */
export const oneRow: Request = { body: '{"loss":"mse","labelFormat":"values","predictions":[1],"labels":[1]}' }

/** 3.6 MB that anybody may send. */
export const legalJson: Request = oneDigitJson(3.6e6)
