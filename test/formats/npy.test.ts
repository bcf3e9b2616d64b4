import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import { MalformedBody } from '../../src/formats/errors.ts'
import { NpyReader } from '../../src/formats/npy.ts'
import type { Limits } from '../../src/http/limits.ts'
import type { Memory } from '../../src/loss/memory.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import type { ValidationError } from '../../src/loss/validation-errors.ts'
import { InvalidContent, LimitExceeded } from '../../src/loss/validation-errors.ts'
import { finish } from '../loss/support.ts'
import { unaccounted } from '../unaccounted.ts'
import { cut, limits, outcomeOf, seeded, workOf } from './support.ts'

interface Fixtures {
  readonly good: readonly { name: string; file: string; shape: readonly number[]; values: readonly number[] }[]
  readonly bad: Readonly<Record<string, string>>
  readonly archive: string
}

/** What NumPy wrote, and what is in it: see npy.py. */
const fixtures: Fixtures = JSON.parse(readFileSync(new URL('../fixtures/npy.json', import.meta.url), 'utf8'))

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64')
}

function read(chunks: readonly Buffer[], most: Limits = limits(), memory: Memory = unaccounted): Tensor {
  const reader = new NpyReader('predictions', most, memory)
  for (const chunk of chunks) reader.write(chunk)
  return finish(reader.end())
}

const notNpy =
  "predictions is not a .npy file; for JSON or CSV, give the part a Content-Type: with curl, -F 'predictions=@FILE;type=text/csv'; in Python's requests, files={'predictions': ('FILE', data, 'text/csv')}"

/** Without its code, which test/routes/mistakes.test.ts has. */
function plain({ code: _, ...error }: ValidationError) {
  return error
}

/** The one error of a file, the same however it is cut. */
function errorOf(file: Buffer): unknown {
  const random = seeded(file.length)
  const errors = [[file], cut(file, random, 1), cut(file, random, 40)].map((chunks) => {
    const error = outcomeOf(() => read(chunks))
    return error instanceof InvalidContent && error.errors.count === 1 ? plain(error.errors.list[0]) : error
  })
  return errors.every((error) => JSON.stringify(error) === JSON.stringify(errors[0])) ? errors[0] : errors
}

/** A file with a header of ours. */
function fileOf(header: string | Buffer, data: Uint8Array = Buffer.alloc(0), version = 1): Buffer {
  const text = Buffer.from(header)
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  length.writeUIntLE(text.length, 0, length.length)
  return Buffer.concat([Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'), length, text, data])
}

function headerOf(shape: readonly number[], descr = '<f8', order = 'False'): string {
  return `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.map((size) => `${size},`).join('')})}\n`
}

test('all that NumPy writes of numbers is read exactly, however it is cut', (t) => {
  const random = seeded(3)
  for (const { name, file, shape, values } of fixtures.good) {
    const bytes = bytesOf(file)
    for (const longest of [bytes.length, 1, 7, 100]) {
      const { data, ...rest } = read(cut(bytes, random, longest))
      const wanted = { shape, nonNumeric: [], nonNumericCount: 0 }
      const isSame = data.length === values.length && values.every((value, at) => Object.is(data[at], value))
      if (!isSame || JSON.stringify(rest) !== JSON.stringify(wanted))
        t.same({ data, ...rest }, { values, ...wanted }, name)
    }
  }
  t.ok(fixtures.good.length > 190)
  t.end()
})

test('what holds no numbers is refused', (t) => {
  const details = Object.entries(fixtures.bad).map(([name, file]) => {
    const { path, detail } = errorOf(bytesOf(file)) as { path: unknown; detail: string }
    t.same(path, ['predictions'], name)
    return detail.slice(0, 40)
  })
  t.same(details, [
    'predictions contains Python objects; sav',
    'predictions contains complex numbers; sa',
    'predictions is a structured array; save ',
    'predictions contains strings; save numbe',
    'predictions contains strings; save numbe',
    'predictions contains dates; save numbers',
    'predictions contains durations; save num',
    'predictions contains bytes without a typ',
    'predictions contains floats that are no ',
    'predictions has 3 dimensions, shape [2, ',
  ])
  t.end()
})

test('other files are told what they are', (t) => {
  const path = ['predictions']
  const archive = {
    path,
    detail:
      "predictions is a .npz archive; send the .npy file of one of its arrays: unzip it, or numpy.save('predictions.npy', numpy.load(file)['predictions'])",
    received: 'a .npz archive',
  }
  t.same(errorOf(bytesOf(fixtures.archive)), archive)
  t.same(errorOf(Buffer.from('PK')), archive)
  const other = {
    path,
    detail: notNpy,
    received: 'other bytes',
  }
  for (const text of ['[1,2,3]', '[1]', 'P', '\x93NUMPX\x01\0']) t.same(errorOf(Buffer.from(text, 'latin1')), other)
  const whole = fileOf(headerOf([2]), Buffer.alloc(16))
  for (const length of [0, 3, 6, 7, 9, 20, whole.length - 17]) {
    const detail = `predictions ends in the header of the .npy file, after ${length} bytes`
    t.same(errorOf(whole.subarray(0, length)), { path, detail, received: `${length} bytes` })
  }
  const short = 'predictions must have the 16 bytes that its .npy header declares; received 15'
  t.same(errorOf(whole.subarray(0, -1)), { path, detail: short, received: '15 bytes' })
  const long = 'predictions: bytes follow the array of the .npy file'
  t.same(errorOf(Buffer.concat([whole, Buffer.from('x')])), { path, detail: long, received: 'bytes' })
  for (const [major, minor] of [
    [0, 0],
    [4, 0],
    [1, 1],
  ]) {
    const bytes = Buffer.from(whole)
    bytes[6] = major
    bytes[7] = minor
    const detail = `predictions must be a .npy file of version 1, 2 or 3; received ${major}.${minor}`
    t.same(errorOf(bytes), { path, detail, received: `${major}.${minor}` })
  }
  const tooLong = fileOf(' '.repeat(65537), undefined, 2)
  const most = 'the .npy header of predictions may have at most 65536 bytes; received 65537'
  t.same(errorOf(tooLong), { path, detail: most, received: 65537 })
  t.same(read([fileOf(headerOf([0]).padStart(65536), undefined, 3)]).shape, [0])
  t.match(errorOf(fileOf('')), { path, received: 'end' })
  t.end()
})

test('names in a header are UTF-8 in version 3, else Latin-1', (t) => {
  const received = [1, 3].map((version) => {
    const file = fileOf(`{'é': 1`, undefined, version)
    return (errorOf(file) as { received: unknown }).received
  })
  t.same(received, ['Ã©', 'é'])
  t.end()
})

test('arrays that are too large are refused before their bytes come', (t) => {
  const cases = [
    [[2 ** 24 + 1], 'maxRows', 2 ** 24, 'shape [16777217] exceeds maxRows, 16777216.'],
    [[1, 2 ** 18 + 1], 'maxColumns', 2 ** 18, 'shape [1, 262145] exceeds maxColumns, 262144.'],
    [[2 ** 20, 33], 'maxElements', 2 ** 25, 'shape [1048576, 33] exceeds maxElements, 33554432.'],
    [[13, 10], 'maxBodyBytes', 1024, 'shape [13, 10] of predictions takes 1040 bytes; maxBodyBytes is 1024.'],
  ] as const
  for (const [shape, limit, allowed, detail] of cases) {
    const error = outcomeOf(() => read([fileOf(headerOf(shape))], limits({ maxBodyBytes: 1024 }))) as LimitExceeded
    t.ok(error instanceof LimitExceeded)
    t.same([error.limit, error.allowed, error.path, error.message], [limit, allowed, ['predictions'], detail])
  }
  t.end()
})

/** How many mutants are tried; NPY_MUTANTS sets another number. */
const mutants = Number(process.env.NPY_MUTANTS ?? 4000)
const seeds = [...fixtures.good.map(({ file }) => file), ...Object.values(fixtures.bad), fixtures.archive].map(bytesOf)

const mutation = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'insert', 'remove', 'cut', 'repeat'),
  // most of a file is its header, and most of that is blank
  at: fc.oneof(fc.nat(70), fc.nat(220)),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from("0123456789(),'<>|{}L \0"))),
  length: fc.integer({ min: 1, max: 12 }),
})

function mutated(
  file: Buffer,
  { kind, at, byte, length }: typeof mutation extends fc.Arbitrary<infer M> ? M : never,
): Buffer {
  const [before, after] = [file.subarray(0, at), file.subarray(at)]
  switch (kind) {
    case 'set':
      return Buffer.concat([before, Buffer.of(byte), after.subarray(1)])
    case 'insert':
      return Buffer.concat([before, Buffer.alloc(length, byte), after])
    case 'remove':
      return Buffer.concat([before, after.subarray(length)])
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, length), after])
    default:
      return before
  }
}

test('whatever becomes of a file, it is read or refused, and takes no more memory than its bytes as doubles', (t) => {
  let readable = 0
  const property = fc.property(
    fc.constantFrom(...seeds),
    fc.array(mutation, { minLength: 1, maxLength: 3 }),
    fc.nat(),
    (seed, mutations, cutSeed) => {
      const file = mutations.reduce(mutated, seed)
      const { work, budget } = workOf()
      const before = budget.held
      const outcome = outcomeOf(() => read(cut(file, seeded(cutSeed), 64), limits(), work.memory))
      if (budget.held - before > 9 * file.length) return false
      if (outcome instanceof Error) {
        return [InvalidContent, LimitExceeded, MalformedBody].some((type) => outcome instanceof type)
      }
      readable++
      const { data, shape } = outcome as Tensor
      return data.length === shape.reduce((product, size) => product * size, 1) && shape.length <= 2
    },
  )
  fc.assert(property, { numRuns: mutants, seed: 11 })
  t.ok(readable > mutants / 100, `${readable} of ${mutants} could be read`)
  t.end()
})
