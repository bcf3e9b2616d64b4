import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import type { Tensors } from '../loss/batch.ts'
import type { LabelFormat } from '../loss/formats.ts'
import type { Tensor } from '../loss/tensor.ts'

const bytesPerStep = 2 ** 19

export interface Digests {
  readonly fingerprint: Uint8Array
  /** Of `labels` and `sampleWeights`: what is true of the rows, whatever was predicted. */
  readonly labelsDigest: Uint8Array
}

/** The digests of a batch, step by step. The same numbers have the same digests, in whatever format they came. */
export function* digestsOf(tensors: Tensors, labelFormat: LabelFormat): Generator<void, Digests> {
  const labels = createHash('sha256').update(`${labelFormat}\n`)
  yield* add(labels, tensors, 'labels')
  yield* add(labels, tensors, 'sampleWeights')
  const labelsDigest = labels.digest()
  const all = createHash('sha256').update(labelsDigest)
  yield* add(all, tensors, 'predictions')
  return { fingerprint: all.digest(), labelsDigest }
}

function headOf(name: keyof Tensors, { shape }: Tensor): string {
  return `${name} ${shape.join(' ')}\n`
}

function numbersOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function* add(hash: Hash, tensors: Tensors, name: keyof Tensors): Generator<void, void> {
  const tensor = tensors[name]
  if (tensor === undefined) return
  hash.update(headOf(name, tensor))
  const bytes = numbersOf(tensor)
  for (let from = 0; from < bytes.length; from += bytesPerStep) {
    hash.update(bytes.subarray(from, from + bytesPerStep))
    yield
  }
}
