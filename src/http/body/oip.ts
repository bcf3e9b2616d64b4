import { z } from 'zod'
import { pack } from '../../loss/pack.ts'
import { pathOf, place } from '../../loss/shape.ts'
import type { Tensor } from '../../loss/tensor.ts'
import { LimitExceeded, refuse, ValidationErrors } from '../../loss/validation-errors.ts'
import { inSlices } from '../../runtime/time-slices.ts'
import type { ScanLimits } from '../../scanner/scanner.ts'
import { Problem } from '../problem.ts'
import { validated } from '../validation.ts'
import type { Datatype } from './datatypes.ts'
import { bytesOf, datatypes, widen } from './datatypes.ts'
import type { Content } from './json.ts'
import { ContentScanner } from './json.ts'
import type { BodyReader } from './reader.ts'

/** The tensors that may come as binary inputs; class weights are an option. */
export const inputNames = ['predictions', 'labels', 'sampleWeights'] as const

const input = z.strictObject({
  name: z.enum(inputNames),
  shape: z.array(z.int().min(0)).max(2),
  datatype: z.enum(datatypes),
  parameters: z.strictObject({ binary_data_size: z.int().min(0) }),
})

/** The JSON part of a binary body, as the Open Inference Protocol has it. */
export const binaryHeader = z
  .strictObject({
    parameters: z.record(z.string(), z.unknown()).optional(),
    inputs: z.array(input).min(1).max(inputNames.length),
  })
  .meta({
    id: 'BinaryHeader',
    description:
      'The JSON part of a binary body: the options in `parameters`, and the shape, type and size of each tensor.',
  })

const noTensors: readonly string[] = []

type Input = z.infer<typeof input>

/**
 * Reads the binary layout of the Open Inference Protocol: `headerBytes` of JSON, then raw little-endian row-major tensors.
 * Every size is checked before anything is allocated for it.
 */
export async function readBinary(
  reader: BodyReader,
  headerLength: string | undefined,
  limits: ScanLimits,
  maxBytes: number,
): Promise<Content> {
  const headerBytes = headerBytesOf(headerLength, limits.maxOptionBytes)
  const scanner = new ContentScanner(noTensors, limits)
  let header: z.infer<typeof binaryHeader> | undefined
  let left = headerBytes
  let raw: Uint8Array[] = []
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
      header = headerOf(scanner.end(), limits)
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
  return inSlices(contentOf(header, raw))
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
    throw new LimitExceeded('maxOptionBytes', most, [], `The JSON part exceeds maxOptionBytes, ${most}.`)
  return bytes
}

function headerOf(content: Content, limits: ScanLimits): z.infer<typeof binaryHeader> {
  const { inputs, ...header } = validated(binaryHeader, content)
  const errors = new ValidationErrors()
  for (const [at, { name, shape, datatype, parameters }] of inputs.entries()) {
    const needed = elementsOf(shape) * bytesOf[datatype]
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

function* contentOf(header: z.infer<typeof binaryHeader>, raw: readonly Uint8Array[]): Generator<void, Content> {
  const content: Content = { ...header.parameters }
  const names: readonly string[] = inputNames
  for (const name of Object.keys(content)) {
    if (names.includes(name)) refuse(['parameters', name], `${name} is a tensor and belongs into inputs`, content[name])
  }
  if (content.classWeights !== undefined) content.classWeights = pack('classWeights', content.classWeights)
  for (const [at, { name, shape, datatype }] of header.inputs.entries()) {
    content[name] = yield* tensorOf(name, shape, datatype, raw[at])
  }
  return content
}

function* tensorOf(
  name: string,
  shape: readonly number[],
  datatype: Datatype,
  raw: Uint8Array,
): Generator<void, Tensor> {
  const { data, inexact } = yield* widen(datatype, raw.buffer as ArrayBuffer, elementsOf(shape))
  if (inexact !== undefined) {
    const { index, value } = inexact
    const path = pathOf(shape, index)
    const why = datatype === 'BOOL' ? 'a BOOL is 0 or 1' : 'no double is exactly that integer'
    refuse([name, ...path], `${place(name, path)} is ${value}; ${why}`, String(value))
  }
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}
