import { isUtf8 } from 'node:buffer'
import type { Memory } from '../loss/memory.ts'
import type { Names, Tensor } from '../loss/tensor.ts'
import type { InvalidContent } from '../loss/validation-errors.ts'
import { LimitExceeded, refusal, refuse } from '../loss/validation-errors.ts'
import type { ScanLimits } from '../scanner/scanner.ts'
import { JsonTensor } from './multipart-json.ts'

const [comma, newline, carriageReturn] = Buffer.from(',\n\r')

const byteOrderMark = '\xef\xbb\xbf'

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** A number as programs write it besides: `+1`, `.5`, `5.`, `007`. No text matches in two ways, so it takes linear time. */
const otherNumber = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/

/** What programs write for a value that is missing. */
const missing = /^(?:nan|na|n\/a|null|none|nil|-|\?)$/i
const infinite = /^[+-]?inf(?:inity)?$/i
const truth = /^(?:true|false)$/i

/** Reads numbers as CSV (RFC 4180), in chunks of any size. Only the end of the file may have empty lines. */
export class CsvReader {
  readonly #name: string
  readonly #limits: ScanLimits
  readonly #json: JsonTensor
  /** The names in the first row, where it is declared to hold them. */
  readonly names: readonly string[] | undefined
  readonly #names: string[] = []
  readonly #memory: Memory
  #nameBytes = 0
  #isHeader: boolean
  #emptyRow: number | undefined
  /** What is wrong unless texts are names. */
  #refusal: InvalidContent | undefined
  #row = 1
  #cells = 0
  #columns = 0
  #carry = ''
  #isAfterReturn = false
  #text = '['

  constructor(name: string, hasHeader: boolean, limits: ScanLimits, memory: Memory) {
    this.#name = name
    this.#limits = limits
    this.#memory = memory
    this.#isHeader = hasHeader
    this.names = hasHeader ? this.#names : undefined
    this.#json = new JsonTensor(name, limits, memory)
  }

  write(bytes: Buffer): void {
    let from = 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === comma) this.#endCell(bytes.toString('latin1', from, at))
      else if (byte === newline || byte === carriageReturn) this.#endLine(byte, bytes.toString('latin1', from, at))
      else {
        this.#isAfterReturn = false
        continue
      }
      from = at + 1
    }
    this.#keep(bytes.toString('latin1', from))
    this.#flush()
  }

  *end(): Generator<void, Tensor> {
    this.#endLine(newline, '')
    this.#text += ']'
    this.#flush()
    const read = yield* this.#json.end()
    const tensor = this.#name === 'labels' ? { ...read, names: this.#namesOf(read) } : read
    const [rows, columns] = tensor.shape
    if (columns !== 1) {
      if (this.#refusal !== undefined) throw this.#refusal
      return tensor
    }
    const nonNumeric = tensor.nonNumeric.map(({ path: [row], received }) => ({ path: [row], received }))
    return { ...tensor, shape: [rows], nonNumeric }
  }

  #namesOf({ names = noNames }: Tensor): Names {
    return { ...names, areUntyped: true, refusal: this.#refusal }
  }

  #endLine(byte: number, text: string): void {
    const isSecond = byte === newline && this.#isAfterReturn
    if (!isSecond) this.#endRow(text)
    this.#isAfterReturn = byte === carriageReturn
  }

  #endRow(text: string): void {
    if (this.#cells === 0 && this.#carry === '' && text === '') {
      this.#emptyRow ??= this.#row
      this.#row++
      return
    }
    this.#endCell(text)
    if (this.#isHeader) this.#checkNames()
    else {
      this.#checkColumns()
      this.#text += ']'
    }
    this.#isHeader = false
    this.#row++
    this.#cells = 0
  }

  #endCell(text: string): void {
    this.#isAfterReturn = false
    this.#keep(text)
    const isFirst = this.#row === 1 && this.#cells === 0
    const cell =
      isFirst && this.#carry.startsWith(byteOrderMark) ? this.#carry.slice(byteOrderMark.length) : this.#carry
    this.#carry = ''
    this.#cells++
    if (this.#emptyRow !== undefined) this.#refuseEmptyRow(this.#emptyRow)
    if (this.#isHeader) {
      this.#keepName(cell)
      return
    }
    if (this.#cells > 1) this.#text += ','
    else this.#text += this.#columns === 0 ? '[' : ',['
    this.#text += jsonNumber.test(cell) ? cell : this.#rewritten(cell)
  }

  #keep(text: string): void {
    this.#carry += text
    const { maxNumberLength } = this.#limits
    if (this.#carry.length <= maxNumberLength) return
    const detail = `${this.#place()} is longer than maxNumberLength, ${maxNumberLength} bytes.`
    throw new LimitExceeded('maxNumberLength', maxNumberLength, [this.#name], detail)
  }

  #rewritten(cell: string): string {
    const text = unquoted(cell)
    if (truth.test(text)) return text.toLowerCase()
    const [, sign, digits, fraction = '', exponent = ''] = otherNumber.exec(text) ?? []
    if (sign === undefined) {
      if (!this.#mayBeName(text)) throw this.#refusalOf(cell, text)
      this.#refusal ??= this.#refusalOf(cell, text)
      return JSON.stringify(text.replaceAll('""', '"'))
    }
    const whole = digits.replace(/^0+/, '')
    return `${sign === '-' ? '-' : ''}${whole || '0'}${fraction === '' ? '' : `.${fraction}`}${exponent}`
  }

  /** Labels may be names of classes, which the options declare. */
  #mayBeName(text: string): boolean {
    return this.#name === 'labels' && text !== '' && isUtf8(Buffer.from(text, 'latin1'))
  }

  #refusalOf(cell: string, text: string): InvalidContent {
    const name = this.#name
    const place = this.#place()
    if (text === '') {
      const hint = this.#row === 1 && this.#cells === 1 ? `; ${withoutIndex}` : ''
      return refusal([name], `${place} is empty; it must be a number${hint}.`, cell, 'empty')
    }
    if (/[;\t]/.test(text)) {
      const mark = text.includes(';') ? 'semicolons' : 'tabs'
      return refusal(
        [name],
        `${place} is not a number: the columns are separated by ${mark}. Separate them by commas, and write decimals with a point.`,
        cell,
        'not-a-number',
      )
    }
    if (missing.test(text) || infinite.test(text)) {
      return refusal(
        [name],
        `${place} is ${JSON.stringify(text)}; it must be a number. Remove rows with missing values from all parts.`,
        cell,
        'not-a-number',
      )
    }
    const isHeader = this.#row === 1
    const hint = isHeader ? `. If the first row contains column names, send csvHeader=${name} before this part` : ''
    const detail = `${place} is not a number; it must be a number${hint}.`
    return refusal([name], detail, cell, isHeader ? 'header' : 'not-a-number')
  }

  #refuseEmptyRow(row: number): never {
    const name = this.#name
    const detail = `row ${row} of ${name} is empty; it must be a number. Remove rows without a value from all parts.`
    return refuse([name], detail, '', 'empty')
  }

  #keepName(cell: string): void {
    const { maxOptionBytes } = this.#limits
    this.#nameBytes += cell.length + 1
    if (this.#nameBytes > maxOptionBytes) {
      const detail = `The header of ${this.#name} is longer than maxOptionBytes, ${maxOptionBytes} bytes.`
      throw new LimitExceeded('maxOptionBytes', maxOptionBytes, [this.#name], detail)
    }
    this.#memory.reserve(cell.length + 1)
    this.#names.push(unquoted(cell))
  }

  #checkNames(): void {
    const name = this.#name
    const empty = this.#names.indexOf('')
    if (empty >= 0) {
      refuse([name], `the header of ${name} has no name for column ${empty + 1}; ${withoutIndex}.`, '', 'header')
    }
    if (this.#names.every((cell) => otherNumber.test(cell))) {
      const detail = `row 1 of ${name} contains numbers, not column names. Omit csvHeader, or list in it the parts that have a header; with header=False, pandas writes none.`
      refuse([name], detail, this.#names[0], 'header')
    }
  }

  #checkColumns(): void {
    if (this.#columns === 0) this.#columns = this.#cells
    if (this.#cells === this.#columns) return
    const detail = `row ${this.#row} of ${this.#name} has ${columnsOf(this.#cells)}; the previous rows have ${this.#columns}.`
    refuse([this.#name], detail, columnsOf(this.#cells), 'shape')
  }

  #place(): string {
    return `row ${this.#row}, column ${Math.max(1, this.#cells)} of ${this.#name}`
  }

  #flush(): void {
    const text = this.#text
    this.#text = ''
    this.#json.write(Buffer.from(text, 'latin1'))
  }
}

const noNames: Names = { texts: [], isOverfull: false, reserved: 0 }
const withoutIndex = 'pandas writes an index without a name: use to_csv(..., index=False)'

function columnsOf(count: number): string {
  return count === 1 ? '1 column' : `${count} columns`
}

function unquoted(cell: string): string {
  const text = cell.trim()
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).trim() : text
}
