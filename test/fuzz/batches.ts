// Batches that fit: schemas tell what each field may be, but not that labels have the shape of predictions.
import type { Choices } from './random.ts'

export type Fields = Record<string, unknown>

const losses = new Set(['binary-cross-entropy'])

/** Predictions, labels and weights that agree with what the fields of a request declare. */
export function fitted(request: Fields, choices: Choices): Fields {
  const { labelFormat, predictionFormat = 'probabilities', loss } = request
  const areClasses = labelFormat !== 'values' && labelFormat !== 'binary' && !losses.has(String(loss))
  const rows = 1 + choices.below(6)
  // a batch of a declared evaluation has its columns
  const columns = labelFormat === undefined ? 2 : 1 + choices.below(5)
  const scale = choices.pick([1, 1, 1, 10, 1e-310, 1e300])
  const value = () => (choices.share() - 0.5) * scale
  const each = (row: () => unknown) => choices.list(rows, row)
  const share = () => choices.share()
  const distribution = () => {
    const weights = choices.list(columns, () => share() + 1e-3)
    const sum = weights.reduce((a, b) => a + b)
    return weights.map((weight) => weight / sum)
  }
  const hot = () => {
    const at = choices.below(columns)
    return Array.from({ length: columns }, (_, i) => Number(i === at))
  }
  const isLog = predictionFormat === 'log-probabilities' && labelFormat !== undefined
  const isValue = (predictionFormat !== 'probabilities' && !isLog) || labelFormat === undefined
  const prediction = isValue ? value : areClasses ? undefined : share
  const labels: Record<string, () => unknown> = {
    index: () => choices.below(columns),
    'one-hot': hot,
    probabilities: areClasses ? distribution : () => choices.list(columns, share),
    binary: () => choices.list(columns, () => choices.below(2)),
    values: () => choices.list(columns, value),
  }
  const row = prediction === undefined ? distribution : () => choices.list(columns, prediction)
  const model = () => each(isLog ? () => row().map((chance) => Math.max(-800, Math.log(chance))) : row)
  const batch: Fields = { predictions: model(), labels: each(labels[String(labelFormat)] ?? labels.values) }
  if ('baseline' in request) batch.baseline = model()
  if ('topK' in request) batch.topK = 1 + choices.below(columns)
  if ('sampleWeights' in request) batch.sampleWeights = each(share)
  if ('classWeights' in request) batch.classWeights = choices.list(columns, share)
  if ('parameter' in request) Object.assign(batch, sweep(request, columns, choices))
  return { ...request, ...batch }
}

/** Values that a sweep can take: a class that there is, temperatures above 0. */
function sweep({ parameter, values }: Fields, columns: number, choices: Choices): Fields {
  return {
    parameter: { ...(parameter as Fields), ...('class' in (parameter as Fields) && { class: choices.below(columns) }) },
    values: (values as number[]).map((value) => Math.abs(value) + 0.1),
  }
}

const tensors = ['predictions', 'labels', 'sampleWeights', 'baseline']

/** The same request in the binary layout of the Open Inference Protocol. */
export function asBinary(request: Fields): { header: Fields; data: Buffer } {
  const parameters = Object.fromEntries(Object.entries(request).filter(([name]) => !tensors.includes(name)))
  const given = tensors.filter((name) => Array.isArray(request[name]))
  const data = given.map((name) => Buffer.from(Float64Array.from((request[name] as number[][]).flat()).buffer))
  const inputs = given.map((name, i) => {
    const rows = request[name] as unknown[]
    const shape = Array.isArray(rows[0]) ? [rows.length, rows[0].length] : [rows.length]
    return { name, shape, datatype: 'FP64', parameters: { binary_data_size: data[i].length } }
  })
  return { header: { parameters, inputs }, data: Buffer.concat(data) }
}

const figures = ['loss', 'accuracy', 'standardError', 'lossSum', 'weightSum', 'samples']
const ofRows = ['losses', 'gradient', 'correct']

/** The same request to the model that is its loss, in JSON or with bytes; what it includes becomes outputs that it asks for. */
export function asInference(request: Fields, isBinary: boolean, choices: Choices): { header: Fields; data: Buffer } {
  const { loss: _, include, topK: __, ...options } = request
  const { header, data } = asBinary(options)
  const names = [...figures, ...(include === undefined ? [] : ofRows)].filter(() => choices.chance(0.4))
  const outputs = names.map((name) => ({ name, parameters: { binary_data: choices.chance(0.5) } }))
  const asked = { id: choices.pick(['', 'a', '\u{1F4A5}']), ...(names.length > 0 && { outputs }) }
  if (isBinary) return { header: { ...header, ...asked }, data }
  const inputs = (header.inputs as { name: string }[]).map(({ name, ...input }) => {
    return { ...input, name, parameters: undefined, data: (options[name] as number[][]).flat() }
  })
  return { header: { ...header, ...asked, inputs }, data: Buffer.alloc(0) }
}

/** The same request as NDJSON, a line for each row. */
export function asLines(request: Fields): unknown[] {
  const { miniBatch: _, ...parameters } = asBinary(request).header.parameters as Fields
  const rows = request.predictions as unknown[]
  const given = tensors.filter((name) => Array.isArray(request[name]))
  return [
    parameters,
    ...rows.map((_, i) => Object.fromEntries(given.map((name) => [name, [(request[name] as unknown[])[i]]]))),
  ]
}
