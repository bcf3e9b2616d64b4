import type { Memory } from '../loss/memory.ts'
import type { Tensor } from '../loss/tensor.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import type { ScanLimits } from '../scanner/scanner.ts'
import { JsonTensor } from './multipart-json.ts'

const [comma, newline, carriageReturn] = Buffer.from(',\n\r')

const byteOrderMark = '\xef\xbb\xbf'

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** A number as programs write it besides: `+1`, `.5`, `5.`, `007`. No text matches in two ways, so it takes linear time. */
const otherNumber = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/

/** Reads numbers as CSV (RFC 4180), in chunks of any size. */
export class CsvReader {
  readonly #name: string
  readonly #limits: ScanLimits
  readonly #json: JsonTensor
  #isHeader: boolean
  #row = 1
  #cells = 0
  #columns = 0
  #carry = ''
  #isAfterReturn = false
  #text = '['

  constructor(name: string, hasHeader: boolean, limits: ScanLimits, memory: Memory) {
    this.#name = name
    this.#limits = limits
    this.#isHeader = hasHeader
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
    const tensor = yield* this.#json.end()
    const [rows, columns] = tensor.shape
    return columns === 1 ? { ...tensor, shape: [rows] } : tensor
  }

  #endLine(byte: number, text: string): void {
    const isSecond = byte === newline && this.#isAfterReturn
    this.#isAfterReturn = byte === carriageReturn
    if (isSecond) return
    if (this.#cells === 0 && this.#carry === '' && text === '') {
      // an empty line is no row, but counts as a line of the file
      this.#row++
      return
    }
    this.#endCell(text)
    if (!this.#isHeader) {
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
    if (this.#isHeader) return
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
    const [, sign, digits, fraction = '', exponent = ''] = otherNumber.exec(unquoted(cell)) ?? []
    if (sign === undefined) {
      const what = cell.trim() === '' ? 'empty' : 'not a number'
      const hint = this.#row === 1 ? '; a row of names is declared with csvHeader=true before this part' : ''
      refuse([this.#name], `${this.#place()} is ${what}; it must be a number${hint}`, cell)
    }
    const whole = digits.replace(/^0+/, '')
    return `${sign === '-' ? '-' : ''}${whole || '0'}${fraction === '' ? '' : `.${fraction}`}${exponent}`
  }

  #checkColumns(): void {
    if (this.#columns === 0) this.#columns = this.#cells
    if (this.#cells === this.#columns) return
    const detail = `row ${this.#row} of ${this.#name} has ${columnsOf(this.#cells)}; the rows before it have ${this.#columns}`
    refuse([this.#name], detail, columnsOf(this.#cells))
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

function columnsOf(count: number): string {
  return count === 1 ? '1 column' : `${count} columns`
}

function unquoted(cell: string): string {
  const text = cell.trim()
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).trim() : text
}
