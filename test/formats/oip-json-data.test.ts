import t from 'tap'
import type { Datatype } from '../../src/formats/datatypes.ts'
import { typedData } from '../../src/formats/oip-json-data.ts'
import type { Doubles } from '../../src/loss/tensor.ts'
import type { ScannedDocument } from '../../src/scanner/scanner.ts'
import { DocumentScanner } from '../../src/scanner/scanner.ts'
import { finish } from '../loss/support.ts'
import { unaccounted } from '../unaccounted.ts'
import { limits, outcomeOf } from './support.ts'

function scanned(data: string): Doubles {
  const scanner = new DocumentScanner(['inputs[].data'], limits(), unaccounted)
  scanner.write(Buffer.from(`{"inputs":[{"data":${data}}]}`))
  const { listed }: ScannedDocument = finish(scanner.end())
  return listed[0]
}

function typed(datatype: Datatype, data: string, shape?: readonly number[]): Doubles {
  const tensor = scanned(data)
  return finish(typedData('labels', shape ?? tensor.shape, datatype, tensor))
}

t.test('floats are rounded to their datatype, as the bytes of a client would be', async (t) => {
  const cases: [Datatype, string, readonly number[]][] = [
    ['FP64', '[0.1,1e300,-0]', [0.1, 1e300, -0]],
    ['FP32', '[0.1,-3.4028234e38,16777217]', [Math.fround(0.1), -(2 - 2 ** -23) * 2 ** 127, 16777216]],
    ['FP16', '[0.1,65504]', [Math.f16round(0.1), 65504]],
  ]
  for (const [datatype, data, wanted] of cases) t.strictSame([...typed(datatype, data).data], wanted, datatype)
})

t.test('integers and truth values are taken as they are', async (t) => {
  const cases: [Datatype, string, readonly number[]][] = [
    ['INT8', '[-128,127]', [-128, 127]],
    ['INT16', '[-32768,32767,1e2]', [-32768, 32767, 100]],
    ['INT32', '[-2147483648,2147483647]', [-(2 ** 31), 2 ** 31 - 1]],
    ['INT64', '[-9223372036854775808,9007199254740992]', [-(2 ** 63), 2 ** 53]],
    ['UINT8', '[0,255]', [0, 255]],
    ['UINT16', '[65535]', [65535]],
    ['UINT32', '[4294967295]', [2 ** 32 - 1]],
    ['UINT64', '[18446744073709549568]', [2 ** 64 - 2048]],
    ['BOOL', '[true,false,1,0]', [1, 0, 1, 0]],
    ['BOOL', `[${Array(50).fill('true,false').join()}]`, Array(50).fill([1, 0]).flat()],
  ]
  for (const [datatype, data, wanted] of cases) {
    const { data: numbers, nonNumeric, nonNumericCount } = typed(datatype, data)
    t.strictSame([[...numbers], nonNumeric, nonNumericCount], [wanted, [], 0], datatype)
  }
})

t.test('the first number that the datatype does not have is refused with its place', async (t) => {
  const integers = 'has integers of its range'
  const cases: [Datatype, string, number, string, string][] = [
    ['FP32', '[1,1e39]', 1, '1e+39', 'FP32 has no number as large'],
    ['FP16', '[65520]', 0, '65520', 'FP16 has no number as large'],
    ['INT8', '[127,128]', 1, '128', `INT8 ${integers}`],
    ['UINT8', '[-1]', 0, '-1', `UINT8 ${integers}`],
    ['INT32', '[0.5]', 0, '0.5', `INT32 ${integers}`],
    ['INT64', '[0,9223372036854775808]', 1, '9223372036854776000', `INT64 ${integers}`],
    ['INT64', '[1.5]', 0, '1.5', `INT64 ${integers}`],
    ['UINT64', '[-1]', 0, '-1', `UINT64 ${integers}`],
    ['BOOL', '[0,2]', 1, '2', 'BOOL has true or false, or 1 or 0'],
    ['BOOL', '[true,null]', 1, 'no truth value', 'BOOL has true or false, or 1 or 0'],
    ['BOOL', '[true,"true"]', 1, 'no truth value', 'BOOL has true or false, or 1 or 0'],
  ]
  for (const [datatype, data, at, received, why] of cases) {
    const detail = `labels[${at}] is ${received}; ${why}`
    t.match(
      outcomeOf(() => typed(datatype, data)),
      { errors: { list: [{ path: ['labels', at], detail, received }] } },
      detail,
    )
  }
  const late = `[${'1,'.repeat(70_000)}300]`
  t.match(
    outcomeOf(() => typed('UINT8', late)),
    { errors: { list: [{ path: ['labels', 70_000] }] } },
  )
  t.match(
    outcomeOf(() => typed('UINT8', '[1,2,300,4]', [2, 2])),
    { errors: { list: [{ path: ['labels', 1, 0] }] } },
  )
})

t.test('what is no number is left to be refused with all that is none, where it stands in its shape', async (t) => {
  for (const datatype of ['FP64', 'FP32', 'INT8', 'INT64', 'UINT64'] as const) {
    const { shape, nonNumeric, nonNumericCount } = typed(datatype, '[1,2,3,null,"x",6]', [2, 3])
    const wanted = [
      { path: [1, 0], received: null },
      { path: [1, 1], received: 'x' },
    ]
    t.strictSame([shape, nonNumeric, nonNumericCount], [[2, 3], wanted, 2], datatype)
  }
  t.strictSame(typed('FP64', '[[1,null]]').nonNumeric, [{ path: [0, 1], received: null }])
  t.strictSame(typed('FP64', '[null]').nonNumeric, [{ path: [0], received: null }])
  t.match(typed('INT8', '{}', []), { shapeError: { detail: 'data is an object, not an array of numbers' } })
})
