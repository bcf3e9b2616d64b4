import { fieldsNamed, meaningsOf } from '../../formats/did-you-mean.ts'
import type { Fields } from '../../formats/parsed-body.ts'
import { includes, labelFormats } from '../../loss/formats.ts'
import { losses, lossNames } from '../../loss/kernels/index.ts'
import type { Loss } from '../../loss/kernels/loss.ts'
import type { OptionName } from '../../loss/options.ts'
import { isOptionOf, optionNames, optionOf, typeFor } from '../../loss/options.ts'
import type { Remedy } from '../../loss/remedies/remedy.ts'
import { isNumeral } from '../../loss/remedies/strings.ts'
import type { ValidationError } from '../../loss/validation-errors.ts'
import { requirementEdits } from '../require/check.ts'

/** Changes of the options that may mend an error about them, likeliest first. */
export function optionEdits(error: ValidationError, options: Fields, otherFields: readonly string[]): Remedy[] {
  const {
    code,
    path: [field, at],
  } = error
  if (typeof field !== 'string') return []
  const value = options[field]
  if (code === 'unknown-field') return renamed(field, options, otherFields)
  if (code === 'missing') {
    const alias = Object.keys(options).find((name) => name !== field && fieldsNamed(name, [field]).length > 0)
    if (alias !== undefined) return [{ rename: { [alias]: field } }]
    return field === 'labelFormat' ? formatsOf(options) : []
  }
  if (isSingle(field, value)) return [{ set: { [field]: [value] } }]
  if (field === 'require') return requirementEdits(error, options)
  if (field === 'include') return withoutRefused(code, at, value)
  if (code === 'unknown-value' && typeof value === 'string') {
    const meant = meaningsOf(field, value, wordsOf(field, options)).map((set) => ({ set }))
    return field === 'labelFormat' && meant.length === 0 ? formatsOf(options) : meant
  }
  if ((code === 'wrong-type' || code === 'unknown-value') && typeof value === 'string') return unquoted(field, value)
  return []
}

/** Whether a list is asked for, and what it could hold was sent by itself. */
function isSingle(field: string, value: unknown): boolean {
  if (field === 'groupBy') return typeof value === 'string'
  return field === 'require' && typeof value === 'object' && value !== null && !Array.isArray(value)
}

function renamed(field: string, options: Fields, otherFields: readonly string[]): Remedy[] {
  const loss = lossOf(options)
  const own = optionNames.filter((name) => loss === undefined || isOptionOf(name, loss))
  const free = ['loss', 'labelFormat', ...own, ...otherFields].filter((name) => !(name in options))
  return fieldsNamed(field, free).map((name) => ({ rename: { [field]: name } }))
}

/** The formats of labels that a loss takes, each of which may be meant. */
function formatsOf(options: Fields): Remedy[] {
  const formats = lossOf(options)?.labelFormats ?? []
  return labelFormats.filter((format) => formats.includes(format)).map((format) => ({ set: { labelFormat: format } }))
}

function lossOf({ loss }: Fields): Loss | undefined {
  const name = lossNames.find((known) => known === loss)
  return name === undefined ? undefined : losses[name]
}

function wordsOf(field: string, options: Fields): readonly string[] {
  if (field === 'loss') return lossNames
  const loss = lossOf(options)
  if (field === 'labelFormat') return loss?.labelFormats ?? labelFormats
  const name = optionNames.find((known) => known === field)
  if (name === undefined) return []
  const type = loss === undefined ? optionOf(name).type : typeFor(name, loss)
  return 'values' in type ? type.values : []
}

/** `include` with the word that was meant, with what a part needs, or without what cannot be given. */
function withoutRefused(code: string, at: string | number | undefined, value: unknown): Remedy[] {
  if (typeof value === 'string') {
    return meaningsOf('include', value, includes).map(({ include }) => ({ set: { include: [include] } }))
  }
  if (!Array.isArray(value) || typeof at !== 'number') return []
  if (code === 'not-available') return [{ set: { include: value.filter((_, index) => index !== at) } }]
  // intervals that are of nothing yet
  if (code === 'no-effect') return [{ set: { include: [...value, 'metrics'] } }]
  return meaningsOf('include', String(value[at]), includes).map(({ include }) => ({
    set: { include: value.map((part, index) => (index === at ? include : part)) },
  }))
}

/** The number or truth value that a string holds, where the option is one. */
function unquoted(field: string, value: string): Remedy[] {
  const name: OptionName | undefined = optionNames.find((known) => known === field)
  if (name === undefined) return []
  const { kind } = optionOf(name).type
  if (kind === 'boolean' && /^(?:true|false)$/i.test(value)) {
    return [{ set: { [field]: value.toLowerCase() === 'true' } }]
  }
  const isNumber = kind === 'number' || kind === 'integer' || kind === 'number-or-weights'
  return isNumber && isNumeral(value) ? [{ set: { [field]: Number(value) } }] : []
}
