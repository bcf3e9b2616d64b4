import { ColumnBuilder } from '../loss/groups/column-builder.ts'
import type { GroupColumn } from '../loss/groups/columns.ts'
import { maxGroupKeyLength } from '../loss/groups/columns.ts'
import type { Memory } from '../loss/memory.ts'
import { labelsOfTexts } from '../loss/names.ts'
import type { Doubles, Tensor } from '../loss/tensor.ts'
import { refuse } from '../loss/validation-errors.ts'
import type { ValueList } from '../loss/value-list.ts'
import { isElement, ListBuilder, WrongElement } from '../loss/value-list.ts'
import { elementsOf } from './raw-tensor.ts'

const lengthBytes = 4
/** A character of UTF-8 has up to three bytes, or four for two UTF-16 units. */
const longest = 3 * maxGroupKeyLength
const elementsPerStep = 2 ** 14
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Elements of BYTES, which are read as they come: before each stand its bytes as a 32-bit integer, little-endian. */
abstract class BytesInput {
  readonly name: string
  /** Bytes that it has when it is whole. */
  readonly size: number
  readonly #elements: number
  #filled = 0
  /** What has come of the element that is read, its length included; `undefined` behind what is too long. */
  #part = Buffer.alloc(0)
  /** Bytes of an element that is too long which are passed over. */
  #passed = 0

  constructor(name: string, elements: number, size: number) {
    this.name = name
    this.size = size
    this.#elements = elements
  }

  get isWhole(): boolean {
    return this.#filled === this.size
  }

  /** Takes the bytes that are missing; what is left of those given. */
  write(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.size - this.#filled)
    this.#filled += taken.length
    let rest = this.#part.length === 0 ? taken : Buffer.concat([this.#part, taken])
    const passed = Math.min(this.#passed, rest.length)
    this.#passed -= passed
    rest = rest.subarray(passed)
    for (let length = lengthOf(rest); length !== undefined; length = lengthOf(rest)) {
      const end = lengthBytes + length
      if (length > longest) {
        this.addWrong(`${length} bytes`)
        this.#passed = Math.max(0, end - rest.length)
        rest = rest.subarray(Math.min(end, rest.length))
      } else if (rest.length < end) break
      else {
        this.add(rest.toString('latin1', lengthBytes, end))
        rest = rest.subarray(end)
      }
    }
    this.#part = Buffer.from(rest)
    return bytes.subarray(taken.length)
  }

  /** @param raw a character for each byte */
  protected abstract add(raw: string): void

  protected abstract addWrong(received: string): void

  /** @throws InvalidContent unless the bytes are as many elements as the shape has */
  protected checkCount(length: number): void {
    if (length === this.#elements && this.#part.length === 0 && this.#passed === 0) return
    const isCut = this.#part.length > 0 || this.#passed > 0
    const found = isCut ? `${length} elements and a part of one` : `${length} elements`
    const detail = `the bytes of ${this.name} are ${found}; its shape has ${this.#elements}`
    refuse(this.name.split('.', 1), detail, found, 'shape')
  }
}

/** A column of groups. */
export class BytesColumn extends BytesInput {
  readonly #column: ColumnBuilder
  readonly #codes = new Map<string, number | undefined>()

  constructor(name: string, elements: number, size: number, memory: Memory) {
    super(name, elements, size)
    this.#column = new ColumnBuilder(memory)
  }

  /** @throws InvalidContent */
  column(): GroupColumn {
    this.checkCount(this.#column.length)
    return this.#column.column()
  }

  protected add(raw: string): void {
    if (!this.#codes.has(raw)) {
      const code = this.#column.codeOf(textOf(raw))
      if (this.#codes.size < 2 ** 16) this.#codes.set(raw, code)
      this.#addCode(code, raw)
    } else this.#addCode(this.#codes.get(raw), raw)
  }

  protected addWrong(received: string): void {
    this.#column.addWrong(received)
  }

  #addCode(code: number | undefined, raw: string): void {
    if (code === undefined) this.#column.addWrong(raw)
    else this.#column.add(code)
  }
}

/** Labels that are texts. */
export class BytesLabels extends BytesColumn {
  readonly #shape: readonly number[]
  readonly #memory: Memory

  constructor(name: string, shape: readonly number[], size: number, memory: Memory) {
    super(name, elementsOf(shape), size, memory)
    this.#shape = shape
    this.#memory = memory
  }

  /** @throws InvalidContent */
  labels(): Generator<void, Doubles> {
    const column = this.column()
    for (const { at, received } of column.wrong) {
      const detail = `labels[${at}] must be a text of at most ${maxGroupKeyLength} characters`
      refuse(['labels', at], detail, received, 'not-a-number')
    }
    return labelsOfTexts(column, this.#shape, this.#memory)
  }
}

/** A list of texts. */
export class BytesList extends BytesInput {
  readonly #list: ListBuilder

  constructor(name: string, elements: number, size: number, memory: Memory) {
    super(name, elements, size)
    this.#list = new ListBuilder(memory)
  }

  /** @throws InvalidContent */
  list(): ValueList {
    this.checkCount(this.#list.length)
    return this.#list.list()
  }

  protected add(raw: string): void {
    const text = textOf(raw)
    this.#list.add(isElement(text) ? text : new WrongElement(raw))
  }

  protected addWrong(received: string): void {
    this.#list.add(new WrongElement(received))
  }
}

function lengthOf(bytes: Buffer): number | undefined {
  return bytes.length < lengthBytes ? undefined : bytes.readUInt32LE()
}

/** Bytes that are not UTF-8 are not a text. */
function textOf(raw: string): string | undefined {
  try {
    return decoder.decode(Buffer.from(raw, 'latin1'))
  } catch {
    return undefined
  }
}

/** A column of integers, or with `isBool` of truth values, step by step. */
export function* columnOfNumbers({ data }: Tensor, isBool: boolean, memory: Memory): Generator<void, GroupColumn> {
  const column = new ColumnBuilder(memory, data.length)
  for (let at = 0; at < data.length; at++) {
    const value = isBool ? data[at] === 1 : data[at]
    const code = column.codeOf(value)
    if (code === undefined) column.addWrong(value)
    else column.add(code)
    if (at % elementsPerStep === elementsPerStep - 1) yield
  }
  memory.free(data.buffer)
  return column.column()
}

/** A list of integers, step by step. */
export function* listOfNumbers({ data }: Tensor, memory: Memory): Generator<void, ValueList> {
  const list = new ListBuilder(memory)
  for (let at = 0; at < data.length; at++) {
    list.add(isElement(data[at]) ? data[at] : new WrongElement(data[at]))
    if (at % elementsPerStep === elementsPerStep - 1) yield
  }
  memory.free(data.buffer)
  return list.list()
}
