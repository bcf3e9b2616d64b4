import { refuse } from '../loss/validation-errors.ts'
import type { Datatype } from './datatypes.ts'

/** What the header of a .npy file says of the bytes that follow it. */
export interface NpyHeader {
  readonly datatype: Datatype
  readonly isBigEndian: boolean
  readonly isFortranOrder: boolean
  readonly shape: readonly number[]
}

const datatypesByCode: Readonly<Record<string, Datatype>> = {
  f8: 'FP64',
  f4: 'FP32',
  f2: 'FP16',
  i1: 'INT8',
  i2: 'INT16',
  i4: 'INT32',
  i8: 'INT64',
  u1: 'UINT8',
  u2: 'UINT16',
  u4: 'UINT32',
  u8: 'UINT64',
  b1: 'BOOL',
}

const repairs: Readonly<Record<string, { readonly what: string; readonly repair: string }>> = {
  O: { what: 'Python objects', repair: 'array.astype(float)' },
  U: { what: 'strings', repair: 'array.astype(float)' },
  S: { what: 'strings', repair: 'array.astype(float)' },
  a: { what: 'strings', repair: 'array.astype(float)' },
  c: { what: 'complex numbers', repair: 'array.real' },
  M: { what: 'dates', repair: "array.astype('int64')" },
  m: { what: 'durations', repair: "array.astype('int64')" },
  V: { what: 'bytes without a type', repair: 'array.astype(float)' },
  f: { what: 'floats that are no IEEE double, single or half', repair: "array.astype('float64')" },
}

/**
 * Reads the header of a .npy file: a Python dict with the keys descr, fortran_order and shape, in any order, and no others.
 *
 * @param name of the tensor, for errors
 * @throws InvalidContent
 */
export function npyHeaderOf(name: string, text: string): NpyHeader {
  const tokens = new Tokens(name, text)
  let type: Pick<NpyHeader, 'datatype' | 'isBigEndian'> | undefined
  let isFortranOrder: boolean | undefined
  let shape: readonly number[] | undefined
  tokens.expect('{')
  while (tokens.next !== '}') {
    const key = tokens.string('a key')
    tokens.expect(':')
    if (key === 'descr' && type === undefined) type = typeOf(name, tokens)
    else if (key === 'fortran_order' && isFortranOrder === undefined) isFortranOrder = tokens.boolean()
    else if (key === 'shape' && shape === undefined) shape = tokens.shape()
    else refuse([name], `${quotedHeader(name)} must have descr, fortran_order and shape, each once`, key, 'malformed')
    if (tokens.next !== '}') tokens.expect(',')
  }
  tokens.expect('}')
  tokens.expectEnd()
  if (type === undefined || isFortranOrder === undefined || shape === undefined) {
    const missing = type === undefined ? 'descr' : shape === undefined ? 'shape' : 'fortran_order'
    const detail = `${quotedHeader(name)} must have descr, fortran_order and shape; ${missing} is missing`
    return refuse([name], detail, undefined, 'malformed')
  }
  if (shape.length > 3) {
    const received = `${shape.length} dimensions`
    refuse(
      [name],
      `${name} has ${received}; at most 2 are allowed: save array.reshape(len(array), -1)`,
      received,
      'shape',
    )
  }
  if (shape.length > 2) {
    const detail = `${name} has ${shape.length} dimensions, shape [${shape.join(', ')}]; at most 2 are allowed: save array.reshape(len(array), -1)`
    refuse([name], detail, `shape [${shape.join(', ')}]`, 'shape')
  }
  return { ...type, isFortranOrder, shape }
}

/** Strings may be names of classes. */
function namesOf(name: string, what: string): string {
  return name === 'labels' && what === 'strings'
    ? '. Names of classes can be sent as JSON: json.dumps(array.tolist())'
    : ''
}

function quotedHeader(name: string): string {
  return `the .npy header of ${name}`
}

function typeOf(name: string, tokens: Tokens): Pick<NpyHeader, 'datatype' | 'isBigEndian'> {
  if (tokens.next === '[' || tokens.next === '(') {
    const detail = `${name} is a structured array; save one field of it, array['field'], or numpy.lib.recfunctions.structured_to_unstructured(array)`
    return refuse([name], detail, 'a structured array', 'unsupported')
  }
  const descr = tokens.string('a type')
  const [, order, letter, size] = /^([<>|])([a-zA-Z])(\d*)(?:\[\w+\])?$/.exec(descr) ?? []
  const code = `${letter}${size}`
  const datatype = Object.hasOwn(datatypesByCode, code) ? datatypesByCode[code] : undefined
  if (datatype !== undefined && (order !== '|' || size === '1')) return { datatype, isBigEndian: order === '>' }
  const other = datatype === undefined && Object.hasOwn(repairs, letter ?? '') ? repairs[letter] : undefined
  const detail =
    other === undefined
      ? `descr of ${name} is not a type of numbers, such as '<f8'; save array.astype('float64')`
      : `${name} contains ${other.what}; save numbers: ${other.repair}${namesOf(name, other.what)}`
  return refuse([name], detail, descr, 'unsupported')
}

const token = /[ \t\n]*(?:'[^'\\]*'|"[^"\\]*"|\d+L?(?!\w)|(?:True|False)(?!\w)|[{}()[\],:])/y
const space = /[ \t\n]*/y

class Tokens {
  readonly #name: string
  readonly #text: string
  next = ''
  #at = 0

  constructor(name: string, text: string) {
    this.#name = name
    this.#text = text
    this.#advance()
  }

  expect(mark: string): void {
    if (this.next !== mark) this.#fail(`'${mark}'`)
    this.#advance()
  }

  expectEnd(): void {
    if (this.#at < this.#text.length) this.#fail('the end')
  }

  string(what: string): string {
    const { next } = this
    if (!/^['"]/.test(next)) this.#fail(what)
    this.#advance()
    return next.slice(1, -1)
  }

  boolean(): boolean {
    const { next } = this
    if (next !== 'True' && next !== 'False') this.#fail('True or False')
    this.#advance()
    return next === 'True'
  }

  shape(): number[] {
    const sizes: number[] = []
    this.expect('(')
    while (this.next !== ')') {
      const size = Number.parseInt(this.next, 10)
      if (!Number.isSafeInteger(size)) this.#fail('an integer')
      sizes.push(size)
      this.#advance()
      if (this.next !== ')' || sizes.length === 1) this.expect(',')
    }
    this.expect(')')
    return sizes
  }

  #advance(): void {
    token.lastIndex = this.#at + this.next.length
    const found = token.exec(this.#text)?.[0] ?? ''
    space.lastIndex = this.#at + this.next.length
    space.test(this.#text)
    this.#at = space.lastIndex
    this.next = found.trimStart()
  }

  #fail(expected: string): never {
    const found = this.#at < this.#text.length ? `'${this.#text[this.#at]}'` : 'end'
    const detail = `${quotedHeader(this.#name)} is not as numpy.save writes it: unexpected ${found} at its character ${this.#at}; ${expected} was expected`
    return refuse([this.#name], detail, found, 'malformed')
  }
}
