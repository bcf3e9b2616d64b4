import type { Memory } from '../memory.ts'
import { integersIn } from '../memory.ts'
import { describe, maxListedErrors } from '../validation-errors.ts'
import type { GroupColumn, GroupValue, WrongValue } from './columns.ts'
import { maxGroupKeyLength, mostValues } from './columns.ts'

/** Bytes of a different value besides its characters: its places in a map and in a list. */
const bytesPerValue = 128
const fewRows = 2 ** 10

/** Gathers the values of one column, which come one by one. */
export class ColumnBuilder {
  readonly #memory: Memory
  readonly #codes = new Map<GroupValue, number>()
  readonly #values: GroupValue[] = []
  readonly #wrong: WrongValue[] = []
  #rows: Int32Array<ArrayBuffer>
  #length = 0
  #wrongCount = 0
  #isOverfull = false
  #reserved = 0

  /** @param expected rows, as far as that is known */
  constructor(memory: Memory, expected = fewRows) {
    this.#memory = memory
    this.#rows = integersIn(memory, expected)
  }

  get length(): number {
    return this.#length
  }

  /** The code of a value: a string, a safe integer, a boolean or null; undefined for anything else. */
  codeOf(value: unknown): number | undefined {
    if (!isValue(value)) return undefined
    const known = this.#codes.get(value)
    if (known !== undefined) return known
    if (this.#values.length === mostValues) {
      this.#isOverfull = true
      return 0
    }
    const bytes = bytesPerValue + (typeof value === 'string' ? 2 * value.length : 0)
    this.#memory.reserve(bytes)
    this.#reserved += bytes
    const code = this.#values.length
    // 0 and -0 are one integer
    this.#values.push(value === 0 ? 0 : value)
    this.#codes.set(value, code)
    return code
  }

  /** Adds a row with the value of a code. */
  add(code: number): void {
    if (this.#length === this.#rows.length) this.#grow()
    this.#rows[this.#length++] = code
  }

  /** Adds a row with what is no value. */
  addWrong(element: unknown): void {
    if (this.#wrong.length < maxListedErrors) this.#wrong.push({ at: this.#length, received: describe(element) })
    this.#wrongCount++
    this.add(0)
  }

  column(): GroupColumn {
    return {
      codes: this.#rows.subarray(0, this.#length),
      values: this.#values,
      isOverfull: this.#isOverfull,
      wrong: this.#wrong,
      wrongCount: this.#wrongCount,
      reserved: this.#reserved,
    }
  }

  #grow(): void {
    const larger = integersIn(this.#memory, 2 * this.#rows.length)
    larger.set(this.#rows)
    this.#memory.free(this.#rows.buffer)
    this.#rows = larger
  }
}

function isValue(value: unknown): value is GroupValue {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'string') return value.length <= maxGroupKeyLength
  return typeof value === 'number' && Number.isSafeInteger(value)
}
