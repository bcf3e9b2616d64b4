import type { Memory } from './memory.ts'
import type { Received } from './validation-errors.ts'
import { describe } from './validation-errors.ts'

/** Characters of a text that is read. */
export const longestText = 256

/** An element that is neither a text nor an integer. */
export class WrongElement {
  readonly received: Received

  constructor(element: unknown) {
    this.received = describe(element)
  }
}

export type ListElement = string | number | WrongElement

/** Texts and integers that a body brings one for each row, or in words what stands in their place. They are not checked. */
export class ValueList {
  readonly values: readonly ListElement[]
  readonly fault: string | undefined
  #reserved: number

  /** @param reserved bytes that are counted for it */
  constructor(values: readonly ListElement[], reserved: number, fault?: string) {
    this.values = values
    this.fault = fault
    this.#reserved = reserved
  }

  /** Gives back what it holds, once. */
  free(memory: Memory): void {
    memory.release(this.#reserved)
    this.#reserved = 0
  }
}

export function isElement(value: unknown): value is string | number {
  if (typeof value === 'string') return value.length <= longestText
  return typeof value === 'number' && Number.isSafeInteger(value)
}
