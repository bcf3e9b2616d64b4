export interface MiniBatch {
  readonly size: number
  /** 0 .. 2^32 - 1; the same seed draws the same rows. */
  readonly seed: number
  readonly replacement: boolean
}

/** What wrong decisions cost. */
export interface Costs {
  readonly falsePositive: number
  readonly falseNegative: number
}

export interface Range {
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
}

export type OptionType =
  | ({ readonly kind: 'number' | 'integer' | 'number-or-weights' } & Range)
  | { readonly kind: 'boolean' | 'weights' | 'mini-batch' | 'groupings' | 'thresholds' | 'costs' | 'names' }
  | { readonly kind: 'choice' | 'choices'; readonly values: readonly string[] }

export type ValueOf<Type extends OptionType> = Type extends { kind: 'choice'; values: readonly (infer Word)[] }
  ? Word
  : Type extends { kind: 'choices'; values: readonly (infer Word)[] }
    ? readonly Word[]
    : Type extends { kind: keyof Values }
      ? Values[Type['kind']]
      : never

interface Values {
  number: number
  integer: number
  boolean: boolean
  weights: Float64Array
  'number-or-weights': number | Float64Array
  'mini-batch': MiniBatch
  groupings: readonly (string | readonly string[])[]
  /** So many even ones from 0 to 1, or a rising list. */
  thresholds: number | readonly number[]
  costs: Costs
  names: readonly string[]
}

/** The type in words: "number > 0", "number from 0 to 1", "`mean`, `sum` or `none`". */
export function typeInWords(type: OptionType): string {
  switch (type.kind) {
    case 'choice':
      return alternatives(type.values.map((word) => `\`${word}\``))
    case 'choices':
      return `any of ${listed(type.values.map((word) => `\`${word}\``))}`
    case 'weights':
      return 'number[K] >= 0'
    case 'mini-batch':
      return '`{size, seed, replacement}`'
    case 'thresholds':
      return 'integer from 2 to 1001, or ascending list of up to 1001 numbers'
    case 'costs':
      return '`{falsePositive, falseNegative}`'
    case 'names':
      return 'string[K], all different'
    case 'groupings':
      return 'list of columns, or of lists of 2 to 4 columns'
    case 'boolean':
      return '`true` or `false`'
    case 'number-or-weights':
      return `${rangeInWords('number', type)}, or number[K]`
    default:
      return rangeInWords(type.kind, type)
  }
}

/** "a, b or c". */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? listed(words) : `${listed(words.slice(0, -1))} or ${words.at(-1)}`
}

export function rangeInWords(noun: string, range: Range): string {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = range
  const bounds = [
    minimum === undefined ? '' : `>= ${minimum}`,
    exclusiveMinimum === undefined ? '' : `> ${exclusiveMinimum}`,
    maximum === undefined ? '' : `<= ${maximum}`,
    exclusiveMaximum === undefined ? '' : `< ${exclusiveMaximum}`,
  ].filter((bound) => bound !== '')
  return [noun, bounds.join(' and ')].join(' ').trim()
}

function listed(words: readonly string[]): string {
  return words.join(', ')
}
