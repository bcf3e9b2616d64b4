import { z } from 'zod'
import { batchTensors } from '../../loss/batch.ts'
import { weightOptions } from '../../loss/options.ts'
import { pack } from '../../loss/pack.ts'
import { pathOf, place } from '../../loss/shape.ts'
import type { Tensor } from '../../loss/tensor.ts'
import type { Path } from '../../loss/validation-errors.ts'
import { LimitExceeded, refuse, ValidationErrors } from '../../loss/validation-errors.ts'
import { inSlices } from '../../runtime/time-slices.ts'
import type { ScanLimits } from '../../scanner/scanner.ts'
import { Problem } from '../problem.ts'
import { validated } from '../validation.ts'
import type { Datatype } from './datatypes.ts'
import { bytesOf, datatypes, widen } from './datatypes.ts'
import { JsonScanner } from './json.ts'
import type { Fields, ParsedBody } from './parsed-body.ts'
import { placedError, singleBatch } from './parsed-body.ts'
import type { BodyReader } from './reader.ts'

const input = z.strictObject({
  name: z.enum(batchTensors),
  shape: z.array(z.int().min(0)).max(2),
  datatype: z.enum(datatypes),
  parameters: z.strictObject({ binary_data_size: z.int().min(0) }),
})

/** The JSON part of a binary body, as the Open Inference Protocol has it. */
export const binaryHeader = z
  .strictObject({
    parameters: z.record(z.string(), z.unknown()).optional(),
    inputs: z.array(input).min(1).max(batchTensors.length),
  })
  .meta({
    id: 'BinaryHeader',
    description:
      'The JSON part of a binary body: the options in `parameters`, and the shape, type and size of each tensor.',
  })

const noTensors: readonly string[] = []

type Input = z.infer<typeof input>
type BinaryHeader = z.infer<typeof binaryHeader>

/**
 * Reads the binary layout of the Open Inference Protocol: `headerBytes` of JSON, then raw little-endian row-major tensors.
 * Every size is checked before anything is allocated for it.
 */
export async function readBinary(
  reader: BodyReader,
  headerLength: string | undefined,
  limits: ScanLimits,
  maxBytes: number,
): Promise<ParsedBody> {
  const headerBytes = headerBytesOf(headerLength, limits.maxOptionBytes)
  const scanner = new JsonScanner(noTensors, limits)
  let header: BinaryHeader | undefined
  let left = headerBytes
  let raw: Uint8Array<ArrayBuffer>[] = []
  let at = 0
  let filled = 0
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    let rest: Buffer = piece
    if (header === undefined) {
      scanner.write(rest.subarray(0, left))
      const used = Math.min(left, rest.length)
      left -= used
      if (left > 0) continue
      rest = rest.subarray(used)
      header = headerOf(scanner.end().options, limits)
      checkTotal(header.inputs, headerBytes, reader.declaredBytes, maxBytes)
      raw = header.inputs.map(({ parameters }) => new Uint8Array(Math.ceil(parameters.binary_data_size / 8) * 8))
    }
    while (rest.length > 0) {
      if (at === raw.length) refuseLeftovers()
      const size = header.inputs[at].parameters.binary_data_size
      const taken = rest.subarray(0, size - filled)
      raw[at].set(taken, filled)
      filled += taken.length
      rest = rest.subarray(taken.length)
      if (filled === size) {
        at++
        filled = 0
      }
    }
  }
  while (at < raw.length && header?.inputs[at].parameters.binary_data_size === 0) at++
  if (header === undefined || at < raw.length) {
    throw new Problem('malformed-body', 'The body ends before the bytes that its header declares.')
  }
  return inSlices(bodyOf(header, raw))
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

function headerOf(content: Fields, limits: ScanLimits): BinaryHeader {
  const { inputs, ...header } = validated(binaryHeader, content)
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

function checkShape(shape: readonly number[], limits: ScanLimits, path: readonly (string | number)[]): void {
  const [rows = 1, columns = 1] = shape
  const sizes = { maxRows: rows, maxColumns: columns, maxElements: elementsOf(shape) }
  for (const limit of ['maxRows', 'maxColumns', 'maxElements'] as const) {
    const allowed = limits[limit]
    if (sizes[limit] <= allowed) continue
    const detail = `shape [${shape.join(', ')}] exceeds ${limit}, ${allowed}.`
    throw new LimitExceeded(limit, allowed, path, detail)
  }
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

function checkTotal(inputs: readonly Input[], headerBytes: number, declaredBytes: number, maxBytes: number): void {
  const total = inputs.reduce((sum, { parameters }) => sum + parameters.binary_data_size, headerBytes)
  if (total > maxBytes) {
    const detail = `The JSON part and the inputs take ${total} bytes; maxBodyBytes is ${maxBytes}.`
    throw new LimitExceeded('maxBodyBytes', maxBytes, ['inputs'], detail)
  }
  if (declaredBytes === 0 || total === declaredBytes) return
  const detail = `the JSON part and the inputs take ${total} bytes; Content-Length is ${declaredBytes}`
  refuse(['inputs'], detail, declaredBytes)
}

function refuseLeftovers(): never {
  return refuse(['inputs'], 'bytes follow the last input', 'bytes')
}

function* bodyOf(header: BinaryHeader, raw: readonly Uint8Array<ArrayBuffer>[]): Generator<void, ParsedBody> {
  const options: Fields = { ...header.parameters }
  for (const name of batchTensors) {
    if (name in options) refuse(['parameters', name], `${name} is a tensor and belongs in inputs`, options[name])
  }
  for (const name of weightOptions) if (name in options) options[name] = pack(name, options[name])
  const place = { locate: (path: Path) => locate(header.inputs, path) }
  const batch: Fields = {}
  try {
    for (const [at, { name, shape, datatype }] of header.inputs.entries()) {
      batch[name] = yield* tensorOf(name, shape, datatype, raw[at])
    }
  } catch (error) {
    throw placedError(place, error)
  }
  return singleBatch(options, batch, place)
}

/** Options stand in `parameters`, the numbers of a tensor in the `data` of its input. */
function locate(inputs: readonly Input[], path: Path): Path {
  const [name, ...rest] = path
  if (!batchTensors.some((known) => known === name)) return path.length === 0 ? path : ['parameters', ...path]
  const at = inputs.findIndex((input) => input.name === name)
  if (at < 0) return ['inputs']
  return rest.length === 0 ? ['inputs', at] : ['inputs', at, 'data', ...rest]
}

function* tensorOf(
  name: string,
  shape: readonly number[],
  datatype: Datatype,
  raw: Uint8Array<ArrayBuffer>,
): Generator<void, Tensor> {
  const { data, inexact } = yield* widen(datatype, raw.buffer, elementsOf(shape))
  if (inexact !== undefined) {
    const { index, value } = inexact
    const path = pathOf(shape, index)
    const why = datatype === 'BOOL' ? 'a BOOL is 0 or 1' : 'no double is exactly that integer'
    refuse([name, ...path], `${place(name, path)} is ${value}; ${why}`, String(value))
  }
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}
