import type { Limits } from '../http/limits.ts'
import { Problem } from '../http/problem.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { Memory } from '../loss/memory.ts'
import { weightOptions } from '../loss/options.ts'
import { pack } from '../loss/pack.ts'
import type { Path } from '../loss/validation-errors.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import type { ScannedDocument } from '../scanner/scanner.ts'
import { JsonScanner, jsonBody, scanJson, scannedWhole } from './json.ts'
import { typedData } from './json-data.ts'
import type { BinaryHeader, Input, TensorKind } from './oip-header.ts'
import { batchKind, headerOf, inputData, locate, sizeOf } from './oip-header.ts'
import type { Fields, SingleBatch } from './parsed-body.ts'
import { placedError, singleBatch } from './parsed-body.ts'
import { elementsOf, RawTensor } from './raw-tensor.ts'
import type { BodyReader } from './reader.ts'

const inferenceTensors: readonly string[] = [inputData]

/** Reads `application/json` that is one batch: as one object, or as an inference request without bytes. */
export async function readBatch(
  reader: BodyReader,
  work: RequestContext,
  limits: Limits,
  kind = batchKind,
): Promise<SingleBatch> {
  const document = await scanJson(reader, work, limits, kind.members)
  return isInference(document) ? work.task.run(inferenceIn(document, work.memory, limits, kind)) : jsonBody(document)
}

/** The same of a body that has come as a whole, step by step. */
export function* readWholeBatch(
  body: Buffer,
  memory: Memory,
  limits: Limits,
  kind = batchKind,
): Generator<void, SingleBatch> {
  const scanner = scannedWhole(body, memory, limits, kind.members)
  const document = scanner.endAtOnce() ?? (yield* scanner.end())
  return isInference(document) ? yield* inferenceIn(document, memory, limits, kind) : jsonBody(document)
}

/**
 * Reads an inference request, whatever its Content-Type says.
 *
 * @param headerLength of its JSON part; if it has none, all of it is JSON
 */
export async function readInference(
  reader: BodyReader,
  work: RequestContext,
  headerLength: string | undefined,
  limits: Limits,
): Promise<SingleBatch> {
  if (headerLength !== undefined) return readBinary(reader, work, headerLength, limits)
  const document = await scanJson(reader, work, limits, inferenceTensors)
  return work.task.run(inferenceIn(document, work.memory, limits, batchKind))
}

function isInference(document: ScannedDocument): boolean {
  // what a small body has besides its tensors is not looked into for nothing
  const mayInfer = document.listed.length > 0 || document.text.includes('"inputs"')
  return mayInfer && 'inputs' in document.options
}

function* inferenceIn(
  document: ScannedDocument,
  memory: Memory,
  limits: Limits,
  kind: TensorKind,
): Generator<void, SingleBatch> {
  const header = headerOf(document, limits, kind)
  const binary = header.inputs.findIndex(({ data }) => data === undefined)
  if (binary >= 0) {
    const path = ['inputs', binary, 'parameters', 'binary_data_size']
    const detail =
      'no bytes follow JSON without the header Inference-Header-Content-Length, the length of the JSON part'
    refuse(path, detail, sizeOf(header.inputs[binary]))
  }
  return yield* bodyOf(new RawTensors(header, memory), kind)
}

/**
 * Reads the binary layout of the Open Inference Protocol: `headerBytes` of JSON, then raw little-endian row-major tensors.
 * Every size is checked before anything is allocated for it.
 */
export async function readBinary(
  reader: BodyReader,
  { task, memory }: RequestContext,
  headerLength: string | undefined,
  limits: Limits,
  kind = batchKind,
): Promise<SingleBatch> {
  const headerBytes = headerBytesOf(headerLength, limits)
  const scanner = new JsonScanner(inferenceTensors, limits, memory, headerBytes)
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
      const header = headerOf(await task.run(scanner.end()), limits, kind)
      checkTotal(header.inputs, headerBytes, reader.declaredBytes, limits)
      tensors = new RawTensors(header, memory)
    }
    tensors.write(rest)
  }
  if (!tensors?.isWhole) throw new Problem('malformed-body', 'The body ends before the bytes that its header declares.')
  return task.run(bodyOf(tensors, kind))
}

/** The bytes of the tensors, one after the other. */
class RawTensors {
  readonly header: BinaryHeader
  readonly all: readonly RawTensor[]
  #at = 0

  constructor(header: BinaryHeader, memory: Memory) {
    this.header = header
    this.all = header.inputs
      .filter(({ data }) => data === undefined)
      .map(({ name, shape, datatype }) => new RawTensor(name, shape, datatype, memory))
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

function headerBytesOf(value: string | undefined, { maxBodyBytes }: Limits): number {
  if (value === undefined || !/^\d{1,15}$/.test(value)) {
    throw new Problem(
      'malformed-body',
      'A binary body needs the header Inference-Header-Content-Length: the length of its JSON part.',
    )
  }
  const bytes = Number(value)
  if (bytes > maxBodyBytes) {
    const detail = `The JSON part is longer than maxBodyBytes, ${maxBodyBytes} bytes.`
    throw new LimitExceeded('maxBodyBytes', maxBodyBytes, [], detail)
  }
  return bytes
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
  const held = doublesOf(inputs)
  if (held > maxInFlightBytes) {
    const detail = `The inputs take ${held} bytes of memory as doubles; maxInFlightBytes is ${maxInFlightBytes}.`
    throw new LimitExceeded('maxInFlightBytes', maxInFlightBytes, ['inputs'], detail)
  }
  if (declaredBytes === 0 || total === declaredBytes) return
  const detail = `the JSON part and the inputs take ${total} bytes; Content-Length is ${declaredBytes}`
  refuse(['inputs'], detail, declaredBytes)
}

/** The bytes that the inputs take together, as doubles. */
function doublesOf(inputs: readonly Input[]): number {
  const binary = inputs.filter(({ data }) => data === undefined)
  return binary.reduce((sum, { shape }) => sum + Float64Array.BYTES_PER_ELEMENT * elementsOf(shape), 0)
}

function refuseLeftovers(): never {
  return refuse(['inputs'], 'bytes follow the last input', 'bytes')
}

function* bodyOf({ header, all }: RawTensors, kind: TensorKind): Generator<void, SingleBatch> {
  const { id, outputs, inputs, parameters } = header
  const { binary_data_output: binaryOutput, ...options }: Fields = { ...parameters }
  for (const name of kind.names) {
    if (name in options) refuse(['parameters', name], `${name} is a tensor and belongs in inputs`, options[name])
  }
  for (const name of weightOptions) if (name in options) options[name] = pack(name, options[name])
  const place = { locate: (path: Path) => locate(inputs, path, kind) }
  const batch: Fields = {}
  try {
    for (const raw of all) batch[raw.name] = yield* raw.tensor()
    for (const { name, shape, datatype, data } of inputs) {
      if (data !== undefined) batch[name] = yield* typedData(name, shape, datatype, data)
    }
  } catch (error) {
    throw placedError(place, error)
  }
  return singleBatch(options, batch, place, { id, outputs, binaryOutput })
}
