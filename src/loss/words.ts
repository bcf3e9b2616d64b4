import { shortened } from './validation-errors.ts'

/** A text of the client in quotation marks, shortened. */
export function quoted(text: string): string {
  return JSON.stringify(shortened(text))
}

/** A value of the client as an error names it. */
export function inWords(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
