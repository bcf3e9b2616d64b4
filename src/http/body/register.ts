import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { batchTensors, comparisonTensors } from '../../loss/batch.ts'
import type { Limits } from '../limits.ts'
import type { BodyFormat } from '../request-work.ts'
import { drain } from './drain.ts'
import { registerExpectations } from './expect.ts'
import { comparisonMembers, readJson, readWholeJson } from './json.ts'
import { readMultipart } from './multipart.ts'
import { readLines, readNdjson } from './ndjson.ts'
import { binaryHeader, comparisonHeader, readBinary } from './oip.ts'
import { BodyReader, bodyAtHand } from './reader.ts'

/** The bodies that hold one batch. */
export const batchMediaTypes = ['application/json', 'application/octet-stream', 'multipart/form-data'] as const
/** What /v1/loss takes. */
export const lossMediaTypes = [...batchMediaTypes, 'application/x-ndjson'] as const

/** Makes JSON bodies readable, in place of Fastify's own parsers, and sees to what a body of any type needs. */
export function registerBodies(app: FastifyInstance, limits: Limits): void {
  // a body of DELETE means nothing (RFC 9110, section 9.3.5); like one of GET it is not looked at
  app.addHttpMethod('DELETE', { hasBody: false, overrideExisting: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: Readable) => {
    const { work } = request
    const whole = await bodyAtHand(request, payload, limits)
    if (whole === undefined) return readJson(readerOf(request, payload, 'json'), work, limits)
    work.format = 'json'
    work.received(whole.length)
    return work.task.runNow(readWholeJson(whole, work.memory, limits))
  })
  registerExpectations(app)
  // an answer before the end of the body: the rest is read, so that a client that is still sending sees the answer
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.raw.complete) {
      drain(request.raw, limits.maxDrainBytes, limits.requestTimeoutMs)
      // a client that was not told to go on may send its body or not: the connection cannot be used again
      if (request.continueBody !== null) reply.header('connection', 'close')
    }
    done()
  })
}

/** Makes the other media types of POST /v1/loss readable in its own context. */
export function registerLossBodies(app: FastifyInstance): void {
  const { limits } = app.resources
  registerBatchBodies(app)
  app.addContentTypeParser('application/x-ndjson', (request: FastifyRequest, payload: Readable) =>
    readNdjson(readerOf(request, payload, 'ndjson'), request.work, limits),
  )
}

/** Makes the bodies of POST /v1/comparisons readable in its own context: those of one batch, and a baseline. */
export function registerComparisonBodies(app: FastifyInstance): void {
  const { limits } = app.resources
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', (request: FastifyRequest, payload: Readable) =>
    readJson(readerOf(request, payload, 'json'), request.work, limits, comparisonMembers),
  )
  registerBatchBodies(app, comparisonTensors, comparisonHeader)
}

/**
 * Makes bodies of one batch other than JSON readable in a context.
 *
 * @param tensorNames the tensors of the batch
 * @param header the schema of the JSON part of a binary body, which knows them
 */
export function registerBatchBodies(
  app: FastifyInstance,
  tensorNames: readonly string[] = batchTensors,
  header = binaryHeader,
): void {
  const { limits } = app.resources
  app.addContentTypeParser('application/octet-stream', (request: FastifyRequest, payload: Readable) => {
    const headerLength = request.headers['inference-header-content-length']
    return readBinary(readerOf(request, payload, 'binary'), request.work, [headerLength].flat()[0], limits, header)
  })
  app.addContentTypeParser('multipart/form-data', async (request: FastifyRequest, payload: Readable) => {
    const contentType = String(request.headers['content-type'])
    return readMultipart(readerOf(request, payload, 'multipart'), contentType, request.work, limits, tensorNames)
  })
}

/** Makes NDJSON bodies whose lines stand alone readable in a context, and no others. */
export function registerLineBodies(app: FastifyInstance): void {
  const { limits } = app.resources
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-ndjson', async (request: FastifyRequest, payload: Readable) =>
    readLines(readerOf(request, payload, 'ndjson'), request.work, limits),
  )
}

function readerOf(request: FastifyRequest, payload: Readable, format: BodyFormat): BodyReader {
  request.work.format = format
  return new BodyReader(request, payload, request.work, request.server.resources.limits, format === 'ndjson')
}
