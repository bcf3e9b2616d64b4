import { test } from 'tap'
import { readNpy, rowOf } from '../../../src/pages/batch/npy.js'
import type { NpyArray } from '../../../src/pages/types.d.ts'
import { npy } from '../npy.ts'

/** The array of a file that is read here. */
async function read(file: Blob, name: string): Promise<NpyArray> {
  const array = await readNpy(file, name)
  if (array === undefined) throw new Error('not read')
  return array
}

test('reads what numpy writes', async (t) => {
  const file = new Blob([npy('<f8', [2, 3], Float64Array.of(1, 2, 3, 4, 5.5, 6))])
  const array = await read(file, 'a.npy')
  t.same(array, { datatype: 'FP64', shape: [2, 3], dataOffset: 128, byteLength: 48 })
  t.same(await rowOf(file as File, array, 1), ['4', '5.5', '6'])
})

test('reads vectors and scalars, of integers and booleans', async (t) => {
  const vector = new Blob([npy('<i8', [3], BigInt64Array.of(7n, -1n, 2n ** 60n))])
  const array = await read(vector, 'a.npy')
  t.match(array, { datatype: 'INT64', shape: [3] })
  t.same(await rowOf(vector as File, array, 2), ['1152921504606846976'])
  t.match(await readNpy(new Blob([npy('|b1', [2], Uint8Array.of(1, 0))]), 'b'), { datatype: 'BOOL', shape: [2] })
  t.match(await readNpy(new Blob([npy('<f2', [1], Uint16Array.of(0))]), 'b'), { datatype: 'FP16' })
  t.match(await readNpy(new Blob([npy('<i4', [], Int32Array.of(1))]), 'b'), { datatype: 'INT32', shape: [] })
})

test('reads an element of any type', async (t) => {
  for (const [descr, data, shown] of [
    ['<f8', Float64Array.of(0.1), '0.1'],
    ['<f4', Float32Array.of(0.5), '0.5'],
    ['<i8', BigInt64Array.of(-5n), '-5'],
    ['<i4', Int32Array.of(-4), '-4'],
    ['<i2', Int16Array.of(-3), '-3'],
    ['|i1', Int8Array.of(-2), '-2'],
    ['<u8', BigUint64Array.of(2n ** 63n), '9223372036854775808'],
    ['<u4', Uint32Array.of(4), '4'],
    ['<u2', Uint16Array.of(3), '3'],
    ['|u1', Uint8Array.of(2), '2'],
    ['|b1', Uint8Array.of(1), '1'],
  ] as const) {
    for (const shape of [[1], []]) {
      const file = new Blob([npy(descr, shape, data)])
      t.same(await rowOf(file as File, await read(file, 'a'), 0), [shown], descr)
    }
  }
  const half = new Blob([npy('<f2', [1], Uint16Array.of(0))])
  t.same(await rowOf(half as File, await read(half, 'a'), 0), [], 'browsers do not read all of them')
  const one = new Blob([npy('<f8', [1], Float64Array.of(1))])
  t.same(await rowOf(one as File, await read(one, 'a'), 1), [], 'beyond the end')
})

test('reads version 2, whose header may be longer', async (t) => {
  const first = npy('<f8', [1], Float64Array.of(7))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(first.readUInt16LE(8))
  const second = Buffer.concat([first.subarray(0, 6), Buffer.from([2, 0]), length, first.subarray(10)])
  const file = new Blob([second])
  const array = await read(file, 'a')
  t.match(array, { shape: [1], dataOffset: 130 })
  t.same(await rowOf(file as File, array, 0), ['7'])
})

test('leaves to the service what is not read here', async (t) => {
  const zeros = Float64Array.of(0, 0)
  for (const file of [
    npy('>f8', [2], zeros),
    npy('|O', [2], zeros),
    npy('<c16', [1], zeros),
    npy('<f8', [2], zeros, 'True'),
  ]) {
    t.equal(await readNpy(new Blob([file]), 'a.npy'), undefined)
  }
  for (const file of [new Blob(['{}']), new Blob(['not an array, but long enough'])]) {
    await t.rejects(readNpy(file, 'a.npy'), { message: 'a.npy is not a .npy file.' })
  }
})
