import type { Memory } from '../loss/memory.ts'
import type { Numbers } from '../loss/numbers.ts'
import { pathOf, place } from '../loss/shape.ts'
import type { Tensor } from '../loss/tensor.ts'
import type { Path } from '../loss/validation-errors.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import type { Datatype, NumbersType } from './datatypes.ts'
import { arrays, bytesOf, firstNoTruth, keptAs, valueAt, widen } from './datatypes.ts'
import type { BodyLimits } from './limits.ts'

const staging = Buffer.alloc(2 ** 16)
const longest = 8
const elementsPerStep = 2 ** 16

interface Order {
  readonly isBigEndian?: boolean
  readonly isFortranOrder?: boolean
}

/** The numbers of a tensor, which are kept as their bytes come. They take memory as they come, whatever was announced. */
export class RawTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly size: number
  readonly data: Numbers<ArrayBuffer>
  readonly #array: NumbersType
  readonly #datatype: Datatype
  readonly #order: Order
  readonly #memory: Memory
  #filled = 0
  readonly #part = new Uint8Array(longest)
  #inexact: { readonly index: number; readonly value: bigint | number } | undefined

  constructor(name: string, shape: readonly number[], datatype: Datatype, memory: Memory, order: Order = {}) {
    const elements = elementsOf(shape)
    this.name = name
    this.shape = shape
    this.size = elements * bytesOf(datatype)
    this.#array = keptAs(datatype, elements)
    this.data = new this.#array(memory.allocate(elements * this.#array.BYTES_PER_ELEMENT, 0, true), 0, elements)
    this.#datatype = datatype
    this.#order = order
    this.#memory = memory
  }

  get #isKeptAsItComes(): boolean {
    return this.data instanceof arrays[this.#datatype] && this.#order.isBigEndian !== true
  }

  get filled(): number {
    return this.#filled
  }

  get isWhole(): boolean {
    return this.#filled === this.size
  }

  write(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.size - this.#filled)
    if (this.#isKeptAsItComes) this.#keep(taken)
    else for (let rest = taken; rest.length > 0; ) rest = rest.subarray(this.#widen(rest))
    return bytes.subarray(taken.length)
  }

  *tensor(): Generator<void, Tensor> {
    const { name, shape, data } = this
    const [rows, columns = 1] = shape
    // one row, or one column, is the same in either order
    const isTurned = this.#order.isFortranOrder === true && rows > 1 && columns > 1
    if (this.#inexact !== undefined) {
      const { index, value } = this.#inexact
      const path = pathOf(shape, isTurned ? (index % rows) * columns + Math.floor(index / rows) : index)
      const why = this.#datatype === 'BOOL' ? 'a BOOL is 0 or 1' : 'no double is exactly that integer'
      refuse([name, ...path], `${place(name, path)} is ${value}; ${why}`, String(value), 'out-of-range')
    }
    const numbers = isTurned ? yield* this.#rowMajor(rows, columns) : data
    return { data: numbers, shape, nonNumeric: [], nonNumericCount: 0 }
  }

  *#rowMajor(rows: number, columns: number): Generator<void, Numbers> {
    const { data } = this
    const bytes = data.byteLength
    const turned = new this.#array(this.#memory.allocate(bytes, bytes, true), 0, data.length)
    const [from, to] = [bitsOf(data), bitsOf(turned)]
    const rowsPerStep = Math.max(1, Math.floor(elementsPerStep / columns))
    for (let row = 0; row < rows; row += rowsPerStep) {
      const end = Math.min(row + rowsPerStep, rows)
      for (let column = 0; column < columns; column++) {
        for (let at = row; at < end; at++) to[at * columns + column] = from[column * rows + at]
      }
      yield
    }
    this.#memory.free(data.buffer)
    yield
    return turned
  }

  #keep(bytes: Buffer): void {
    this.#memory.commit(this.data.buffer, bytes.length)
    const other = this.#datatype === 'BOOL' ? firstNoTruth(bytes) : -1
    if (other >= 0) this.#inexact ??= { index: this.#filled + other, value: bytes[other] }
    new Uint8Array(this.data.buffer).set(bytes, this.#filled)
    this.#filled += bytes.length
  }

  #widen(bytes: Buffer): number {
    const [datatype, width] = [this.#datatype, bytesOf(this.#datatype)]
    const before = this.#filled % width
    staging.set(this.#part.subarray(0, before))
    const taken = bytes.copy(staging, before)
    const end = before + taken
    const whole = end - (end % width)
    this.#part.set(staging.subarray(whole, end))
    if (this.#order.isBigEndian) swapBytes(staging.subarray(0, whole), width)
    const [from, count] = [(this.#filled - before) / width, whole / width]
    this.#memory.commit(this.data.buffer, count * this.data.BYTES_PER_ELEMENT)
    const index = widen(datatype, staging.buffer, this.data.subarray(from, from + count))
    if (index >= 0) this.#inexact ??= { index: from + index, value: valueAt(datatype, staging.buffer, index) }
    this.#filled += taken
    return taken
  }
}

function swapBytes(bytes: Buffer, width: number): void {
  if (width === 2) bytes.swap16()
  else if (width === 4) bytes.swap32()
  else if (width === 8) bytes.swap64()
}

/** The same memory in one of four types, since loops over more of them are slow. */
function bitsOf({ buffer, length, BYTES_PER_ELEMENT: width }: Numbers<ArrayBuffer>) {
  if (width === 1) return new Uint8Array(buffer, 0, length)
  if (width === 2) return new Uint16Array(buffer, 0, length)
  return width === 4 ? new Uint32Array(buffer, 0, length) : new Float64Array(buffer, 0, length)
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Refuses a shape of at most two dimensions that is too large. @throws LimitExceeded */
export function checkShape(shape: readonly number[], limits: BodyLimits, path: Path): void {
  const [rows = 1, columns = 1] = shape
  const sizes = { maxRows: rows, maxColumns: columns, maxElements: elementsOf(shape) }
  for (const limit of ['maxRows', 'maxColumns', 'maxElements'] as const) {
    const allowed = limits[limit]
    if (sizes[limit] <= allowed) continue
    const detail = `shape [${shape.join(', ')}] exceeds ${limit}, ${allowed}.`
    throw new LimitExceeded(limit, allowed, path, detail)
  }
}
