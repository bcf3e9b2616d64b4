import type { LabelFormat, PredictionFormat } from '../formats.ts'

/** A change of the request. All parts of one remedy are done together. */
export interface Remedy {
  /** Options to set to these values. */
  readonly set?: Readonly<Record<string, unknown>>
  /** Fields to rename. */
  readonly rename?: Readonly<Record<string, string>>
  /** Tensors whose strings are numbers, to be sent as such. */
  readonly parse?: readonly string[]
  /** Tensors to transpose. */
  readonly transpose?: readonly string[]
  /** Tensors with one column or one row to send as a flat list. */
  readonly flatten?: readonly string[]
  /** Factors to multiply all numbers of a tensor by. */
  readonly scale?: Readonly<Record<string, number>>
  /** Numbers to add to all numbers of a tensor. */
  readonly add?: Readonly<Record<string, number>>
  /** Values to replace in a tensor. */
  readonly replace?: Readonly<Record<string, Readonly<Record<string, number | string>>>>
  /** The range to bring the numbers of a tensor into. */
  readonly clip?: Readonly<Record<string, readonly [low: number, high: number]>>
}

/** What an error says besides what is wrong. */
export interface Hint {
  readonly sentence: string
  readonly remedies: readonly Remedy[]
  /** The fields that it is about, to find the error that it belongs to. */
  readonly about: readonly string[]
}

/** Both changes as one. */
export function both(one: Remedy, other: Remedy): Remedy {
  const merged: Record<string, unknown> = { ...one }
  for (const [kind, change] of Object.entries(other)) {
    const before = merged[kind]
    merged[kind] = Array.isArray(change)
      ? [...new Set([...(Array.isArray(before) ? before : []), ...change])]
      : { ...(typeof before === 'object' ? before : {}), ...change }
  }
  return merged
}

/** The names of the tensors and fields that a remedy changes. */
export function fieldsOf({ set = {}, ...others }: Remedy): string[] {
  const names = Object.values(others).flatMap((change) => (Array.isArray(change) ? change : Object.keys(change)))
  if (names.length > 0) return names
  return Object.keys(set).map((name) => tensorOfOption[name] ?? name)
}

/** The tensor that an option says something of. */
const tensorOfOption: Readonly<Record<string, string>> = {
  predictionFormat: 'predictions',
  labelFormat: 'labels',
  ignoreIndex: 'labels',
  rowSumTolerance: 'predictions',
}

const predictionKinds: Record<PredictionFormat, string> = {
  probabilities: 'Probabilities',
  logits: 'Logits',
  'log-probabilities': 'Log-probabilities',
  values: 'Other numbers',
}

const labelKinds: Record<LabelFormat, string> = {
  'one-hot': 'One-hot rows',
  index: 'Class indices',
  probabilities: 'Rows of probabilities',
  binary: 'Labels 0 and 1 for each output',
  values: 'Numbers of any size',
}

/** What a remedy says in words. */
export function sentenceOf({ set = {}, ...data }: Remedy): string {
  const { rename = {}, parse = [], transpose = [], flatten = [], scale = {}, add = {}, replace = {}, clip = {} } = data
  const changes = [
    ...Object.entries(rename).map(([from, to]) => `Rename "${from}" to "${to}".`),
    ...parse.map((name) => `Send ${name} as numbers, without quotation marks.`),
    ...transpose.map((name) => `Each sample needs its own row: transpose ${name}, in NumPy ${name}.T.`),
    ...flatten.map((name) => `Send ${name} as a flat list, in NumPy ${name}.ravel().`),
    ...Object.entries(scale).map(([name, factor]) => scaled(name, factor)),
    ...Object.entries(add).map(([name, term]) => added(name, term)),
    ...Object.entries(replace).flatMap(([name, values]) =>
      Object.entries(values).map(([from, to]) => replaced(name, from, to)),
    ),
    ...Object.entries(clip).map(
      ([name, [low, high]]) => `Rounding moved values out of range: clip ${name} to ${low}..${high}.`,
    ),
  ]
  return (set.loss === undefined ? [...changes, ...declared(set)] : [lossDeclared(set), ...changes]).join(' ')
}

function lossDeclared({ loss, ...others }: Readonly<Record<string, unknown>>): string {
  const options = Object.entries(others).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const rest = options.length === 0 ? '' : ` with ${options.join(' and ')}`
  return `This fits loss ${JSON.stringify(loss)}${rest}.`
}

function replaced(name: string, from: string, to: number | string): string {
  if (typeof to === 'number') return `Use ${to} for ${from} in ${name}.`
  return `Use ${JSON.stringify(to)} for ${JSON.stringify(from)} in ${name}.`
}

function scaled(name: string, factor: number): string {
  if (factor < 0) return `Negative log-probabilities need the opposite sign: multiply ${name} by -1.`
  const divisor = Math.round(1 / factor)
  return divisor === 100
    ? `${name} contains percentages: divide by 100.`
    : `Rows of ${name} sum to ${divisor}: divide them by ${divisor}.`
}

function added(name: string, term: number): string {
  return `Classes count from 0: subtract ${-term} from ${name}.`
}

function declared(set: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(set).map(([name, value]) => {
    const text = `${name} ${JSON.stringify(value)}`
    switch (name) {
      case 'predictionFormat':
        return `${predictionKinds[value as PredictionFormat]} are declared with ${text}.`
      case 'labelFormat':
        return `${labelKinds[value as LabelFormat]} are declared with ${text}.`
      case 'rowSumTolerance':
        return `Rounded rows are allowed with ${text}.`
      case 'ignoreIndex':
        return `Rows to be ignored are declared with ${text}.`
      default:
        return `Send ${text}.`
    }
  })
}
