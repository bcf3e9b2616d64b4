import type { Memory } from '../../loss/memory.ts'
import { pathOf, place } from '../../loss/shape.ts'
import type { Tensor } from '../../loss/tensor.ts'
import type { Path } from '../../loss/validation-errors.ts'
import { LimitExceeded, refuse } from '../../loss/validation-errors.ts'
import type { Limits } from '../limits.ts'
import type { Datatype } from './datatypes.ts'
import { bytesOf, widen } from './datatypes.ts'

/** The numbers of a tensor as bytes. They take memory as they come, whatever was announced. */
export class RawTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly datatype: Datatype
  /** Bytes that it has when it is whole. */
  readonly size: number
  /** Its bytes, and what is missing to a whole number of doubles. Who puts others in their place frees these. */
  buffer: ArrayBuffer
  readonly #memory: Memory
  #filled = 0

  constructor(name: string, shape: readonly number[], datatype: Datatype, memory: Memory) {
    this.name = name
    this.shape = shape
    this.datatype = datatype
    this.size = elementsOf(shape) * bytesOf(datatype)
    this.buffer = memory.allocate(Math.ceil(this.size / 8) * 8, 0)
    this.#memory = memory
  }

  /** Bytes that have come. */
  get filled(): number {
    return this.#filled
  }

  get isWhole(): boolean {
    return this.#filled === this.size
  }

  /** Takes the bytes that are missing; what is left of those given. */
  write(bytes: Buffer): Buffer {
    const taken = bytes.subarray(0, this.size - this.#filled)
    this.#memory.commit(this.buffer, taken.length)
    new Uint8Array(this.buffer).set(taken, this.#filled)
    this.#filled += taken.length
    return bytes.subarray(taken.length)
  }

  /**
   * The numbers as doubles, step by step, from little-endian bytes in row-major order.
   *
   * @throws InvalidContent for the first one that no double is exactly, or that is no truth value
   */
  *tensor(): Generator<void, Tensor> {
    const { name, shape, datatype } = this
    const { data, inexact } = yield* widen(datatype, this.buffer, elementsOf(shape), this.#memory)
    if (inexact !== undefined) {
      const { index, value } = inexact
      const path = pathOf(shape, index)
      const why = datatype === 'BOOL' ? 'a BOOL is 0 or 1' : 'no double is exactly that integer'
      refuse([name, ...path], `${place(name, path)} is ${value}; ${why}`, String(value))
    }
    return { data, shape, nonNumeric: [], nonNumericCount: 0 }
  }
}

/** The number of elements of a shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/**
 * Refuses a shape of at most two dimensions that is too large.
 *
 * @throws LimitExceeded
 */
export function checkShape(shape: readonly number[], limits: Limits, path: Path): void {
  const [rows = 1, columns = 1] = shape
  const sizes = { maxRows: rows, maxColumns: columns, maxElements: elementsOf(shape) }
  for (const limit of ['maxRows', 'maxColumns', 'maxElements'] as const) {
    const allowed = limits[limit]
    if (sizes[limit] <= allowed) continue
    const detail = `shape [${shape.join(', ')}] exceeds ${limit}, ${allowed}.`
    throw new LimitExceeded(limit, allowed, path, detail)
  }
}
