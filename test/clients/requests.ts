/** What of a loss in GET /v1/losses is needed here. */
export interface Description {
  readonly name: string
  readonly labelFormats: readonly (keyof typeof labels)[]
  readonly predictionFormats: readonly string[]
  readonly reduction: string
  readonly options: readonly { readonly name: string; readonly default: unknown }[]
}

const shares = [
  [0.25, 0.75],
  [0.5, 0.5],
]
const logarithms = shares.map((row) => row.map(Math.log))
const oneHot = [
  [0, 1],
  [1, 0],
]
const labels = { 'one-hot': oneHot, index: [1, 0], probabilities: shares, binary: oneHot, values: shares }

/** A request for each label and prediction format of a loss, with every option that has a constant default at it. */
export function requestsWithDefaults({ name, labelFormats, predictionFormats, reduction, options }: Description) {
  const defaults = Object.fromEntries(
    options.filter((option) => option.default !== null).map((o) => [o.name, o.default]),
  )
  return labelFormats.flatMap((labelFormat) =>
    predictionFormats.map((predictionFormat) => ({
      ...defaults,
      loss: name,
      labelFormat,
      predictionFormat,
      reduction,
      include: [],
      predictions: predictionFormat.startsWith('log') ? logarithms : shares,
      labels: labels[labelFormat],
    })),
  )
}
