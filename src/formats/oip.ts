import type { GroupColumn } from '../loss/groups/columns.ts'
import { GroupColumns } from '../loss/groups/columns.ts'
import type { Memory } from '../loss/memory.ts'
import { weightOptions } from '../loss/options.ts'
import { pack } from '../loss/pack.ts'
import { isTensor } from '../loss/tensor.ts'
import type { Path } from '../loss/validation-errors.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import type { ScannedDocument } from '../scanner/scanner.ts'
import type { DecodeContext } from './context.ts'
import { locatedError, MalformedBody } from './errors.ts'
import { JsonDocument } from './json-document.ts'
import type { BodyLimits } from './limits.ts'
import { BytesColumn, BytesLabels, BytesList, columnOfNumbers, listOfNumbers } from './oip-groups.ts'
import type { BinaryHeader, Input, TensorKind } from './oip-header.ts'
import { batchKind, bytesType, columnName, headerOf, inputData, isColumn, locate, sizeOf } from './oip-header.ts'
import { typedData } from './oip-json-data.ts'
import type { Fields, SingleBatch } from './parsed-body.ts'
import { singleBatch } from './parsed-body.ts'
import { elementsOf, RawTensor } from './raw-tensor.ts'
import type { BodyReader } from './reader.ts'

const inferenceTensors: readonly string[] = [inputData]

/** Reads an inference request, whatever its Content-Type says. */
export async function readInference(
  reader: BodyReader,
  context: DecodeContext,
  headerLength: string | undefined,
  limits: BodyLimits,
): Promise<SingleBatch> {
  if (headerLength !== undefined) return readBinary(reader, context, headerLength, limits)
  const { task, memory } = context
  const document = new JsonDocument(inferenceTensors, limits, memory, reader.declaredBytes)
  await document.writeAll(reader)
  return task.run(inferenceBatch(await task.run(document.end()), memory, limits, batchKind))
}

export function* inferenceBatch(
  document: ScannedDocument,
  memory: Memory,
  limits: BodyLimits,
  kind: TensorKind,
): Generator<void, SingleBatch> {
  const header = headerOf(document, limits, kind)
  const binary = header.inputs.findIndex(({ data }) => data === undefined)
  if (binary >= 0) {
    const path = ['inputs', binary, 'parameters', 'binary_data_size']
    const detail =
      'no bytes follow JSON without the header Inference-Header-Content-Length, the length of the JSON part'
    refuse(path, detail, sizeOf(header.inputs[binary]), 'misplaced')
  }
  return yield* bodyOf(new RawTensors(header, memory, kind), memory, kind)
}

/**
 * Reads the binary layout of the Open Inference Protocol: `headerBytes` of JSON, then raw little-endian row-major tensors.
 * Every size is checked before anything is allocated for it.
 */
export async function readBinary(
  reader: BodyReader,
  { task, memory }: DecodeContext,
  headerLength: string | undefined,
  limits: BodyLimits,
  kind = batchKind,
): Promise<SingleBatch> {
  const headerBytes = headerBytesOf(headerLength, limits)
  const json = new JsonDocument(inferenceTensors, limits, memory, headerBytes)
  let left = headerBytes
  let tensors: RawTensors | undefined
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    let rest = piece
    if (tensors === undefined) {
      json.write(rest.subarray(0, left))
      const used = Math.min(left, rest.length)
      left -= used
      if (left > 0) continue
      rest = rest.subarray(used)
      const header = headerOf(await task.run(json.end()), limits, kind)
      checkTotal(header.inputs, headerBytes, reader.declaredBytes, limits)
      tensors = new RawTensors(header, memory, kind)
    }
    tensors.write(rest)
  }
  if (!tensors?.isWhole) throw new MalformedBody('The body ends before the bytes that its header declares.')
  return task.run(bodyOf(tensors, memory, kind))
}

class RawTensors {
  readonly header: BinaryHeader
  readonly all: readonly (RawTensor | BytesColumn | BytesList)[]
  #at = 0

  constructor(header: BinaryHeader, memory: Memory, { lists }: TensorKind) {
    this.header = header
    this.all = header.inputs
      .filter(({ data }) => data === undefined)
      .map((input) => {
        const { name, shape, datatype } = input
        if (datatype !== bytesType) return new RawTensor(name, shape, datatype, memory)
        if (name === 'labels') return new BytesLabels(name, shape, sizeOf(input), memory)
        const Bytes = lists.includes(name) ? BytesList : BytesColumn
        return new Bytes(name, elementsOf(shape), sizeOf(input), memory)
      })
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

function headerBytesOf(value: string | undefined, { maxBodyBytes }: BodyLimits): number {
  if (value === undefined || !/^\d{1,15}$/.test(value)) {
    throw new MalformedBody(
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

function checkTotal(
  inputs: readonly Input[],
  headerBytes: number,
  declaredBytes: number,
  { maxBodyBytes }: BodyLimits,
): void {
  const total = inputs.reduce((sum, input) => sum + sizeOf(input), headerBytes)
  if (total > maxBodyBytes) {
    const detail = `The JSON part and the inputs take ${total} bytes; maxBodyBytes is ${maxBodyBytes}.`
    throw new LimitExceeded('maxBodyBytes', maxBodyBytes, ['inputs'], detail)
  }
  if (declaredBytes === 0 || total === declaredBytes) return
  const detail = `the JSON part and the inputs take ${total} bytes; Content-Length is ${declaredBytes}`
  refuse(['inputs'], detail, declaredBytes, 'malformed')
}

function refuseLeftovers(): never {
  return refuse(['inputs'], 'bytes follow the last input', 'bytes', 'malformed')
}

function* bodyOf({ header, all }: RawTensors, memory: Memory, kind: TensorKind): Generator<void, SingleBatch> {
  const { id, outputs, inputs, parameters } = header
  const { binary_data_output: binaryOutput, ...options }: Fields = { ...parameters }
  for (const name of [...kind.names, ...kind.lists]) {
    if (name in options)
      refuse(['parameters', name], `${name} is a tensor and belongs in inputs`, options[name], 'misplaced')
  }
  for (const name of weightOptions) if (name in options) options[name] = pack(name, options[name])
  const location = { locate: (path: Path) => locate(inputs, path, kind) }
  const batch: Fields = {}
  try {
    const columns = new Map<string, GroupColumn>()
    for (const raw of all) {
      if (raw instanceof BytesLabels) batch[raw.name] = yield* raw.labels()
      else if (raw instanceof BytesColumn) columns.set(columnName(raw.name), raw.column())
      else if (raw instanceof BytesList) batch[raw.name] = raw.list()
      else batch[raw.name] = yield* raw.tensor()
    }
    for (const { name, shape, datatype, data } of inputs) {
      if (data !== undefined) batch[name] = yield* typedData(name, shape, datatype, data)
      const numbers = batch[name]
      if (!isTensor(numbers)) continue
      if (kind.lists.includes(name)) batch[name] = yield* listOfNumbers(numbers, memory)
      if (!isColumn(name)) continue
      delete batch[name]
      columns.set(columnName(name), yield* columnOfNumbers(numbers, datatype === 'BOOL', memory))
    }
    if (columns.size > 0) batch.groups = new GroupColumns(columns)
  } catch (error) {
    throw locatedError(location, error)
  }
  return singleBatch(options, batch, location, { id, outputs, binaryOutput })
}
