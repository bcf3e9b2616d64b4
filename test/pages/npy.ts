/** A .npy file, version 1, as numpy.save writes it. */
export function npy(
  descr: string,
  shape: readonly number[],
  data: NodeJS.TypedArray,
  fortran = 'False',
): Buffer<ArrayBuffer> {
  const sizes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${sizes}, }`
  const header = dict.padEnd(117, ' ').concat('\n')
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0])
  return Buffer.concat([start, Buffer.from(header), Buffer.from(data.buffer, data.byteOffset, data.byteLength)])
}
