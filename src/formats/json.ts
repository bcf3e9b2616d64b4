import { batchTensors } from '../loss/batch.ts'
import type { Memory } from '../loss/memory.ts'
import { weightOptions } from '../loss/options.ts'
import type { ScannedDocument } from '../scanner/scanner.ts'
import type { DecodeContext } from './context.ts'
import { JsonDocument } from './json-document.ts'
import type { BodyLimits } from './limits.ts'
import { inferenceBatch } from './oip.ts'
import type { TensorKind } from './oip-header.ts'
import { groupsMember } from './oip-header.ts'
import type { Fields } from './parsed-body.ts'
import { SingleBatch, singleBatch } from './parsed-body.ts'
import type { BodyReader } from './reader.ts'

const jsonTensors: readonly string[] = [...batchTensors, ...weightOptions, groupsMember]

/** Reads `application/json`: one object with the options and the tensors of one batch. */
export async function readJson(
  reader: BodyReader,
  { task, memory }: DecodeContext,
  limits: BodyLimits,
  kind?: TensorKind,
): Promise<SingleBatch> {
  const document = new JsonDocument(kind?.members ?? jsonTensors, limits, memory, reader.declaredBytes)
  await document.writeAll(reader)
  return task.run(batchIn(document, memory, limits, kind))
}

export function* decodeJson(
  body: Buffer,
  memory: Memory,
  limits: BodyLimits,
  kind?: TensorKind,
): Generator<void, SingleBatch> {
  const document = new JsonDocument(kind?.members ?? jsonTensors, limits, memory, body.length)
  memory.reserve(body.length)
  document.write(body, true)
  memory.release(body.length)
  return yield* batchIn(document, memory, limits, kind)
}

function* batchIn(
  document: JsonDocument,
  memory: Memory,
  limits: BodyLimits,
  kind: TensorKind | undefined,
): Generator<void, SingleBatch> {
  const scanned = yield* document.end()
  if (kind !== undefined && isInference(scanned)) return yield* inferenceBatch(scanned, memory, limits, kind)
  const { tensors, groups, lists } = scanned
  const weights = weightOptions.filter((name) => name in tensors)
  const fields: Fields = groups === undefined && lists === undefined ? tensors : { ...tensors, ...lists }
  if (groups !== undefined) fields.groups = groups
  if (weights.length === 0) return new SingleBatch(scanned, fields)
  const options: Fields = { ...scanned.options }
  for (const name of weights) {
    options[name] = tensors[name]
    delete fields[name]
  }
  return singleBatch(options, fields)
}

function isInference(document: ScannedDocument): boolean {
  const mayInfer = document.listed.length > 0 || document.text.includes('"inputs"')
  return mayInfer && 'inputs' in document.options
}
