import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { RequestContext } from './request-context.ts'
import { jsonText, sendJson } from './send-json.ts'

/** Numbers of a tensor: FP64, or integers that are sent as INT64. */
export type TensorNumbers = Float64Array | Int32Array

const numbersPerPiece = 2 ** 13

export function bytesSentOf(numbers: TensorNumbers): number {
  return 8 * numbers.length
}

/**
 * Sends an answer of the Open Inference Protocol: the JSON part, then the bytes of tensors, little-endian and without gaps.
 * A large answer is sent piece by piece as the client takes it, so that it is not in memory twice.
 */
export async function sendTensors(
  reply: FastifyReply,
  work: RequestContext,
  header: object,
  tensors: readonly TensorNumbers[],
): Promise<FastifyReply> {
  if (tensors.length === 0) return sendJson(reply, work.task, header)
  const json = Buffer.from(await work.task.run(jsonText(header)))
  const bytes = tensors.reduce((sum, numbers) => sum + bytesSentOf(numbers), json.length)
  const isSmall = bytes <= 8 * numbersPerPiece
  if (!isSmall) work.memory.reserve(json.length + 8 * numbersPerPiece)
  reply
    .type('application/octet-stream')
    .header('inference-header-content-length', json.length)
    .header('content-length', bytes)
  const pieces = tensors.map((numbers) => piecesOf(numbers))
  if (isSmall) return reply.send(Buffer.concat([json, ...pieces.flatMap((all) => [...all])]))
  return reply.send(Readable.from(paced(json, pieces, work), { objectMode: false }))
}

async function* paced(
  json: Buffer,
  tensors: readonly Iterable<Buffer>[],
  work: RequestContext,
): AsyncGenerator<Buffer> {
  yield json
  for (const pieces of tensors) {
    for (const piece of pieces) {
      if (work.task.isDue) await work.task.pause()
      // a request for a piece shows that the client takes them
      work.answers()
      yield piece
    }
  }
}

function* piecesOf(numbers: TensorNumbers): Generator<Buffer> {
  for (let from = 0; from < numbers.length; from += numbersPerPiece) {
    // a copy, since the memory of the numbers may be freed while it is sent
    const part = numbers.slice(from, from + numbersPerPiece)
    const { buffer, byteOffset, byteLength } = part instanceof Int32Array ? longsOf(part) : part
    yield Buffer.from(buffer, byteOffset, byteLength)
  }
}

function longsOf(integers: Int32Array): Int32Array {
  const halves = new Int32Array(2 * integers.length)
  for (let i = 0; i < integers.length; i++) {
    halves[2 * i] = integers[i]
    halves[2 * i + 1] = integers[i] >> 31
  }
  return halves
}
