import { createHash } from 'node:crypto'
import type { Tensors } from '../loss/batch.ts'
import { batchTensors } from '../loss/batch.ts'

/** Bytes that are hashed in one step. */
const bytesPerStep = 2 ** 19

/**
 * The SHA-256 of what a batch holds, 32 bytes: the name, the shape and the doubles of each tensor. The same numbers have
 * the same fingerprint, in whatever format they came.
 */
export function* fingerprintOf(tensors: Tensors): Generator<void, Uint8Array> {
  const hash = createHash('sha256')
  for (const name of batchTensors) {
    const tensor = tensors[name]
    if (tensor === undefined) continue
    const { data, shape } = tensor
    hash.update(`${name} ${shape.join(' ')}\n`)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    for (let from = 0; from < bytes.length; from += bytesPerStep) {
      hash.update(bytes.subarray(from, from + bytesPerStep))
      yield
    }
  }
  return hash.digest()
}
