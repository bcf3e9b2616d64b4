import type { Hash } from 'node:crypto'
import { createHash, hash as hashOf } from 'node:crypto'
import type { TensorName, Tensors } from '../loss/batch.ts'
import type { LabelFormat } from '../loss/formats.ts'
import type { GroupColumn, GroupColumns } from '../loss/groups/columns.ts'
import { areDoubles, widened } from '../loss/numbers.ts'
import type { Tensor } from '../loss/tensor.ts'

const bytesPerStep = 2 ** 19
const numbersPerStep = 2 ** 16
const fewBytes = 2 ** 10

export interface Digests {
  readonly fingerprint: Uint8Array
  /** Of `labels` and `sampleWeights`: what is true of the rows, whatever was predicted. */
  readonly labelsDigest: Uint8Array
}

/** The digests of a batch, step by step. The same numbers have the same digests, in whatever format they came. */
export function* digestsOf(tensors: Tensors, labelFormat: LabelFormat): Generator<void, Digests> {
  const labels = new Sha256().update(`${labelFormat}\n`)
  yield* add(labels, tensors, 'labels')
  yield* add(labels, tensors, 'sampleWeights')
  const labelsDigest = labels.digest()
  const all = new Sha256().update(labelsDigest)
  yield* add(all, tensors, 'predictions')
  if (tensors.groups !== undefined) yield* addGroups(all, tensors.groups)
  return { fingerprint: all.digest(), labelsDigest }
}

function headOf(name: TensorName, { shape }: Tensor): string {
  return `${name} ${shape.join(' ')}\n`
}

/** The columns by their names. Values are numbered by their first occurrence, so that the same values have the same bytes. */
function* addGroups(hash: Sha256, { columns }: GroupColumns): Generator<void, void> {
  for (const [name, column] of Array.from(columns).sort(([a], [b]) => (a < b ? -1 : 1))) {
    // they were checked
    const { codes, values } = column as GroupColumn
    hash.update(`${JSON.stringify([name, values])} ${codes.length}\n`)
    yield* addBytes(hash, new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength))
  }
}

function* add(hash: Sha256, tensors: Tensors, name: TensorName): Generator<void, void> {
  const tensor = tensors[name]
  if (tensor === undefined) return
  hash.update(headOf(name, tensor))
  const { data } = tensor
  const block = areDoubles(data) ? undefined : new Float64Array(Math.min(numbersPerStep, data.length))
  for (let from = 0; from < data.length; from += numbersPerStep) {
    const to = Math.min(from + numbersPerStep, data.length)
    const { buffer, byteOffset, byteLength } = widened(data, from, to, block)
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
    yield
  }
}

function* addBytes(hash: Sha256, bytes: Uint8Array): Generator<void, void> {
  for (let from = 0; from < bytes.length; from += bytesPerStep) {
    hash.update(bytes.subarray(from, from + bytesPerStep))
    yield
  }
}

/** Hashes few bytes in one call: a Hash for each small batch is an object that the garbage collector has to finalize. */
class Sha256 {
  readonly #few = Buffer.allocUnsafe(fewBytes)
  #end = 0
  #hash: Hash | undefined

  update(piece: string | Uint8Array): this {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    if (this.#hash === undefined && this.#end + bytes.length <= fewBytes) {
      this.#few.set(bytes, this.#end)
      this.#end += bytes.length
    } else {
      this.#hash ??= createHash('sha256').update(this.#held())
      this.#hash.update(bytes)
    }
    return this
  }

  digest(): Buffer {
    return this.#hash?.digest() ?? hashOf('sha256', this.#held(), 'buffer')
  }

  #held(): Buffer {
    return this.#few.subarray(0, this.#end)
  }
}
