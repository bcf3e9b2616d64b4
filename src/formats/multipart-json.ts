import type { GroupColumns } from '../loss/groups/columns.ts'
import type { Memory } from '../loss/memory.ts'
import type { Tensor } from '../loss/tensor.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import type { ValueList } from '../loss/value-list.ts'
import type { ScanLimits, ScannedDocument } from '../scanner/scanner.ts'
import { DocumentScanner, ScanLimitError, ScanSyntaxError } from '../scanner/scanner.ts'
import { JsonValue } from './json-value.ts'
import { looksLike } from './looks-like.ts'
import { groupsMember } from './oip-header.ts'
import { Places } from './places.ts'

abstract class JsonPart<Result> {
  readonly #name: string
  readonly #scanner: { write(bytes: Buffer): void }
  readonly #places = new Places('part', 0)

  constructor(name: string, scanner: { write(bytes: Buffer): void }) {
    this.#name = name
    this.#scanner = scanner
  }

  write(bytes: Buffer): void {
    try {
      this.#scanner.write(bytes)
    } catch (error) {
      throw this.#asAnswer(error, bytes)
    }
    this.#places.pass(bytes)
  }

  *end(): Generator<void, Result> {
    try {
      return yield* this.whole()
    } catch (error) {
      throw this.#asAnswer(error)
    }
  }

  protected abstract whole(): Generator<void, Result>

  #asAnswer(error: unknown, bytes?: Buffer): unknown {
    const name = this.#name
    if (error instanceof ScanLimitError) {
      const { limit, allowed } = error
      return new LimitExceeded(limit, allowed, [name], `${name} exceeds ${limit}, ${allowed}.`)
    }
    if (error instanceof ScanSyntaxError) {
      const places = this.#places
      const look = looksLike(places.around(error.offset, bytes))
      const text = `${name} is not valid JSON: ${error.at(places.inWords(error.offset, bytes))}.`
      refuse([name], look === undefined ? text : `${text} ${look.sentence}`, 'other text', 'malformed')
    }
    return error
  }
}

/** A tensor as JSON: arrays of numbers, or one number. */
export class JsonTensor extends JsonPart<Tensor> {
  readonly #value: JsonValue

  constructor(name: string, limits: ScanLimits, memory: Memory) {
    const value = new JsonValue(limits, memory, 0, name)
    super(name, value)
    this.#value = value
  }

  protected whole(): Generator<void, Tensor> {
    return this.#value.tensor()
  }
}

/** Columns of groups as JSON: an object of arrays. */
export class JsonGroups extends JsonPart<GroupColumns> {
  readonly #value: JsonValue

  constructor(name: string, limits: ScanLimits, memory: Memory) {
    const value = new JsonValue(limits, memory, 0, name, groupsMember)
    super(name, value)
    this.#value = value
  }

  protected *whole(): Generator<void, GroupColumns> {
    const { groups } = yield* this.#value.document()
    // it is the only member
    return groups as GroupColumns
  }
}

/** A list of texts and integers as JSON. */
export class JsonList extends JsonPart<ValueList> {
  readonly #name: string
  readonly #value: JsonValue

  constructor(name: string, limits: ScanLimits, memory: Memory) {
    const value = new JsonValue(limits, memory, 0, name, `${name}[]`)
    super(name, value)
    this.#name = name
    this.#value = value
  }

  protected *whole(): Generator<void, ValueList> {
    const { lists } = yield* this.#value.document()
    // it is the only member
    return lists?.[this.#name] as ValueList
  }
}

/** An object of options, of which some may be tensors. */
export class JsonOptions extends JsonPart<ScannedDocument> {
  readonly #document: DocumentScanner

  constructor(name: string, tensorNames: readonly string[], limits: ScanLimits, memory: Memory) {
    const document = new DocumentScanner(tensorNames, limits, memory)
    super(name, document)
    this.#document = document
  }

  protected whole(): Generator<void, ScannedDocument> {
    return this.#document.end()
  }
}
