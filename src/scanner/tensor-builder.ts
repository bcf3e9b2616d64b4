import type { Memory } from '../loss/memory.ts'
import { markOfText, mostReceived, NamesBuilder } from '../loss/names.ts'
import type { Doubles, NonNumericElement, ShapeError } from '../loss/tensor.ts'
import { captured, numbers, state } from './engine.ts'
import * as layout from './layout.ts'
import { tellTexts } from './texts.ts'

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
      const before = outer === 1 ? 'the previous row has' : 'the previous rows have'
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
  return kind === layout.KIND_STRING ? textOf(mostReceived) : VALUES[kind]
}

function textOf(most: number): string {
  return String.fromCharCode(...captured.subarray(0, Math.min(most, state[layout.CAPTURED])))
}

const words = new Uint32Array(numbers.buffer, numbers.byteOffset)

function isNamed(): boolean {
  const tensor = state[layout.TENSOR]
  return tensor === state[layout.NAMED_TENSOR] || tensor === state[layout.TENSOR_COUNT]
}

function written(): number {
  return (state[layout.NUMBERS_END] - layout.NUMBERS) / 8
}

/** Small tensors share a buffer, which is too small to be counted, and so is never taken back from under them. */
const sharedNumbers = 2 ** 10
const mostShared = 2 ** 6
let shared = new Float64Array(sharedNumbers)
let sharedUsed = 0

function copyOf(count: number): Float64Array<ArrayBuffer> {
  if (count > mostShared) return numbers.slice(0, count)
  if (sharedUsed + count > sharedNumbers) {
    shared = new Float64Array(sharedNumbers)
    sharedUsed = 0
  }
  const copy = new Float64Array(shared.buffer, 8 * sharedUsed, count)
  sharedUsed += count
  for (let i = 0; i < count; i++) copy[i] = numbers[i]
  return copy
}

const pieceNumbers = 2 ** 18
const firstPieceNumbers = 2 ** 13
const fewNumbers = 2 ** 11
const enoughNumbers = 2 ** 11
const mostExpected = 128

/** Gathers what the module found of one tensor, slice by slice, in pieces. */
export class TensorBuilder {
  readonly #memory: Memory
  readonly #begin: number
  readonly #declaredBytes: number
  readonly #mostNumbers: number
  readonly #nonNumeric: NonNumericElement[] = []
  readonly #pieces: Piece[] = []
  #length = 0
  #few: Float64Array<ArrayBuffer> | undefined
  #shape: readonly number[] = [0]
  #nonNumericCount = 0
  #shapeError: ShapeError | undefined
  #names: NamesBuilder | undefined

  constructor(memory: Memory, begin: number, declaredBytes: number, mostNumbers: number) {
    this.#memory = memory
    this.#mostNumbers = mostNumbers
    this.#begin = begin
    this.#declaredBytes = declaredBytes
  }

  /** Takes what the last number written stands for. */
  addNonNumeric(): void {
    if (state[layout.KIND] === layout.KIND_STRING && isNamed()) {
      this.#names ??= new NamesBuilder(this.#memory)
      words[2 * written() - 2] = markOfText(this.#names.codeOf(textOf(layout.CAPTURE_CAPACITY)))
    }
    if (this.#nonNumeric.length === layout.NON_NUMERIC_CAPACITY) return
    const [outer, inner] = [state[layout.PATH_OUTER], state[layout.PATH_INNER]]
    const path = state[layout.RANK] === 0 ? [] : inner < 0 ? [outer] : [outer, inner]
    this.#nonNumeric.push({ path, received: receivedOf() })
  }

  /** Tells the texts apart that were left at their places in the slice. */
  #tellTexts(): void {
    if (state[layout.NON_NUMERIC] <= layout.NON_NUMERIC_CAPACITY || !isNamed()) return
    this.#names ??= new NamesBuilder(this.#memory)
    tellTexts(words, written(), this.#names)
  }

  append(read: number): void {
    this.#tellTexts()
    const count = written()
    for (let from = 0; from < count; ) {
      const piece = this.#pieceWithRoom(read, count - from)
      const taken = Math.min(count - from, piece.data.length - piece.length)
      this.#commit(piece, taken)
      piece.data.set(numbers.subarray(from, from + taken), piece.length)
      piece.length += taken
      this.#length += taken
      from += taken
    }
  }

  finish(name: string, read: number): void {
    this.#nonNumericCount = state[layout.NON_NUMERIC]
    if (state[layout.FAULT] !== layout.FAULT_NONE) {
      this.#shapeError = shapeErrorOf(name)
      this.#few = NOTHING
      this.free()
      return
    }
    this.#shape = shapeOf()
    // a text in the place of the tensor ends with it
    if (state[layout.RANK] === 0 && this.#nonNumericCount === 1) this.addNonNumeric()
    if (this.#length === 0 && written() <= fewNumbers) {
      this.#tellTexts()
      this.#few = copyOf(written())
    } else this.append(read)
  }

  free(): void {
    for (const { data } of this.#pieces.splice(0)) this.#memory.free(data.buffer)
  }

  /** The tensor once it is finished, where it is small; undefined where it takes steps to be put together. */
  get small(): Doubles | undefined {
    return this.#few === undefined ? undefined : this.#tensorOf(this.#few)
  }

  /** The tensor once it is finished; step by step, as pieces have to be put together. */
  *tensor(): Generator<void, Doubles> {
    return this.#tensorOf(yield* this.#gathered())
  }

  #tensorOf(data: Float64Array): Doubles {
    const tensor = { data, shape: this.#shape, nonNumeric: this.#nonNumeric, nonNumericCount: this.#nonNumericCount }
    if (this.#shapeError !== undefined) return { ...tensor, shapeError: this.#shapeError }
    return this.#names === undefined ? tensor : { ...tensor, names: this.#names.names() }
  }

  *#gathered(): Generator<void, Float64Array> {
    const [first, ...others] = this.#pieces
    if (others.length === 0) return first.data.subarray(0, this.#length)
    const whole = new Float64Array(this.#memory.allocate(8 * this.#length, 0, true), 0, this.#length)
    let at = 0
    for (const { data, length } of this.#pieces) {
      for (let from = 0; from < length; from += pieceNumbers) {
        const part = data.subarray(from, Math.min(from + pieceNumbers, length))
        this.#memory.commit(whole.buffer, part.byteLength)
        whole.set(part, at)
        at += part.length
        yield
      }
      this.#memory.free(data.buffer)
    }
    return whole
  }

  #pieceWithRoom(read: number, coming: number): Piece {
    const last = this.#pieces.at(-1)
    if (last !== undefined && last.length < last.data.length) return last
    if (this.#length <= pieceNumbers && this.#length + coming >= enoughNumbers && this.#declaredBytes > read) {
      const expected = this.#expected(read, coming)
      const isBelieved = expected <= mostExpected * (this.#length + coming)
      if (isBelieved && this.#memory.canReserveAddressSpace(8 * expected)) return this.#placeAll(expected)
    }
    const capacity = Math.min(pieceNumbers, Math.max(firstPieceNumbers, this.#length, coming))
    return this.#open(capacity, capacity)
  }

  #expected(read: number, coming: number): number {
    const numbersPerByte = (this.#length + coming) / (read - this.#begin)
    const expected = Math.ceil(1.02 * numbersPerByte * (this.#declaredBytes - this.#begin))
    return Math.max(Math.min(expected, this.#mostNumbers), 2 * this.#length)
  }

  #placeAll(expected: number): Piece {
    const first = [...this.#pieces]
    const piece = this.#open(expected, 0)
    this.#commit(piece, this.#length)
    for (const { data, length } of first) {
      piece.data.set(data.subarray(0, length), piece.length)
      piece.length += length
      this.#memory.free(data.buffer)
    }
    this.#pieces.splice(0, first.length)
    return piece
  }

  #open(capacity: number, committed: number): Piece {
    const data = new Float64Array(this.#memory.allocate(8 * capacity, 8 * committed, true))
    const piece = { data, length: 0, committed }
    this.#pieces.push(piece)
    return piece
  }

  #commit(piece: Piece, count: number): void {
    const missing = piece.length + count - piece.committed
    if (missing <= 0) return
    const counted = Math.min(Math.max(missing, firstPieceNumbers), piece.data.length - piece.committed)
    this.#memory.commit(piece.data.buffer, 8 * counted)
    piece.committed += counted
  }
}

interface Piece {
  readonly data: Float64Array<ArrayBuffer>
  length: number
  committed: number
}
