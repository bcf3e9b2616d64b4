/** A part of a form: its name, its bytes, and its Content-Type, of which text needs none. */
export type FormPart = readonly [name: string, content: string | Uint8Array, type?: string]

export interface FormBody {
  readonly headers: Record<string, string>
  readonly payload: Buffer
}

export const boundary = '--------a boundary 7'

/** A multipart/form-data body of these parts. */
export function formOf(parts: readonly FormPart[], between = boundary): FormBody {
  const all = parts.flatMap(([name, content, type]) => {
    const file = type === undefined ? '' : `; filename="${name}"\r\nContent-Type: ${type}`
    const head = `--${between}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`
    return [Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')]
  })
  return rawForm(Buffer.concat([...all, Buffer.from(`--${between}--\r\n`)]), between)
}

/** Bytes that say that they are such a body. */
export function rawForm(payload: Buffer | string, between = boundary): FormBody {
  return { headers: { 'content-type': `multipart/form-data; boundary="${between}"` }, payload: Buffer.from(payload) }
}

const types = { '<f8': Float64Array, '<f4': Float32Array, '<i8': BigInt64Array, '|u1': Uint8Array } as const

/** A .npy file of numbers in row-major order. */
export function npyOf(shape: readonly number[], numbers: readonly number[], descr: keyof typeof types = '<f8'): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.map((size) => `${size},`).join('')}), }`
  const header = Buffer.from(`${text.padEnd(117)}\n`)
  const data = descr === '<i8' ? BigInt64Array.from(numbers, BigInt) : types[descr].from(numbers)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\0', 'latin1'), length, header, new Uint8Array(data.buffer)])
}
