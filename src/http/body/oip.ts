import { z } from 'zod'
import { batchTensors, comparisonTensors } from '../../loss/batch.ts'
import type { Memory } from '../../loss/memory.ts'
import { weightOptions } from '../../loss/options.ts'
import { pack } from '../../loss/pack.ts'
import type { Path } from '../../loss/validation-errors.ts'
import { LimitExceeded, refuse, ValidationErrors } from '../../loss/validation-errors.ts'
import type { Limits } from '../limits.ts'
import { Problem } from '../problem.ts'
import type { RequestWork } from '../request-work.ts'
import { checkValueCount, validated } from '../validation.ts'
import { bytesOf, datatypes } from './datatypes.ts'
import { JsonScanner } from './json.ts'
import type { Fields, ParsedBody } from './parsed-body.ts'
import { placedError, singleBatch } from './parsed-body.ts'
import { checkShape, elementsOf, RawTensor } from './raw-tensor.ts'
import type { BodyReader } from './reader.ts'

/** The JSON part of a binary body with these tensors, as the Open Inference Protocol has it. */
function headerWith(names: readonly [TensorName, ...TensorName[]], id: string) {
  const input = z.strictObject({
    name: z.enum(names),
    shape: z.array(z.int().min(0)).max(2),
    datatype: z.enum(datatypes),
    parameters: z.strictObject({ binary_data_size: z.int().min(0) }),
  })
  return z
    .strictObject({
      parameters: z.record(z.string(), z.unknown()).optional(),
      inputs: z.array(input).min(1).max(names.length),
    })
    .meta({
      id,
      description:
        'The JSON part of a binary body: the options in `parameters`, and the shape, type and size of each tensor.',
    })
}

export const binaryHeader = headerWith(batchTensors, 'BinaryHeader')
export const comparisonHeader = headerWith(comparisonTensors, 'ComparisonHeader')

const noTensors: readonly string[] = []

type TensorName = (typeof comparisonTensors)[number]
type BinaryHeader = z.infer<typeof binaryHeader>
type Input = BinaryHeader['inputs'][number]

/**
 * Reads the binary layout of the Open Inference Protocol: `headerBytes` of JSON, then raw little-endian row-major tensors.
 * Every size is checked before anything is allocated for it.
 */
export async function readBinary(
  reader: BodyReader,
  { task, memory }: RequestWork,
  headerLength: string | undefined,
  limits: Limits,
  headerSchema = binaryHeader,
): Promise<ParsedBody> {
  const headerBytes = headerBytesOf(headerLength, limits.maxOptionBytes)
  const scanner = new JsonScanner(noTensors, limits, memory)
  let left = headerBytes
  let tensors: RawTensors | undefined
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    let rest = piece
    if (tensors === undefined) {
      scanner.write(rest.subarray(0, left))
      const used = Math.min(left, rest.length)
      left -= used
      if (left > 0) continue
      rest = rest.subarray(used)
      const header = headerOf((await task.run(scanner.end())).options, headerSchema, limits)
      checkTotal(header.inputs, headerBytes, reader.declaredBytes, limits)
      tensors = new RawTensors(header, memory)
    }
    tensors.write(rest)
  }
  if (!tensors?.isWhole) throw new Problem('malformed-body', 'The body ends before the bytes that its header declares.')
  return task.run(bodyOf(tensors, headerSchema.shape.inputs.element.shape.name.options))
}

/** The bytes of the tensors, one after the other. */
class RawTensors {
  readonly header: BinaryHeader
  readonly all: readonly RawTensor[]
  #at = 0

  constructor(header: BinaryHeader, memory: Memory) {
    this.header = header
    this.all = header.inputs.map(({ name, shape, datatype }) => new RawTensor(name, shape, datatype, memory))
    this.#skipWhole()
  }

  get isWhole(): boolean {
    return this.#at === this.all.length
  }

  write(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.isWhole) refuseLeftovers()
      rest = this.all[this.#at].write(rest)
      this.#skipWhole()
    }
  }

  #skipWhole(): void {
    while (this.all[this.#at]?.isWhole) this.#at++
  }
}

function sizeOf({ parameters }: Input): number {
  return parameters.binary_data_size
}

function headerBytesOf(value: string | undefined, most: number): number {
  if (value === undefined || !/^\d{1,15}$/.test(value)) {
    throw new Problem(
      'malformed-body',
      'A binary body needs the header Inference-Header-Content-Length: the length of its JSON part.',
    )
  }
  const bytes = Number(value)
  if (bytes > most)
    throw new LimitExceeded('maxOptionBytes', most, [], `The JSON part is longer than maxOptionBytes, ${most} bytes.`)
  return bytes
}

function headerOf(content: Fields, headerSchema: typeof binaryHeader, limits: Limits): BinaryHeader {
  checkValueCount({ inputs: content.inputs })
  const { inputs, ...header } = validated(headerSchema, content)
  const errors = new ValidationErrors()
  for (const [at, { name, shape, datatype, parameters }] of inputs.entries()) {
    const needed = elementsOf(shape) * bytesOf(datatype)
    const size = parameters.binary_data_size
    if (inputs.findIndex((other) => other.name === name) < at) {
      errors.add(['inputs', at, 'name'], `inputs has "${name}" twice`, name)
    } else if (size !== needed) {
      const detail = `shape [${shape.join(', ')}] of ${datatype} takes ${needed} bytes, not ${size}`
      errors.add(['inputs', at, 'parameters', 'binary_data_size'], detail, size)
    }
    checkShape(shape, limits, ['inputs', at, 'shape'])
  }
  errors.throwIfAny()
  return { inputs, ...header }
}

/** Refuses what cannot be, or is too large, before any of it has come. */
function checkTotal(
  inputs: readonly Input[],
  headerBytes: number,
  declaredBytes: number,
  { maxBodyBytes, maxInFlightBytes }: Limits,
): void {
  const total = inputs.reduce((sum, input) => sum + sizeOf(input), headerBytes)
  if (total > maxBodyBytes) {
    const detail = `The JSON part and the inputs take ${total} bytes; maxBodyBytes is ${maxBodyBytes}.`
    throw new LimitExceeded('maxBodyBytes', maxBodyBytes, ['inputs'], detail)
  }
  const peak = peakOf(inputs)
  if (peak > maxInFlightBytes) {
    const detail = `The inputs take ${peak} bytes of memory while they become doubles; maxInFlightBytes is ${maxInFlightBytes}.`
    throw new LimitExceeded('maxInFlightBytes', maxInFlightBytes, ['inputs'], detail)
  }
  if (declaredBytes === 0 || total === declaredBytes) return
  const detail = `the JSON part and the inputs take ${total} bytes; Content-Length is ${declaredBytes}`
  refuse(['inputs'], detail, declaredBytes)
}

/** The most bytes that the inputs take together while one after the other is widened. */
function peakOf(inputs: readonly Input[]): number {
  let held = inputs.reduce((sum, input) => sum + sizeOf(input), 0)
  let peak = held
  for (const { shape, datatype, parameters } of inputs) {
    if (datatype === 'FP64') continue
    held += 8 * elementsOf(shape)
    peak = Math.max(peak, held)
    held -= parameters.binary_data_size
  }
  return peak
}

function refuseLeftovers(): never {
  return refuse(['inputs'], 'bytes follow the last input', 'bytes')
}

function* bodyOf({ header, all }: RawTensors, tensorNames: readonly string[]): Generator<void, ParsedBody> {
  const options: Fields = { ...header.parameters }
  for (const name of tensorNames) {
    if (name in options) refuse(['parameters', name], `${name} is a tensor and belongs in inputs`, options[name])
  }
  for (const name of weightOptions) if (name in options) options[name] = pack(name, options[name])
  const place = { locate: (path: Path) => locate(header.inputs, tensorNames, path) }
  const batch: Fields = {}
  try {
    for (const raw of all) batch[raw.name] = yield* raw.tensor()
  } catch (error) {
    throw placedError(place, error)
  }
  return singleBatch(options, batch, place)
}

/** Options stand in `parameters`, the numbers of a tensor in the `data` of its input. */
function locate(inputs: readonly Input[], tensorNames: readonly string[], path: Path): Path {
  const [name, ...rest] = path
  if (!tensorNames.some((known) => known === name)) return path.length === 0 ? path : ['parameters', ...path]
  const at = inputs.findIndex((input) => input.name === name)
  if (at < 0) return ['inputs']
  return rest.length === 0 ? ['inputs', at] : ['inputs', at, 'data', ...rest]
}
