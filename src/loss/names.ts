import type { GroupColumn } from './groups/columns.ts'
import type { Memory } from './memory.ts'
import { doublesIn } from './memory.ts'
import { pathOf, place } from './shape.ts'
import type { Doubles, Names, NonNumericElement, Tensor } from './tensor.ts'
import type { ValidationErrors } from './validation-errors.ts'
import { LimitExceeded, maxListedErrors, refuse } from './validation-errors.ts'
import { quoted } from './words.ts'

export const maxClassNames = 4000
/** Characters of the name of a class. */
export const maxClassNameLength = 128
/** The most different texts of a tensor that are distinguished. */
export const mostTexts = 2 ** 16

/** Bytes of a different text besides its characters: its places in a map and in a list. */
const bytesPerText = 128
/** So many spellings of texts are remembered: most names are spelled in one way. */
const mostSpellings = 2 ** 12

/** Gathers the different texts of a tensor. */
export class NamesBuilder {
  readonly #memory: Memory
  readonly #codes = new Map<string, number>()
  readonly #spellings = new Map<string, number>()
  readonly #texts: string[] = []
  #isOverfull = false
  #reserved = 0

  constructor(memory: Memory) {
    this.#memory = memory
  }

  codeOf(text: string): number {
    const cut = text.length > maxClassNameLength ? text.slice(0, maxClassNameLength + 1) : text
    const known = this.#codes.get(cut)
    if (known !== undefined) return known
    if (this.#texts.length === mostTexts) {
      this.#isOverfull = true
      return 0
    }
    this.#reserve(2 * cut.length)
    const code = this.#texts.push(cut)
    this.#codes.set(cut, code)
    return code
  }

  /** The code of a text by how it is spelled. @param read returns the text */
  codeOfSpelled(spelling: string, read: () => string): number {
    const known = this.#spellings.get(spelling)
    if (known !== undefined) return known
    const code = this.codeOf(read())
    if (this.#spellings.size < mostSpellings) {
      this.#reserve(spelling.length)
      this.#spellings.set(spelling, code)
    }
    return code
  }

  names(): Names {
    return { texts: this.#texts, isOverfull: this.#isOverfull, reserved: this.#reserved }
  }

  #reserve(characters: number): void {
    const bytes = bytesPerText + characters
    this.#memory.reserve(bytes)
    this.#reserved += bytes
  }
}

const [textKind, kindBits, kindMask] = [3, 3, 7]
const kinds: readonly (null | boolean)[] = [null, false, true]

/** The lowest bits of the NaN that stands for the text of a code. */
export function markOfText(code: number): number {
  return (code << kindBits) | textKind
}

const textsPerStep = 2 ** 16
/** What is above the lowest bits of a NaN that stands for a text. */
export const upperBits = 0x7ff8_0000

/** Puts what stands for the text of a code into numbers. */
export function writeText(data: Float64Array, at: number, code: number): void {
  const words = new Uint32Array(data.buffer, data.byteOffset + 8 * at, 2)
  words[0] = markOfText(code)
  words[1] = upperBits
}

/** Labels that came as a column of texts, in steps. The column is given back. */
export function* labelsOfTexts(
  column: GroupColumn,
  shape: readonly number[],
  memory: Memory,
): Generator<void, Doubles> {
  const { codes, values, isOverfull, reserved } = column
  const data = doublesIn(memory, codes.length)
  const words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length)
  for (let from = 0; from < codes.length; from += textsPerStep) {
    for (let at = from, end = Math.min(from + textsPerStep, codes.length); at < end; at++) {
      words[2 * at] = markOfText(codes[at] + 1)
      words[2 * at + 1] = upperBits
    }
    yield
  }
  const texts = values.map(String)
  const nonNumeric: NonNumericElement[] = []
  for (let at = 0; at < Math.min(codes.length, maxListedErrors); at++)
    nonNumeric.push({ path: pathOf(shape, at), received: texts[codes[at]].slice(0, mostReceived) })
  memory.free(codes.buffer)
  return { data, shape, nonNumeric, nonNumericCount: codes.length, names: { texts, isOverfull, reserved } }
}

/** Characters of a text that an error shows. */
export const mostReceived = 64

const places = new WeakMap<readonly string[], ReadonlyMap<string, number>>()

/** The places of names, found once for a list of them: a stream has many batches. */
export function placesOf(classes: readonly string[]): ReadonlyMap<string, number> {
  const known = places.get(classes) ?? new Map(classes.map((name, at) => [name, at]))
  places.set(classes, known)
  return known
}

/**
 * Puts the place of its class into each label that is a name, in place; what is neither a number nor one of the names is an error.
 *
 * @param meant other words, each with the name that it stands for
 * @throws InvalidContent, LimitExceeded where labels cannot be distinguished
 */
export function readNames(
  tensor: Tensor,
  classes: readonly string[],
  errors: ValidationErrors,
  meant?: ReadonlyMap<string, string>,
): void {
  const { data, names } = tensor
  if (names === undefined || !(data instanceof Float64Array)) return
  if (names.isOverfull) throw tooManyTexts()
  if (names.areUntyped) refuseNumerals(classes)
  const known = placesOf(classes)
  const classOfCode = Int32Array.from(['', ...names.texts], (text) => known.get(meant?.get(text) ?? text) ?? -1)
  const words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length)
  for (let at = 0; at < data.length; at++) {
    if (!Number.isNaN(data[at])) continue
    const mark = words[2 * at]
    const code = mark >>> kindBits
    const isText = (mark & kindMask) === textKind
    if (isText && classOfCode[code] >= 0) data[at] = classOfCode[code]
    else report(tensor, at, isText ? names.texts[code - 1] : kinds[mark & kindMask], errors)
  }
}

/** Where all is text, a name that is a number must be the number of its class, and none is a truth value. */
function refuseNumerals(classes: readonly string[]): void {
  const at = classes.findIndex((name, place) => numeral.test(name) && name !== String(place))
  if (at < 0) return
  const detail = `labels are text, in which ${quoted(classes[at])} is not read as the name that it is in classes; send labels as JSON`
  refuse(['classes', at], detail, classes[at], 'unsupported')
}

const numeral = /^\s*(?:[-+]?\.?\d|(?:true|false)\s*$)/i

function report(
  { shape }: Tensor,
  at: number,
  found: string | null | boolean | undefined,
  errors: ValidationErrors,
): void {
  if (errors.full) {
    errors.count++
    return
  }
  const path = pathOf(shape, at)
  const where = place('labels', path)
  if (typeof found === 'string') {
    const detail = `${where} is ${quoted(found)}, which is not among classes`
    errors.add(['labels', ...path], detail, found, 'unknown-value')
    return
  }
  const received = found === undefined ? 'an object' : found
  const detail = `${where} is ${received}; it must be one of classes, or the number of a class, counted from 0`
  errors.add(['labels', ...path], detail, received, 'not-a-number')
}

function tooManyTexts(): LimitExceeded {
  const detail = `labels has more than ${mostTexts} different texts; the limit maxClassNames is ${maxClassNames}.`
  return new LimitExceeded('maxClassNames', maxClassNames, ['labels'], detail)
}
