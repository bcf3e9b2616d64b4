import type { Memory } from './memory.ts'
import { PackedTexts } from './packed-texts.ts'
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

/** What an array is, too. */
export interface ListElements {
  readonly length: number
  at(index: number): ListElement | undefined
  /** Gives back what they hold. */
  free?(): void
}

/** Texts and integers that a body brings one for each row, or in words what stands in their place. They are not checked. */
export class ValueList {
  readonly values: ListElements
  readonly fault: string | undefined

  constructor(values: ListElements, fault?: string) {
    this.values = values
    this.fault = fault
  }

  free(): void {
    this.values.free?.()
  }
}

export function isElement(value: unknown): value is string | number {
  if (typeof value === 'string') return value.length <= longestText
  return typeof value === 'number' && Number.isSafeInteger(value)
}

/** What a wrong element takes, besides what is shown of it. */
const bytesOfWrong = 128

/** Gathers the elements of a list, which come one by one. */
export class ListBuilder implements ListElements {
  readonly #memory: Memory
  readonly #texts: PackedTexts
  /** Those that are not packed, by their places. */
  readonly #others = new Map<number, ListElement>()
  #reserved = 0

  constructor(memory: Memory) {
    this.#memory = memory
    this.#texts = new PackedTexts(memory)
  }

  get length(): number {
    return this.#texts.length
  }

  add(element: ListElement): void {
    if (typeof element === 'string' && element.isWellFormed()) this.#texts.add(keyOf(element))
    else if (typeof element === 'number') this.#texts.add(keyOf(element))
    else this.#addOther(element)
  }

  at(index: number): ListElement {
    return this.#others.get(index) ?? elementOfKey(this.#texts.at(index))
  }

  list(): ValueList {
    return new ValueList(this)
  }

  free(): void {
    this.#texts.free()
    this.#memory.release(this.#reserved)
    this.#reserved = 0
  }

  #addOther(element: string | WrongElement): void {
    const bytes = bytesOfWrong + (typeof element === 'string' ? 2 * element.length : 0)
    this.#memory.reserve(bytes)
    this.#reserved += bytes
    this.#others.set(this.#texts.length, element)
    this.#texts.add('')
  }
}

/** A text and an integer that look alike are two: nothing is inferred. */
export function keyOf(value: string | number): string {
  return typeof value === 'number' ? `i${value === 0 ? 0 : value}` : `s${value}`
}

export function elementOfKey(key: string): string | number {
  return key.startsWith('i') ? Number(key.slice(1)) : key.slice(1)
}
