import type { NonNumericElement, ShapeError, Tensor } from '../loss/tensor.ts'
import { captured, numbers, state } from './engine.ts'
import * as layout from './layout.ts'

const NOTHING = new Float64Array(0)
const NAMES: readonly string[] = ['null', 'false', 'true', 'a string', 'an object', 'a number']
const VALUES: readonly (boolean | null)[] = [null, false, true]

function numbersOf(count: number): string {
  return count === 1 ? '1 number' : `${count} numbers`
}

function shapeErrorOf(name: string): ShapeError {
  const received = NAMES[state[layout.FAULT_KIND]]
  const outer = state[layout.PATH_OUTER]
  const inner = state[layout.PATH_INNER]
  const count = state[layout.FAULT_COUNT]
  const at = `${name}[${outer}]`
  switch (state[layout.FAULT]) {
    case layout.FAULT_ROOT:
      return { path: [], detail: `${name} is ${received}, not an array of numbers`, received }
    case layout.FAULT_AMONG_ROWS:
      return { path: [outer], detail: `${at} is ${received} among rows`, received }
    case layout.FAULT_AMONG_NUMBERS: {
      const array = state[layout.FAULT_MIXED] === 0 ? `an array of ${numbersOf(count)}` : 'an array'
      return { path: [outer], detail: `${at} is ${array} among bare numbers`, received: array }
    }
    case layout.FAULT_RAGGED: {
      const before = outer === 1 ? 'the row before it has' : 'the rows before it have'
      const detail = `${at} has ${numbersOf(count)}; ${before} ${state[layout.COLUMNS]}`
      return { path: [outer], detail, received: `an array of ${numbersOf(count)}` }
    }
    default: {
      const detail = `${at}[${inner}] is an array; ${name} may have at most 2 dimensions`
      return { path: [outer, inner], detail, received: 'an array' }
    }
  }
}

function shapeOf(): readonly number[] {
  const rank = state[layout.RANK]
  if (rank === 0) return []
  return rank === 1 ? [state[layout.OUTER]] : [state[layout.OUTER], state[layout.COLUMNS]]
}

function receivedOf(): NonNumericElement['received'] {
  const kind = state[layout.KIND]
  if (kind === layout.KIND_OBJECT) return NAMES[kind]
  if (kind !== layout.KIND_STRING) return VALUES[kind]
  return String.fromCharCode(...captured.subarray(0, state[layout.CAPTURED]))
}

function written(): number {
  return (state[layout.NUMBERS_END] - layout.NUMBERS) / 8
}

/** Gathers what the module found of one tensor, slice by slice. */
export class TensorBuilder {
  readonly #nonNumeric: NonNumericElement[] = []
  #data = NOTHING
  #length = 0
  readonly #begin: number

  addNonNumeric(): void {
    const outer = state[layout.PATH_OUTER]
    const inner = state[layout.PATH_INNER]
    this.#nonNumeric.push({ path: inner < 0 ? [outer] : [outer, inner], received: receivedOf() })
  }

  constructor(begin: number) {
    this.#begin = begin
  }

  /** Takes the numbers the module has written, when `read` bytes of the document have been read. */
  append(read: number, expected: number): void {
    const length = this.#length + written()
    const share = expected > read ? (read - this.#begin) / (expected - this.#begin) : 0.5
    // The expectation is the client's word, so it buys no more than four times what is there.
    this.#add(Math.ceil(Math.min(4 * length, Math.max(1.25 * length, (1.02 * length) / share))))
  }

  #add(capacity: number): void {
    const count = written()
    const length = this.#length + count
    if (length > this.#data.length) {
      const grown = new Float64Array(capacity)
      grown.set(this.#data.subarray(0, this.#length))
      this.#data = grown
    }
    this.#data.set(numbers.subarray(0, count), this.#length)
    this.#length = length
  }

  /** The tensor, with the numbers the module has written last. */
  finish(name: string): Tensor {
    const nonNumeric = this.#nonNumeric
    const nonNumericCount = state[layout.NON_NUMERIC]
    if (state[layout.FAULT] !== layout.FAULT_NONE) {
      return { data: NOTHING, shape: [0], nonNumeric, nonNumericCount, shapeError: shapeErrorOf(name) }
    }
    return { data: this.#take(), shape: shapeOf(), nonNumeric, nonNumericCount }
  }

  #take(): Float64Array {
    if (this.#length === 0) return numbers.slice(0, written())
    this.#add(this.#length + written())
    return this.#data.subarray(0, this.#length)
  }
}
