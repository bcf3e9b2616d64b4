/** A random sample of the rows, drawn as an estimate of the whole. */
export interface MiniBatch {
  /** Rows drawn, at least 1; without replacement at most the number of rows. */
  readonly size: number
  /** 0 .. 2^32 - 1; the same seed draws the same rows. */
  readonly seed: number
  readonly replacement: boolean
}

/** The bounds of a number, named as in JSON Schema. */
export interface Range {
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
}

/**
 * What an option holds: a number, an integer, a boolean, one word (`choice`), a list of words (`choices`), one number
 * per output (`weights`), either a number or one per output (`number-or-weights`), or a random sample (`mini-batch`).
 */
export type OptionType =
  | ({ readonly kind: 'number' | 'integer' | 'number-or-weights' } & Range)
  | { readonly kind: 'boolean' | 'weights' | 'mini-batch' }
  | { readonly kind: 'choice' | 'choices'; readonly values: readonly string[] }

/** The value of an option of this type, as the core has it. */
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

/** "a number greater than 0", "an integer from 0 to 9" without the article. */
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
