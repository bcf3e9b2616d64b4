import { z } from 'zod'
import { GroupColumns } from '../../loss/groups/columns.ts'
import type { Memory } from '../../loss/memory.ts'
import { refuse } from '../../loss/validation-errors.ts'
import type { DecodeContext } from '../context.ts'
import type { BodyLimits } from '../limits.ts'
import type { Fields } from '../parsed-body.ts'
import { validated } from '../schema.ts'
import type { AssembledTable } from './assemble.ts'
import type { Missing, TableColumns, TableFormat } from './columns.ts'
import { missingPolicies, numericRoles, tableColumns, tableFormats } from './columns.ts'
import { tableIn } from './thread.ts'

/** The parts that say what a table is. */
export const tableOptions = ['tableFormat', 'columns', 'missing'] as const

const inColumns = z.object({ columns: tableColumns })

/** A file with several columns, as a part of a form. It is read when the form is over: only then is known what its columns are. */
export class TablePart {
  readonly #context: DecodeContext
  readonly #limits: BodyLimits
  #chunks: Buffer[] = []
  #size = 0

  constructor(context: DecodeContext, limits: BodyLimits) {
    this.#context = context
    this.#limits = limits
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
    const [format, columns, missing] = takeOptions(options)
    const { maxRows, maxColumns, maxElements, maxBodyBytes, maxComputeMs } = this.#limits
    const limits = { maxRows, maxColumns, maxElements, maxBodyBytes }
    const bytes = this.#bytes(memory)
    task.stop()
    const table = await tableIn({ bytes, format, columns, missing, limits }, memory, maxComputeMs)
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

function takeOptions(options: Fields): [TableFormat, TableColumns, Missing] {
  const { tableFormat, columns, missing = 'refuse' } = options
  for (const name of tableOptions) delete options[name]
  const format = wordOf('tableFormat', tableFormat, tableFormats)
  if (columns === undefined) {
    const detail = `columns is missing: which columns of the table are what, such as {"predictions": ["p0", "p1"], "labels": "y"}`
    refuse(['columns'], detail, undefined, 'missing')
  }
  return [format, columnsOf(columns), wordOf('missing', missing, missingPolicies)]
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

function fieldsOf({ tensors, groups, ids, at }: AssembledTable): Fields {
  const fields: Fields = {}
  for (const role of numericRoles) {
    const tensor = tensors[role]
    if (tensor !== undefined) fields[role] = { ...tensor, nonNumeric: [], nonNumericCount: 0 }
  }
  if (groups.length > 0) fields.groups = new GroupColumns(new Map(groups))
  if (ids !== undefined) fields.ids = ids
  if (at !== undefined) fields.at = Array.from(at)
  return fields
}
