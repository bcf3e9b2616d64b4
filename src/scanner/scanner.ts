import type { GroupColumns } from '../loss/groups/columns.ts'
import type { Memory } from '../loss/memory.ts'
import type { Doubles } from '../loss/tensor.ts'
import type { ValueList } from '../loss/value-list.ts'
import { begin, feed, memory, resume, state } from './engine.ts'
import {
  LIMIT_NAMES,
  refusedKey,
  ScanLimitError,
  type ScanLimits,
  type ScanSyntaxError,
  unexpectedByte,
  unexpectedEnd,
} from './errors.ts'
import { readGroups } from './groups.ts'
import * as layout from './layout.ts'
import { nameOfMember } from './member-reader.ts'
import { type Plan, planFor } from './plan.ts'
import { TensorBuilder } from './tensor-builder.ts'
import { readList } from './value-list.ts'

export { ScanLimitError, type ScanLimits, ScanSyntaxError } from './errors.ts'

/** What a document holds: its tensors, and its other members as one object. */
export class ScannedDocument {
  readonly text: string
  readonly tensors: Record<string, Doubles>
  /** The tensors of the list in their order; no more than the first eight. In the options, a zero stands for each. */
  readonly listed: readonly Doubles[]
  /** The member that is columns of groups. */
  readonly groups: GroupColumns | undefined
  /** The members that are lists of texts and integers. */
  readonly lists: Readonly<Record<string, ValueList>> | undefined
  #options: Record<string, unknown> | undefined

  constructor(
    text: string,
    tensors: Record<string, Doubles>,
    listed: readonly Doubles[],
    groups: GroupColumns | undefined,
    lists?: Readonly<Record<string, ValueList>>,
  ) {
    this.text = text
    this.tensors = tensors
    this.listed = listed
    this.groups = groups
    this.lists = lists
  }

  /** The same as an object, which is made when it is asked for: who knows the text need not look into it. */
  get options(): Record<string, unknown> {
    this.#options ??= JSON.parse(this.text) as Record<string, unknown>
    return this.#options
  }
}

const EMPTY = new Uint8Array(0)
const mostListed = 8
const uncountedBytes = 2 ** 14

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function mayContinueNumber(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || (byte | 0x20) === 0x65 || byte === 0x2b || byte === 0x2d
}

function countWhile(bytes: Uint8Array, test: (byte: number) => boolean): number {
  let i = 0
  while (i < bytes.length && test(bytes[i])) i++
  return i
}

function grow(bytes: Uint8Array, used: number, length: number): Uint8Array {
  if (length <= bytes.length) return bytes
  const grown = new Uint8Array(Math.max(64, 2 * length))
  grown.set(bytes.subarray(0, used))
  return grown
}

/**
 * Reads one JSON object, in chunks of any size: the number arrays of its tensor keys become Float64Arrays, its other
 * members options. The two arguments that many documents share must not be changed.
 */
export class DocumentScanner {
  readonly #plan: Plan
  readonly #memory: Memory
  readonly #declaredBytes: number
  #position = 0
  #failure: ScanSyntaxError | ScanLimitError | undefined
  #begun = false
  #saved: Uint8Array = EMPTY
  #carry: Uint8Array = EMPTY
  #carried = 0
  #optionBytes: Uint8Array = EMPTY
  #kept = 0
  #optionText: string | undefined
  /** The members that are texts, each with its key. */
  #texts: readonly Buffer[] = []
  readonly #builders: [name: string, builder: TensorBuilder][] = []
  readonly #listed: TensorBuilder[] = []
  #builder: TensorBuilder | undefined
  #tensorEnd = Number.NEGATIVE_INFINITY

  /** @param tensorKeys members that are tensors; `inputs[].data` is `data` in each object of `inputs`, `groups{}` columns of groups, `ids[]` a list of texts and integers */
  constructor(tensorKeys: readonly string[], limits: ScanLimits, memory: Memory, declaredBytes = 0, origin = 0) {
    this.#plan = planFor(tensorKeys, limits)
    this.#memory = memory
    this.#declaredBytes = declaredBytes
    this.#position = origin
  }

  write(bytes: Uint8Array): void {
    if (bytes.length <= layout.INPUT_CAPACITY) {
      this.#write(bytes)
      return
    }
    for (let from = 0; from < bytes.length; from += layout.INPUT_CAPACITY) {
      this.#write(bytes.subarray(from, from + layout.INPUT_CAPACITY))
    }
  }

  /** What was read, step by step: numbers that came in pieces are put together. */
  *end(): Generator<void, ScannedDocument> {
    const text = this.#finish()
    const tensors: Record<string, Doubles> = {}
    for (const [name, builder] of this.#builders) tensors[name] = builder.small ?? (yield* builder.tensor())
    const listed: Doubles[] = []
    for (const builder of this.#listed) listed.push(builder.small ?? (yield* builder.tensor()))
    let groups: GroupColumns | undefined
    let lists: Record<string, ValueList> | undefined
    for (const member of this.#texts) {
      const name = nameOfMember(member)
      if (this.#plan.keys.includes(`${name}{}`)) groups = yield* readGroups(member, this.#memory)
      else lists = { ...lists, [name]: yield* readList(member, this.#memory) }
    }
    this.#memory.release(this.#kept)
    this.#kept = 0
    return new ScannedDocument(text, tensors, listed, groups, lists)
  }

  discard(): void {
    this.#memory.release(this.#kept)
    this.#kept = 0
    this.#builder?.free()
    for (const [, builder] of this.#builders) builder.free()
    for (const builder of this.#listed) builder.free()
    this.#builders.length = 0
    this.#listed.length = 0
  }

  #finish(): string {
    // In one piece, the number would have been looked at.
    if (this.#carried > 0 && this.#failure === undefined) this.#scan(EMPTY)
    if (this.#failure !== undefined) throw this.#failure
    if (this.#optionText === undefined) this.#fail(unexpectedEnd(this.#position, this.#expected()))
    return this.#optionText
  }

  #write(bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#optionText !== undefined) {
      const spaces = countWhile(bytes, isSpace)
      if (spaces < bytes.length) {
        this.#fail(unexpectedByte(bytes[spaces], this.#position + spaces, layout.FINISHED))
      }
    } else if (!this.#continuesNumber(bytes)) {
      this.#scan(bytes)
    }
    this.#position += bytes.length
  }

  #continuesNumber(bytes: Uint8Array): boolean {
    const length = this.#carried + bytes.length
    if (this.#carried === 0 || length > this.#plan.limits.maxNumberLength) return false
    if (countWhile(bytes, mayContinueNumber) < bytes.length) return false
    this.#carry = grow(this.#carry, this.#carried, length)
    this.#carry.set(bytes, this.#carried)
    this.#carried = length
    this.#countKept()
    return true
  }

  #scan(bytes: Uint8Array): void {
    const end = layout.INPUT + bytes.length
    const from = layout.INPUT - this.#carried
    memory.set(bytes, layout.INPUT)
    if (this.#carried > 0) memory.set(this.#carry.subarray(0, this.#carried), from)
    this.#restore()
    let event = feed(from, end)
    while (event !== layout.MORE) {
      this.#handle(event, end)
      event = resume()
    }
    if (state[layout.MODE] === layout.FINISHED) this.#optionText = this.#textOfOptions()
    else this.#save(end)
  }

  #handle(event: number, end: number): void {
    switch (event) {
      case layout.TENSOR_ENDED: {
        const name = this.#plan.members[state[layout.TENSOR]]
        const builder = this.#currentBuilder()
        builder.finish(name ?? 'data', this.#position + end - layout.INPUT)
        if (name !== undefined) this.#builders.push([name, builder])
        else if (this.#listed.length < mostListed) this.#listed.push(builder)
        else builder.free()
        this.#builder = undefined
        this.#tensorEnd = this.#position + state[layout.POSITION] - layout.INPUT
        return
      }
      case layout.NON_NUMERIC_FOUND:
        this.#currentBuilder().addNonNumeric()
        this.#takeNumbers(end)
        return
      default:
        this.#fail(event === layout.EXCEEDED ? this.#excess() : this.#refusal())
    }
  }

  #excess(): ScanLimitError {
    const name = LIMIT_NAMES[state[layout.REASON]]
    return new ScanLimitError(name, this.#plan.limits[name])
  }

  #refusal(): ScanSyntaxError {
    const at = state[layout.POSITION]
    const reason = state[layout.REASON]
    const offset = this.#position + at - layout.INPUT
    // A key is refused when it has been read, and named by where it began.
    if (reason >= layout.KEY_TWICE) return refusedKey(offset - state[layout.KEY_LENGTH] - 2, reason)
    return unexpectedByte(memory[at], offset, reason)
  }

  #fail(error: ScanSyntaxError | ScanLimitError): never {
    this.#failure = error
    throw error
  }

  #currentBuilder(): TensorBuilder {
    this.#builder ??= new TensorBuilder(
      this.#memory,
      Math.max(this.#position, this.#tensorEnd),
      this.#declaredBytes,
      this.#plan.limits.maxElements,
    )
    return this.#builder
  }

  #takeNumbers(end: number): void {
    if (state[layout.NUMBERS_END] === layout.NUMBERS) return
    this.#currentBuilder().append(this.#position + end - layout.INPUT)
  }

  #restore(): void {
    if (this.#begun) {
      memory.set(this.#saved, layout.STATE)
      return
    }
    begin()
    state.set(this.#plan.fields, layout.LIMITS)
    this.#begun = true
  }

  #save(end: number): void {
    this.#takeNumbers(end)
    this.#takeOptions()
    const cut = state[layout.END]
    this.#carried = end - cut
    if (end > cut) {
      this.#carry = grow(this.#carry, 0, end - cut)
      this.#carry.set(memory.subarray(cut, end))
    }
    // The keys of the open objects lie behind the fields. Within a tensor these are as many as they were.
    const kept = memory.subarray(layout.STATE, state[layout.KEYS_END])
    if (kept.length === this.#saved.length) this.#saved.set(kept)
    else this.#saved = new Uint8Array(kept)
    this.#countKept()
  }

  #countKept(): void {
    const kept = this.#saved.length + this.#carry.length + this.#optionBytes.length - uncountedBytes
    if (kept <= this.#kept) return
    this.#memory.reserve(kept - this.#kept)
    this.#kept = kept
  }

  #takeOptions(): void {
    const from = state[layout.OPTION_BASE]
    const to = state[layout.OPTION_TOTAL]
    if (to === from) return
    this.#optionBytes = grow(this.#optionBytes, from, to + 1)
    this.#optionBytes.set(memory.subarray(layout.OPTIONS, layout.OPTIONS + to - from), from)
  }

  #textOfOptions(): string {
    const length = state[layout.OPTION_TOTAL]
    if (length === 0) return '{}'
    if (state[layout.TEXTS] > 0) return this.#textWithoutTexts(length)
    if (state[layout.OPTION_BASE] === 0) return textOfMembers(memory, layout.OPTIONS, length)
    this.#takeOptions()
    this.#optionBytes = grow(this.#optionBytes, length, length + 1)
    return textOfMembers(Buffer.from(this.#optionBytes.buffer), 0, length)
  }

  #textWithoutTexts(length: number): string {
    const ranges = Array.from({ length: state[layout.TEXTS] }, (_, at) => {
      const from = layout.TEXT_RANGES + 2 * at
      return [state[from], state[from + 1]]
    })
    this.#takeOptions()
    this.#countKept()
    const bytes = Buffer.from(this.#optionBytes.buffer, 0, length)
    this.#texts = ranges.map(([from, to]) => bytes.subarray(from, to))
    // members in their order, without those
    const ends = [...ranges.map(([from]) => from), length]
    const begins = [0, ...ranges.map(([, to]) => to)]
    const rest = Buffer.concat([...ends.map((end, at) => bytes.subarray(begins[at], end)), Buffer.from('}')])
    return rest.length === 1 ? '{}' : textOfMembers(rest, 0, rest.length - 1)
  }

  #expected(): number | undefined {
    if (this.#carried > 0) return undefined
    return this.#begun ? new Int32Array(this.#saved.buffer, 0, layout.MODE + 1)[layout.MODE] : layout.START
  }
}

function textOfMembers(bytes: Buffer, from: number, length: number): string {
  bytes[from] = 0x7b
  bytes[from + length] = 0x7d
  return bytes.toString('utf8', from, from + length + 1)
}
