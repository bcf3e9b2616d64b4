import fc from 'fast-check'
import t from 'tap'
import type { Memory } from '../../src/loss/memory.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import { DocumentScanner } from '../../src/scanner/scanner.ts'
import { Ledger as Account } from '../loss/support.ts'
import { ended, generator, KEYS, LIMITS, piecesOf, scan, scanPieces } from './support.ts'

/** As written in the documentation of the builder. */
const pieceNumbers = 2 ** 18

/** Memory that says what was allocated of it. */
class Ledger extends Account {
  /** Of every buffer, in the order of their allocation, the doubles in it and how many of them were counted at first. */
  readonly allocated: { readonly length: number; readonly committed: number; readonly heldBefore: number }[] = []
  readonly #promises: number

  /** @param promises bytes of the largest buffer that may be had before they are needed */
  constructor(promises = Number.POSITIVE_INFINITY) {
    super()
    this.#promises = promises
  }

  override canReserveAddressSpace(bytes: number): boolean {
    return bytes <= this.#promises
  }

  override allocate(bytes: number, committed = bytes): ArrayBuffer {
    this.allocated.push({ length: bytes / 8, committed: committed / 8, heldBefore: this.held / 8 })
    return super.allocate(bytes, committed)
  }
}

/** Writes a document slice by slice; `written` is told after each how many bytes have been read. */
function scannerOf(
  text: string,
  memory: Memory,
  declaredBytes: number,
  written: (read: number) => void = () => undefined,
): DocumentScanner {
  const scanner = new DocumentScanner(KEYS, LIMITS, memory, declaredBytes)
  let read = 0
  for (const slice of piecesOf(Buffer.from(text), () => 2 ** 16)) {
    scanner.write(slice)
    read += slice.length
    written(read)
  }
  return scanner
}

interface End {
  readonly tensors: Readonly<Record<string, Tensor>>
  /** How many more doubles were held after each step than before. */
  readonly growths: readonly number[]
}

function stepwise(scanner: DocumentScanner, memory: Ledger): End {
  const steps = scanner.end()
  const growths: number[] = []
  for (;;) {
    const before = memory.held
    const step = steps.next()
    if (step.done) return { tensors: step.value.tensors, growths }
    growths.push((memory.held - before) / 8)
  }
}

function isSame({ data }: Tensor, values: readonly (number | null)[]): boolean {
  return data.length === values.length && values.every((value, i) => Object.is(data[i], value ?? Number.NaN))
}

function freeAll(memory: Memory, tensors: Readonly<Record<string, Tensor>>): void {
  for (const { data } of Object.values(tensors)) memory.free(data.buffer)
}

for (const [when, declared, promises] of [
  ['without a declared length', 0, Number.POSITIVE_INFINITY],
  ['when too much has been promised to others', 1_800_012, 2 ** 20],
] as const)
  t.test(`${when} numbers come in pieces, which are put together step by step`, async (t) => {
    const values = Array.from({ length: 900_000 }, (_, i) => i % 7)
    const memory = new Ledger(promises)
    const scanner = scannerOf(JSON.stringify({ labels: values }), memory, declared)
    const pieces = [...memory.allocated]
    const room = pieces.reduce((sum, { length }) => sum + length, 0)
    t.ok(pieces.every(({ length, committed }) => length === committed && length <= pieceNumbers))
    t.ok(room - values.length < pieceNumbers, 'less than a piece is left unused')
    t.ok(pieces.length <= 10, `${pieces.length} pieces`)
    t.equal(memory.held, 8 * room)

    const { tensors, growths } = stepwise(scanner, memory)
    t.same(memory.allocated.slice(pieces.length), [{ length: values.length, committed: 0, heldBefore: room }])
    t.equal(growths.length, pieces.length)
    t.ok(growths.every((growth) => growth <= pieceNumbers))
    t.ok(memory.peak <= 8 * 2 * (values.length + pieceNumbers), 'never more than everything twice')
    t.ok(isSame(tensors.labels, values))
    t.equal(memory.held, 8 * values.length)
    freeAll(memory, tensors)
    t.equal(memory.held, 0)
  })

t.test('with a true length all goes into one piece, counted as it is filled', async (t) => {
  const values = Array.from({ length: 900_000 }, (_, i) => i % 7)
  const text = JSON.stringify({ labels: values })
  const memory = new Ledger()
  const scanner = scannerOf(text, memory, text.length, (read) => {
    // Two bytes a number; what is counted at once comes on top.
    t.ok(memory.held <= 8 * (read / 2 + 8192), `${memory.held} bytes after ${read}`)
  })
  t.equal(memory.allocated.length, 1)
  const [all] = memory.allocated
  t.equal(all.committed, 0)
  t.ok(all.length >= values.length && all.length < 1.1 * values.length, `${all.length} are expected`)
  t.ok(memory.held <= 8 * (values.length + 8192))

  const { tensors, growths } = stepwise(scanner, memory)
  t.same(growths, [], 'there is nothing to put together')
  t.ok(isSame(tensors.labels, values))
  freeAll(memory, tensors)
  t.equal(memory.held, 0)
})

t.test('a wrong length, and numbers that become shorter, cost copies and nothing else', async (t) => {
  const ones: number[] = new Array(600_000).fill(1)
  const shorter = Array.from({ length: 900_000 }, (_, i) => (i < 8000 ? i + 0.123456789012 : 1))
  const falling = Array.from({ length: 600_000 }, (_, i) => (i < 320_000 ? i + 0.123456789012 : 1))
  for (const [values, share] of [
    [ones, 1e-9],
    [ones, 0.2],
    [ones, 0.7],
    [ones, 20],
    [ones, 1e15],
    [shorter, 1],
    [falling, 1],
  ] as const) {
    const text = JSON.stringify({ labels: values })
    const memory = new Ledger()
    const scanner = scannerOf(text, memory, Math.ceil(share * text.length))
    for (const { length, committed, heldBefore } of memory.allocated) {
      t.ok(length <= LIMITS.maxElements)
      if (committed === 0) t.ok(heldBefore <= pieceNumbers, 'no more than a piece is copied at once')
      else t.ok(committed === length && length <= pieceNumbers)
    }
    t.ok(memory.held <= 8 * (values.length + pieceNumbers), 'what nobody has written to is not counted')
    const { tensors, growths } = stepwise(scanner, memory)
    t.ok(growths.every((growth) => growth <= pieceNumbers))
    t.ok(memory.peak <= 8 * 2 * (values.length + pieceNumbers), 'never more than everything twice')
    t.ok(isSame(tensors.labels, values), `${share} of ${text.length}`)
    freeAll(memory, tensors)
    t.equal(memory.held, 0)
  }
})

t.test('where memory has no room, its error comes out', async (t) => {
  const full = new Error('full')
  class Small extends Ledger {
    override reserve(bytes: number): void {
      if (this.held + bytes > 3_000_000) throw full
      super.reserve(bytes)
    }
  }
  const text = (count: number) => `{"labels":[${'1,'.repeat(count)}1]}`
  t.throws(() => scannerOf(text(1_000_000), new Small(), 0), full, 'for a piece')
  t.throws(() => scannerOf(text(1_000_000), new Small(), 2 ** 50), full, 'for what is written to one that is placed')
  const scanner = scannerOf(text(250_000), new Small(), 0)
  t.throws(() => ended(scanner), full, 'for the whole')
})

/** Numbers of all lengths as JSON, and some that are none. */
function tokens(seed: number, count: number): string[] {
  const random = generator(seed)
  const bits = new Uint32Array(2)
  const doubles = new Float64Array(bits.buffer)
  return Array.from({ length: count }, () => {
    switch (random(8)) {
      case 0:
        return 'null'
      case 1:
        return ['-0', '0', '1', '1e400', '-1e-400', '0.1'][random(6)]
      case 2:
        return String(random(1000))
      case 3:
        return (random() / 2 ** 32).toFixed(8)
      default:
        bits.set([random(), random()])
        return Number.isFinite(doubles[0]) ? String(doubles[0]) : 'null'
    }
  })
}

function tensorText(items: readonly string[], columns: number): string {
  if (columns === 0) return `[${items.join()}]`
  const rows = Array.from({ length: Math.floor(items.length / columns) }, (_, i) =>
    items.slice(columns * i, columns * (i + 1)),
  )
  return `[${rows.map((row) => `[${row.join()}]`).join()}]`
}

const oneHot = (count: number): string[] => Array.from({ length: count }, (_, i) => (i % 9 === 4 ? '1' : '0'))

t.test('however a document is cut and whatever length is declared, the numbers are those of JSON.parse', async (t) => {
  const counts = fc.oneof(fc.nat(20), fc.nat(5000), fc.nat(60_000))
  const declarations = fc.oneof(
    fc.constantFrom(0, 1, 2 ** 50),
    fc.double({ min: 0, max: 4, noNaN: true }).map((share) => ({ share })),
    fc.constant({ share: 1 }),
  )
  const property = fc.property(
    fc.nat(),
    counts,
    counts,
    fc.constantFrom(0, 1, 3, 10),
    fc.boolean(),
    fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000 })), { maxLength: 8 }),
    declarations,
    (seed, digits, ones, columns, isOneHotFirst, lengths, declaration) => {
      const members = [
        `"predictions":${tensorText(tokens(seed, digits), columns)}`,
        `"labels":${tensorText(oneHot(ones), columns)}`,
      ]
      const text = `{"a":1,${(isOneHotFirst ? members.reverse() : members).join()}}`
      const declared = typeof declaration === 'number' ? declaration : Math.floor(declaration.share * text.length)
      const memory = new Ledger()
      const scanner = new DocumentScanner(KEYS, LIMITS, memory, declared)
      let piece = 0
      const next = (): number => [...lengths, 70_000][piece++ % (lengths.length + 1)]
      for (const slice of piecesOf(Buffer.from(text), next)) scanner.write(slice)
      const { tensors } = stepwise(scanner, memory)
      const parsed: { predictions: (number | null)[]; labels: (number | null)[] } = JSON.parse(text)
      const areSame =
        isSame(tensors.predictions, parsed.predictions.flat()) && isSame(tensors.labels, parsed.labels.flat())
      freeAll(memory, tensors)
      return areSame && memory.held === 0
    },
  )
  t.doesNotThrow(() => fc.assert(property, { numRuns: 60 }))
})

t.test('a sender that announces much is believed as it sends', async (t) => {
  for (const [count, isBelieved] of [
    [60_000, false],
    [240_000, true],
  ] as const) {
    const memory = new Ledger()
    scannerOf(`{"labels":[${'7,'.repeat(count)}`, memory, 60_000_000)
    const largest = Math.max(...memory.allocated.map(({ length }) => length))
    t.equal(largest > pieceNumbers, isBelieved, `${count} numbers`)
    t.ok(memory.held <= 8 * (count + pieceNumbers), `${memory.held} bytes are counted`)
  }
})

t.test('texts in labels are told apart, however they are spelled and cut, and how many there are', async (t) => {
  const texts = ['cat', 'dög', 'a "b"\\', '고양이', '', 'x'.repeat(128), 'x'.repeat(600)]
  const spelled = (text: string, i: number) =>
    i % 5 === 0
      ? `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(text)
  const sent = Array.from({ length: 500 }, (_, i) => texts[(i * i + i) % texts.length])
  const bytes = Buffer.from(`{"labels":[${sent.map(spelled).join()}, 3, null]}`)
  for (const size of [1, 2, 3, 7, 64, 1000, bytes.length]) {
    const { labels } = scanPieces(piecesOf(bytes, () => size)).tensors
    const words = new Uint32Array(labels.data.buffer, labels.data.byteOffset, 2 * labels.data.length)
    const codes = sent.map((_, at) => words[2 * at] >>> 3)
    t.strictSame(
      codes.map((code) => labels.names?.texts[code - 1]),
      sent.map((text) => text.slice(0, 129)),
      `${size}`,
    )
    t.strictSame([...labels.data.subarray(-2)], [3, NaN])
    t.equal(labels.nonNumericCount, 501)
    t.equal(labels.nonNumeric.length, 20)
  }
  const { predictions } = scan(`{"predictions":[${sent.map(spelled).join()}]}`).tensors
  t.equal(predictions.names, undefined)
})

t.test('a text in the place of labels', async (t) => {
  const { labels } = scan('{"labels":"cat"}').tensors
  t.strictSame([labels.shape, labels.names?.texts, labels.nonNumeric], [[], ['cat'], [{ path: [], received: 'cat' }]])
})
