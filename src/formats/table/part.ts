import { z } from 'zod'
import { GroupColumns } from '../../loss/groups/columns.ts'
import type { Memory } from '../../loss/memory.ts'
import type { Tensor } from '../../loss/tensor.ts'
import { refusal, refuse } from '../../loss/validation-errors.ts'
import { isElement, ValueList, WrongElement } from '../../loss/value-list.ts'
import type { Caller } from '../../runtime/turns.ts'
import type { DecodeContext } from '../context.ts'
import type { BodyLimits } from '../limits.ts'
import type { Fields } from '../parsed-body.ts'
import { validated } from '../schema.ts'
import type { AssembledTable } from './assemble.ts'
import type { Missing, TableColumns, TableFormat } from './columns.ts'
import { missingPolicies, numericRoles, tableColumns, tableFormats } from './columns.ts'
import type { TableTensor } from './rows.ts'
import { tableIn } from './thread.ts'

/** The parts that say what a table is. */
export const tableOptions = ['tableFormat', 'columns', 'missing'] as const

const inColumns = z.object({ columns: tableColumns })

/** A file with several columns, as a part of a form. It is read when the form is over: only then is known what its columns are. */
export class TablePart {
  readonly #context: DecodeContext
  readonly #limits: BodyLimits
  readonly #listNames: readonly string[]
  #chunks: Buffer[] = []
  #size = 0

  /** @param listNames what the body takes of each row besides numbers and groups */
  constructor(context: DecodeContext, limits: BodyLimits, listNames: readonly string[]) {
    this.#context = context
    this.#limits = limits
    this.#listNames = listNames
  }

  write(bytes: Buffer): void {
    this.#context.memory.reserve(bytes.length)
    this.#chunks.push(Buffer.from(bytes))
    this.#size += bytes.length
  }

  *end(): Generator<void, void> {}

  /**
   * The data of the table by the names of the body.
   *
   * @param options of the form, from which those of the table are taken
   */
  async fields(options: Fields): Promise<{ readonly fields: Fields; readonly dropped: number | undefined }> {
    const { task, memory } = this.#context
    const [format, columns, missing] = takeOptions(options, this.#listNames)
    const { maxRows, maxColumns, maxElements, maxBodyBytes, maxJoinRows, maxComputeMs } = this.#limits
    const limits = { maxRows, maxColumns, maxElements, maxBodyBytes, maxJoinRows }
    const bytes = this.#bytes(memory)
    task.stop()
    const mayBeNames = options.labelFormat === undefined || options.classes !== undefined
    const request = { bytes, format, columns, missing, mayBeNames, limits }
    const table = await tableIn(request, memory, maxComputeMs, callerOf(this.#context))
    task.start()
    memory.release(this.#size)
    return { fields: fieldsOf(table), dropped: missing === 'drop' ? table.dropped : undefined }
  }

  #bytes(memory: Memory): ArrayBuffer {
    memory.reserve(this.#size)
    const bytes = new Uint8Array(this.#size)
    let at = 0
    for (const chunk of this.#chunks.splice(0)) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    memory.release(this.#size)
    return bytes.buffer
  }
}

function callerOf(context: DecodeContext): Caller {
  const { owner, level } = context.task
  return {
    owner,
    level,
    get isOver() {
      return context.isOver === true
    },
  }
}

function takeOptions(options: Fields, listNames: readonly string[]): [TableFormat, TableColumns, Missing] {
  const { tableFormat, columns, missing = 'refuse' } = options
  for (const name of tableOptions) delete options[name]
  const format = wordOf('tableFormat', tableFormat, tableFormats)
  if (columns === undefined) {
    const detail = `columns is missing: which columns of the table are what, such as {"predictions": ["p0", "p1"], "labels": "y"}`
    refuse(['columns'], detail, undefined, 'missing')
  }
  const known = columnsOf(columns)
  for (const role of ['ids', 'at'] as const) {
    if (known[role] === undefined || listNames.includes(role)) continue
    const detail = `columns.${role} is for the predictions and labels of joined evaluations; other bodies have no ${role === 'ids' ? 'ids' : 'time for each row'}`
    refuse(['columns', role], detail, known[role], 'misplaced')
  }
  return [format, known, wordOf('missing', missing, missingPolicies)]
}

function wordOf<Word extends string>(name: string, value: unknown, words: readonly Word[]): Word {
  const word = words.find((known) => known === value)
  if (word !== undefined) return word
  const detail = `${name} must be one of ${words.map((known) => `"${known}"`).join(', ')}`
  return refuse(
    [name],
    value === undefined ? `${name} is missing: ${detail}` : detail,
    value,
    value === undefined ? 'missing' : 'unknown-value',
  )
}

function columnsOf(given: unknown): TableColumns {
  let columns = given
  if (typeof given === 'string') {
    try {
      columns = JSON.parse(given)
    } catch {
      refuse(['columns'], 'columns must be JSON, such as {"predictions": "yhat", "labels": "y"}', given, 'malformed')
    }
  }
  return validated(inColumns, { columns }).columns
}

function tensorIn({ data, shape, names, fault }: TableTensor): Tensor {
  const wrong = fault && refusal(fault.path, fault.detail, fault.received, fault.code)
  return { data, shape, nonNumeric: [], nonNumericCount: 0, names: names && { ...names, refusal: wrong } }
}

function fieldsOf({ tensors, groups, ids, at }: AssembledTable): Fields {
  const fields: Fields = {}
  for (const role of numericRoles) {
    const tensor = tensors[role]
    if (tensor !== undefined) fields[role] = tensorIn(tensor)
  }
  if (groups.length > 0) fields.groups = new GroupColumns(new Map(groups))
  // counted with the table
  if (ids !== undefined) fields.ids = new ValueList(ids.map((id) => (isElement(id) ? id : new WrongElement(id))))
  if (at !== undefined) fields.at = new ValueList(Array.from(at))
  return fields
}
