import { shortened } from '../loss/validation-errors.ts'

/** `a, b or c`. */
export function alternatives(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

/** A text of the client in quotation marks, cut when it is long. */
export function quoted(text: string): string {
  return JSON.stringify(shortened(text))
}

/** A value of the client as an error names it. */
export function inWords(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
