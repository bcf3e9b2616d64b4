// The grammar against JSON.parse: random documents, broken in random ways and cut in random origins.
import t from 'tap'
import type { NonNumericElement } from '../../src/loss/tensor.ts'
import { generator, KEYS, outcome, piecesOf, scan, scanPieces, write } from './support.ts'

const DOCUMENTS = Number(process.env.SCANNER_DOCUMENTS ?? 10_000)

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Walks a valid text for what JSON.parse does not say: a key twice, or __proto__. */
function hasRefusedKey(text: string): boolean {
  const open: Set<string>[] = []
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/gs)
  for (const [token, colon] of tokens) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined) {
      const key: string = JSON.parse(token.slice(0, -colon.length))
      const keys = open[open.length - 1]
      if (key === '__proto__' || keys.has(key)) return true
      keys.add(key)
    }
  }
  return false
}

function received(value: unknown): NonNumericElement['received'] {
  if (typeof value === 'string') return value.slice(0, 64)
  return typeof value === 'boolean' || value === null ? value : 'an object'
}

function kindOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return `a ${typeof value}`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function countOf(values: readonly unknown[]): string {
  if (values.some((value) => typeof value !== 'number')) return 'an array'
  return values.length === 1 ? 'an array of 1 number' : `an array of ${values.length} numbers`
}

/** What stands for a value that is no number: of labels a text is told apart, as far as it may be a name. */
function textIn(name: string, value: unknown): string {
  return typeof value === 'string' && name === 'labels' ? `text ${value.slice(0, 129)}` : 'NaN'
}

/** The tensor, written a second time and without any regard to speed. */
function tensorOf(name: string, root: unknown): Record<string, unknown> {
  const data: string[] = []
  const nonNumeric: NonNumericElement[] = []
  let nonNumericCount = 0
  const failed = (path: number[], detail: string, got: string): Record<string, unknown> => {
    return { data: [], shape: [0], nonNumeric, nonNumericCount, shapeError: { path, detail, received: got } }
  }
  const add = (value: unknown, path: number[]): void => {
    data.push(typeof value === 'number' ? write(value) : textIn(name, value))
    if (typeof value !== 'number' && ++nonNumericCount <= 20) nonNumeric.push({ path, received: received(value) })
  }
  if (typeof root === 'number') return { data: [write(root)], shape: [], nonNumeric, nonNumericCount }
  if (typeof root === 'string' && name === 'labels') {
    add(root, [])
    return { data, shape: [], nonNumeric, nonNumericCount }
  }
  if (!Array.isArray(root)) return failed([], `${name} is ${kindOf(root)}, not an array of numbers`, kindOf(root))
  const isRows = Array.isArray(root[0])
  for (const [i, element] of root.entries()) {
    const at = `${name}[${i}]`
    if (!Array.isArray(element)) {
      if (isRows) return failed([i], `${at} is ${kindOf(element)} among rows`, kindOf(element))
      add(element, [i])
      continue
    }
    if (!isRows) return failed([i], `${at} is ${countOf(element)} among bare numbers`, countOf(element))
    for (const [k, inner] of element.entries()) {
      if (!Array.isArray(inner)) add(inner, [i, k])
      else return failed([i, k], `${at}[${k}] is an array; ${name} may have at most 2 dimensions`, 'an array')
    }
    const [length, columns] = [element.length, root[0].length]
    if (length === columns) continue
    const numbers = length === 1 ? '1 number' : `${length} numbers`
    const before = i === 1 ? 'the previous row has' : 'the previous rows have'
    return failed([i], `${at} has ${numbers}; ${before} ${columns}`, `an array of ${numbers}`)
  }
  const shape = isRows ? [root.length, root[0].length] : [root.length]
  return { data, shape, nonNumeric, nonNumericCount }
}

/** What must come of these bytes, undefined for a refusal. */
function expected(bytes: Uint8Array): string | undefined {
  let document: unknown
  try {
    const text = decoder.decode(bytes)
    document = JSON.parse(text)
    if (typeof document !== 'object' || document === null || Array.isArray(document) || hasRefusedKey(text)) return
  } catch {
    return
  }
  const members = Object.entries(document)
  const options = Object.fromEntries(members.filter(([key]) => !KEYS.includes(key)))
  const tensors = members.filter(([key]) => KEYS.includes(key)).map(([key, root]) => [key, tensorOf(key, root)])
  return JSON.stringify([options, tensors])
}

function documents(seed: number): () => string {
  const random = generator(seed)
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]
  const many = (limit: number, make: () => string): string =>
    Array.from({ length: random(limit) }, make).join(pick([',', ', ', '\r\n\t,']))
  const number = (): string => {
    const value = pick([random(10), random(1000), -random(), random() / 2 ** 32, random() * 1e30, -0, 1e-320])
    return pick([() => write(value), () => value.toExponential(random(21)), () => `${random()}E-${random(400)}`])()
  }
  const string = (): string => {
    const plain = pick([
      '',
      'a',
      'labels',
      'é',
      '😀',
      '\u{10ffff}',
      '\ud800',
      '"\\/\b\f\n\r\t',
      'x'.repeat(random(99)),
      'é😀'.repeat(30),
    ])
    const quoted = JSON.stringify(plain)
    return random(4) > 0
      ? quoted
      : `"${[...quoted.slice(1, -1)].map((c) => (c.length === 1 && /[a-zé]/.test(c) && !quoted.includes('\\') ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}` : c)).join('')}"`
  }
  const scalar = (): string => pick([number, number, string, () => pick(['null', 'true', 'false'])])()
  const value = (depth: number): string => {
    if (depth === 0 || random(2) === 0) return scalar()
    return random(2) === 0 ? `[${many(4, () => value(depth - 1))}]` : object(depth - 1, 4)
  }
  const object = (depth: number, limit: number): string =>
    `{${many(limit, () => `${pick(['', ' '])}${string()}${pick([':', ' : '])}${value(depth)}`)}}`
  const tensor = (): string => {
    const element = pick([number, number, number, scalar, () => value(2)])
    const columns = random(4)
    const row = (): string =>
      `[${Array.from({ length: random(20) === 0 ? random(5) : columns }, element).join(pick([',', ', ']))}]`
    return pick([
      () => value(3),
      number,
      () => `[${many(30, element)}]`,
      () => `[${many(60, pick([string, scalar]))}]`,
      () => `[${many(8, row)}]`,
      () => `[${many(8, row)}]`,
    ])()
  }
  return () => {
    const members = [object(2, 5).slice(1, -1)]
    for (const key of KEYS)
      if (random(2) === 0)
        members.push(
          `"${random(9) === 0 ? `\\u00${key.charCodeAt(0).toString(16)}${key.slice(1)}` : key}" : ${tensor()}`,
        )
    if (random(9) === 0) members.push('"__proto__":1')
    return `${pick(['', ' ', '\n'])}{${members
      .sort(() => random(3) - 1)
      .filter((member) => member.trim() !== '')
      .join(',')}}${pick(['', '\n'])}`
  }
}

const TOKENS = [...'{}[],:"\\u019-+.eE \0\x1f\x7f\xa0\ufeff', 'null', 'true', 'fals', 'NaN', 'Infinity']

/** Bytes that are seldom UTF-8, and pieces of grammar in the wrong place. */
function mutate(bytes: Buffer, random: (below?: number) => number): Buffer {
  const at = random(bytes.length + 1)
  const to = Math.min(bytes.length, at + random(3))
  const tokens = [
    Buffer.from(TOKENS[random(TOKENS.length)]),
    Buffer.from([random(256)]),
    Buffer.from([0xed, 0xa0 - random(2)]),
    Buffer.from([0xf4, 0x8f + random(2)]),
  ]
  const kind = random(6)
  if (kind === 0) return bytes.subarray(0, at)
  return Buffer.concat([
    bytes.subarray(0, at),
    kind === 1 ? Buffer.alloc(0) : tokens[random(tokens.length)],
    bytes.subarray(to),
  ])
}

t.test('random documents, whole and broken', async (t) => {
  const next = documents(1)
  const random = generator(2)
  let accepted = 0
  for (let i = 0; i < DOCUMENTS; i++) {
    let bytes: Buffer = Buffer.from(next())
    for (let mutations = random(3); mutations > 0; mutations--) bytes = mutate(bytes, random)
    const want = expected(bytes)
    const got = outcome(() => scan(bytes))
    if (want === undefined ? got.startsWith('[') : got !== want) {
      t.equal(got, want ?? 'a refusal', JSON.stringify(bytes.toString('latin1')))
      return
    }
    if (want !== undefined) accepted++
    const longest = 1 + random(20)
    const cut = outcome(() => scanPieces(piecesOf(bytes, () => 1 + random(longest))))
    if (cut !== got) return t.equal(cut, got, JSON.stringify(bytes.toString('latin1')))
  }
  t.ok(accepted > DOCUMENTS / 5 && accepted < DOCUMENTS, `${accepted} of ${DOCUMENTS} documents were valid`)
})

t.test('every way to cut small documents in two, and byte by byte', async (t) => {
  const next = documents(3)
  for (let i = 0; i < 150; i++) {
    const bytes = Buffer.from(next())
    const whole = outcome(() => scan(bytes))
    const singly = outcome(() => scanPieces(piecesOf(bytes, () => 1)))
    if (singly !== whole) return t.equal(singly, whole, bytes.toString())
    for (let at = 0; at <= bytes.length; at++) {
      const cut = outcome(() => scanPieces([bytes.subarray(0, at), new Uint8Array(0), bytes.subarray(at)]))
      if (cut !== whole) return t.equal(cut, whole, `${bytes.toString()} at ${at}`)
    }
  }
})

t.test('the offset of a refusal is that of the first byte with which no document goes on', async (t) => {
  const next = documents(5)
  const random = generator(6)
  for (let i = 0; i < 2000; i++) {
    const bytes = mutate(Buffer.from(next()), random)
    const got = outcome(() => scan(bytes))
    const [, offset, end] = /^(\d+): Unexpected (end)?/.exec(got) ?? []
    if (offset === undefined) continue
    if (end !== undefined) {
      t.equal(Number(offset), bytes.length)
      continue
    }
    const before = outcome(() => scan(bytes.subarray(0, Number(offset))))
    if (!/^\d+: Unexpected end/.test(before) && before.startsWith('[') === false)
      return t.fail(`${bytes} ${got} ${before}`)
    const after = outcome(() => scan(bytes.subarray(0, Number(offset) + 1)))
    if (after !== got) return t.equal(after, got)
  }
})

t.test('a decimal between two doubles, which the host decides', async (t) => {
  const middle = '9007199254740993.0000000000000000000'
  const { labels } = scan(`{"labels":[${middle},${middle}1,-${middle}1,-${middle}]}`).tensors
  t.strictSame([...labels.data], [2 ** 53, 2 ** 53 + 2, -(2 ** 53) - 2, -(2 ** 53)])
})
