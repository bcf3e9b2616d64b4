import { test } from 'tap'
import type { Datatype } from '../../src/formats/datatypes.ts'
import { arrays, bytesOf } from '../../src/formats/datatypes.ts'
import { checkShape, elementsOf, RawTensor } from '../../src/formats/raw-tensor.ts'
import { InvalidContent, LimitExceeded } from '../../src/loss/validation-errors.ts'
import { finish } from '../loss/support.ts'
import { unaccounted } from '../unaccounted.ts'
import { cut, limits, outcomeOf, seeded, workOf } from './support.ts'

test('a few numbers become doubles as their bytes come, and take memory for those that came', (t) => {
  const { work, budget } = workOf()
  const before = budget.held
  const raw = new RawTensor('labels', [2, 3], 'INT16', work.memory)
  t.same([raw.size, raw.filled, raw.isWhole, budget.held - before], [12, 0, false, 0])
  const bytes = Buffer.from(Int16Array.of(1, -2, 3, 4, 5, -6).buffer)
  t.equal(raw.write(bytes.subarray(0, 5)).length, 0)
  t.same([raw.filled, raw.isWhole, budget.held - before], [5, false, 16])
  t.same(raw.data, [1, -2, 0, 0, 0, 0])
  const left = raw.write(Buffer.concat([bytes.subarray(5), Buffer.from('rest')]))
  t.same([String(left), raw.filled, raw.isWhole, budget.held - before], ['rest', 12, true, 48])
  const tensor = { data: Float64Array.of(1, -2, 3, 4, 5, -6), shape: [2, 3], nonNumeric: [], nonNumericCount: 0 }
  t.same(finish(raw.tensor()), tensor)
  t.equal(budget.held - before, 48)
  t.end()
})

test('many numbers are kept as they came, in memory for those that came', (t) => {
  const kept = { BOOL: 1, UINT8: 1, INT8: 1, INT16: 2, UINT16: 2, FP16: 4, BF16: 4, FP32: 4, INT32: 4, UINT32: 4 }
  for (const [datatype, bytesEach] of Object.entries({ ...kept, FP64: 8, INT64: 8, UINT64: 8 })) {
    const { work, budget } = workOf()
    const before = budget.held
    const raw = new RawTensor('labels', [100_000], datatype as Datatype, work.memory)
    raw.write(Buffer.alloc(raw.size / 2))
    t.equal(budget.held - before, 50_000 * bytesEach, datatype)
    raw.write(Buffer.alloc(raw.size / 2))
    t.equal(budget.held - before, 100_000 * bytesEach, datatype)
    finish(raw.tensor())
    t.equal(budget.held - before, 100_000 * bytesEach, datatype)
  }
  t.end()
})

test('of many truth values, the first that is none is named', (t) => {
  for (const longest of [13, 70_000]) {
    const bytes = Buffer.alloc(20_000, 1)
    bytes.set([2, 3], 12_345)
    const raw = new RawTensor('labels', [20_000], 'BOOL', unaccounted)
    for (const chunk of cut(bytes, seeded(3), longest)) raw.write(chunk)
    const error = outcomeOf(() => finish(raw.tensor())) as InvalidContent
    t.equal(error.errors.list[0].detail, 'labels[12345] is 2; a BOOL is 0 or 1')
  }
  t.end()
})

test('numbers are the same however their bytes are cut, in either order of them', (t) => {
  const random = seeded(5)
  const count = 20_000
  for (const [datatype, array] of Object.entries(arrays) as [Datatype, (typeof arrays)[Datatype]][]) {
    const isLong = datatype.endsWith('INT64')
    const values = Array.from({ length: count }, (_, at) => (datatype === 'BOOL' ? at % 2 : at % 100))
    const wanted = datatype === 'BF16' ? values.map((value) => halfOf(value)) : values
    const typed = isLong ? BigInt64Array.from(wanted, BigInt) : (array as typeof Int8Array).from(wanted)
    const bytes = Buffer.from(typed.buffer)
    const swapped = Buffer.from(bytes)
    for (let at = 0; at < bytes.length; at += bytesOf(datatype)) swapped.subarray(at, at + bytesOf(datatype)).reverse()
    for (const isBigEndian of [false, true]) {
      for (const longest of [13, 70_000, bytes.length]) {
        const raw = new RawTensor('labels', [count], datatype, unaccounted, { isBigEndian })
        for (const chunk of cut(isBigEndian ? swapped : bytes, random, longest)) raw.write(chunk)
        t.ok(raw.isWhole)
        t.ok(
          raw.data.every((value, at) => value === values[at]),
          `${datatype} ${longest}`,
        )
      }
    }
  }
  t.end()
})

test('memory is taken for 64 KiB of bytes at a time, as far as there is any', async (t) => {
  const { work } = workOf({ maxInFlightBytes: 2 ** 16 + 2 ** 15 })
  const raw = new RawTensor('labels', [2 ** 14], 'INT64', work.memory)
  t.match(
    outcomeOf(() => raw.write(Buffer.alloc(2 ** 17))),
    { limit: 'maxInFlightBytes' },
  )
  t.equal(raw.filled, 2 ** 16)
})

/** The bfloat16 of a small integer, which is one exactly. */
function halfOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16
}

test('columns become rows step by step, in twice the memory meanwhile', (t) => {
  for (const [rows, columns] of [
    [1000, 300],
    [3, 70_000],
    [70_000, 3],
  ]) {
    const { work, budget } = workOf()
    const raw = new RawTensor('labels', [rows, columns], 'INT32', work.memory, { isFortranOrder: true })
    const sent = Int32Array.from({ length: rows * columns }, (_, at) => (at % rows) * columns + Math.floor(at / rows))
    raw.write(Buffer.from(sent.buffer))
    const bytes = (rows * columns > 2 ** 11 ? 4 : 8) * rows * columns
    const before = budget.held
    const steps = raw.tensor()
    const held = new Set<number>()
    let count = 0
    let step = steps.next()
    for (; !step.done; step = steps.next()) {
      count++
      held.add(budget.held - before)
    }
    t.ok(count >= 3, `${count} steps`)
    t.same([...held], [bytes, 0], 'given back in a step of its own')
    t.equal(budget.held, before)
    t.ok(step.value.data.every((value, at) => value === at))
  }
  t.end()
})

test('columns of numbers of one byte and of two become rows, too', (t) => {
  for (const type of ['UINT8', 'INT16', 'FP64'] as const) {
    const raw = new RawTensor('labels', [2, 3000], type, unaccounted, { isFortranOrder: true })
    const sent = new arrays[type](6000)
    for (let at = 0; at < sent.length; at++) sent[at] = Math.floor(at / 2) % 100
    raw.write(Buffer.from(sent.buffer))
    const wanted = Array.from({ length: 6000 }, (_, at) => (at % 3000) % 100)
    t.same(Array.from(finish(raw.tensor()).data), wanted, type)
  }
  t.end()
})

test('one column, or one row, is taken as it is', (t) => {
  for (const shape of [[5, 1], [1, 5], [5]]) {
    const raw = new RawTensor('labels', shape, 'UINT8', unaccounted, { isFortranOrder: true })
    raw.write(Buffer.of(1, 2, 3, 4, 5))
    const { data } = finish(raw.tensor())
    t.equal(data, raw.data)
    t.same([...data], [1, 2, 3, 4, 5])
  }
  t.end()
})

test('what no double is, is named', (t) => {
  const cases = [
    ['BOOL', Uint8Array.of(1, 0, 2, 1), 'labels[1][0] is 2; a BOOL is 0 or 1', '2'],
    [
      'INT64',
      BigInt64Array.of(1n, 2n, 3n, 2n ** 53n + 1n),
      'labels[1][1] is 9007199254740993; no double is exactly that integer',
      '9007199254740993',
    ],
  ] as const
  for (const [datatype, { buffer }, detail, received] of cases) {
    for (const isFortranOrder of [false, true]) {
      const raw = new RawTensor('labels', [2, 2], datatype, unaccounted, { isFortranOrder })
      raw.write(Buffer.from(buffer))
      const error = outcomeOf(() => finish(raw.tensor())) as InvalidContent
      t.ok(error instanceof InvalidContent)
      const [row, column] = detail.includes('[1][0]') ? [1, 0] : [1, 1]
      const path = isFortranOrder ? ['labels', column, row] : ['labels', row, column]
      const place = `labels[${path[1]}][${path[2]}]`
      t.same(error.errors.list, [{ path, code: 'out-of-range', detail: detail.replace(/^labels\S+/, place), received }])
    }
  }
  t.end()
})

test('shapes are bounded', (t) => {
  t.same([[], [0], [7], [3, 4]].map(elementsOf), [1, 0, 7, 12])
  const few = limits({ maxRows: 10, maxColumns: 5, maxElements: 40 })
  for (const shape of [[], [10], [8, 5]]) checkShape(shape, few, [])
  const cases = [
    [[11], 'maxRows', 10],
    [[1, 6], 'maxColumns', 5],
    [[9, 5], 'maxElements', 40],
  ] as const
  for (const [shape, limit, allowed] of cases) {
    const error = outcomeOf(() => checkShape(shape, few, ['labels'])) as LimitExceeded
    t.ok(error instanceof LimitExceeded)
    t.same([error.limit, error.allowed, error.path], [limit, allowed, ['labels']])
    t.equal(error.message, `shape [${shape.join(', ')}] exceeds ${limit}, ${allowed}.`)
  }
  t.end()
})
