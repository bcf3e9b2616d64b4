import type { Doubles, NonNumericElement, ShapeError } from './tensor.ts'
import { maxListedErrors } from './validation-errors.ts'

/** Packs a parsed JSON value into a tensor. Elements that are no numbers are noted; a broken shape ends the packing. */
export function pack(name: string, value: unknown): Doubles {
  if (!Array.isArray(value)) {
    return typeof value === 'number' ? tensorOf(Float64Array.of(value), []) : broken(name, [], value)
  }
  const list: readonly unknown[] = value
  return Array.isArray(list[0]) ? packRows(name, list, list[0].length) : packList(name, list)
}

function packList(name: string, list: readonly unknown[]): Doubles {
  const data = new Float64Array(list.length)
  const nonNumeric = new NonNumericElements()
  for (let at = 0; at < list.length; at++) {
    const element = list[at]
    if (typeof element === 'number') data[at] = element
    else if (Array.isArray(element)) return broken(name, [at], element, 'among bare numbers')
    else data[at] = nonNumeric.add([at], element)
  }
  return tensorOf(data, [list.length], nonNumeric)
}

function packRows(name: string, rows: readonly unknown[], columns: number): Doubles {
  const data = new Float64Array(rows.length * columns)
  const nonNumeric = new NonNumericElements()
  for (let row = 0, at = 0; row < rows.length; row++) {
    const elements = rows[row]
    if (!Array.isArray(elements)) return broken(name, [row], elements, 'among rows')
    if (elements.length !== columns) return broken(name, [row], elements, `; the previous rows have ${columns}`)
    for (let column = 0; column < columns; column++, at++) {
      const element: unknown = elements[column]
      if (typeof element === 'number') data[at] = element
      else if (Array.isArray(element))
        return broken(name, [row, column], element, `; ${name} may have at most 2 dimensions`)
      else data[at] = nonNumeric.add([row, column], element)
    }
  }
  return tensorOf(data, [rows.length, columns], nonNumeric)
}

class NonNumericElements {
  readonly list: NonNumericElement[] = []
  count = 0

  add(path: readonly number[], element: unknown): number {
    this.count++
    if (this.list.length < maxListedErrors) this.list.push({ path, received: scalar(element) })
    return Number.NaN
  }
}

function scalar(element: unknown): string | boolean | null {
  if (element === null || typeof element === 'boolean') return element
  return typeof element === 'string' ? element.slice(0, 64) : 'an object'
}

function tensorOf(data: Float64Array, shape: readonly number[], nonNumeric = new NonNumericElements()): Doubles {
  return { data, shape, nonNumeric: nonNumeric.list, nonNumericCount: nonNumeric.count }
}

function broken(name: string, path: readonly number[], value: unknown, why = ''): Doubles {
  const received = inWords(value)
  const where = name + path.map((at) => `[${at}]`).join('')
  const detail =
    why === ''
      ? `${where} is ${received}; it must be an array of numbers`
      : `${where} is ${received}${why.startsWith(';') ? why : ` ${why}`}`
  const shapeError: ShapeError = { path, detail, received }
  return { ...tensorOf(new Float64Array(0), []), shapeError }
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'number') return 'a number'
  if (typeof value === 'string') return 'a string'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
