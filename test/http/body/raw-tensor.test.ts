import { test } from 'tap'
import { checkShape, elementsOf, RawTensor } from '../../../src/http/body/raw-tensor.ts'
import { InvalidContent, LimitExceeded } from '../../../src/loss/validation-errors.ts'
import { limits, outcomeOf, resultOf, workOf } from './support.ts'

test('a tensor takes its bytes, and memory for those that came', (t) => {
  const { work, budget } = workOf()
  const before = budget.held
  const raw = new RawTensor('labels', [2, 3], 'INT16', work.memory)
  t.same([raw.size, raw.filled, raw.isWhole, budget.held - before], [12, 0, false, 0])
  const bytes = Buffer.from(Int16Array.of(1, -2, 3, 4, 5, -6).buffer)
  t.equal(raw.write(bytes.subarray(0, 5)).length, 0)
  t.same([raw.filled, raw.isWhole, budget.held - before], [5, false, 5])
  const left = raw.write(Buffer.concat([bytes.subarray(5), Buffer.from('rest')]))
  t.same([String(left), raw.filled, raw.isWhole, budget.held - before], ['rest', 12, true, 12])
  const tensor = { data: Float64Array.of(1, -2, 3, 4, 5, -6), shape: [2, 3], nonNumeric: [], nonNumericCount: 0 }
  t.same(resultOf(raw.tensor()), tensor)
  t.equal(budget.held - before, 48)
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
    const raw = new RawTensor('labels', [2, 2], datatype, workOf().work.memory)
    raw.write(Buffer.from(buffer))
    const error = outcomeOf(() => resultOf(raw.tensor())) as InvalidContent
    t.ok(error instanceof InvalidContent)
    const path = ['labels', 1, detail.includes('[1][0]') ? 0 : 1]
    t.same(error.errors.list, [{ path, detail, received }])
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
