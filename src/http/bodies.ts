import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { decodeJson, readJson } from '../formats/json.ts'
import { readMultipart } from '../formats/multipart.ts'
import { readLines, readNdjson } from '../formats/ndjson.ts'
import { readBinary, readInference } from '../formats/oip.ts'
import type { TensorKind } from '../formats/oip-header.ts'
import { batchKind, comparisonKind, halfKind, inputData } from '../formats/oip-header.ts'
import type { ParsedBody } from '../formats/parsed-body.ts'
import { BodyReader, bodyAtHand } from '../formats/reader.ts'
import { drain } from '../wire/drain.ts'
import { smallChunksOf } from '../wire/small-chunks.ts'
import { unsupportedMediaType } from './error-handler.ts'
import { registerExpectations } from './expect.ts'
import type { Limits } from './limits.ts'
import type { BodyFormat, RequestContext } from './request-context.ts'

export const batchMediaTypes = ['application/json', 'application/octet-stream', 'multipart/form-data'] as const
export const lossMediaTypes = [...batchMediaTypes, 'application/x-ndjson'] as const

/** Makes JSON bodies readable, in place of Fastify's own parsers, and sees to what a body of any type needs. */
export function registerBodies(app: FastifyInstance, limits: Limits): void {
  // a body of DELETE means nothing (RFC 9110, section 9.3.5); like one of GET it is not looked at
  app.addHttpMethod('DELETE', { hasBody: false, overrideExisting: true })
  app.removeAllContentTypeParsers()
  addJsonParser(app, limits)
  registerExpectations(app)
  // an answer before the end of the body: the rest is read, so that a client that is still sending sees the answer
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.raw.complete && !request.work.hasWholeBody) {
      // a body that came with the headers has been parsed then, and needs no further reading
      queueMicrotask(() => drain(request.raw, limits.maxDrainBytes, limits.requestTimeoutMs))
      // a client that got no 100 Continue may send its body or not: the connection cannot be used again
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
    request.work.during('decode', () => readNdjson(readerOf(request, payload, 'ndjson'), request.work, limits)),
  )
}

/** Makes the bodies of POST /v1/comparisons readable in its own context: those of one batch, and a baseline. */
export function registerComparisonBodies(app: FastifyInstance): void {
  registerBatchBodies(app, comparisonKind)
}

export function registerBatchBodies(app: FastifyInstance, kind = batchKind): void {
  const { limits } = app.resources
  app.removeContentTypeParser('application/json')
  addJsonParser(app, limits, kind)
  app.addContentTypeParser('application/octet-stream', async (request: FastifyRequest, payload: Readable) =>
    request.work.during('decode', () =>
      readBinary(readerOf(request, payload, 'binary'), request.work, headerLengthOf(request), limits, kind),
    ),
  )
  app.addContentTypeParser('multipart/form-data', async (request: FastifyRequest, payload: Readable) => {
    const contentType = String(request.headers['content-type'])
    return request.work.during('decode', () =>
      readMultipart(readerOf(request, payload, 'multipart'), contentType, request.work, limits, kind.names, kind.lists),
    )
  })
}

/** Makes the bodies of the halves of rows readable in a context: those of one batch, and NDJSON in which each line is a body of its own. */
export function registerHalfBodies(app: FastifyInstance): void {
  const { limits } = app.resources
  registerBatchBodies(app, halfKind)
  const members = halfKind.members.filter((name) => name !== inputData)
  app.addContentTypeParser('application/x-ndjson', async (request: FastifyRequest, payload: Readable) =>
    readLines(readerOf(request, payload, 'ndjson'), request.work, limits, members),
  )
}

/** What /v2 takes, besides a body without a Content-Type. */
export const inferenceMediaTypes = ['application/octet-stream', 'application/json'] as const

/** Makes inference requests readable in a context, and no other bodies. Clients of the protocol send no Content-Type. */
export function registerInferenceBodies(app: FastifyInstance): void {
  const { limits } = app.resources
  app.removeAllContentTypeParsers()
  const read = async (request: FastifyRequest, payload: Readable) =>
    request.work.during('decode', () =>
      readInference(readerOf(request, payload, 'inference'), request.work, headerLengthOf(request), limits),
    )
  app.addContentTypeParser([...inferenceMediaTypes], read)
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    if (request.headers['content-type'] !== undefined) throw unsupportedMediaType(request)
    return read(request, payload)
  })
}

function headerLengthOf({ headers }: FastifyRequest): string | undefined {
  return [headers['inference-header-content-length']].flat()[0]
}

/** Makes NDJSON bodies in which each line is a body of its own readable in a context, and no others. */
export function registerLineBodies(app: FastifyInstance): void {
  const { limits } = app.resources
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-ndjson', async (request: FastifyRequest, payload: Readable) =>
    readLines(readerOf(request, payload, 'ndjson'), request.work, limits),
  )
}

function addJsonParser(app: FastifyInstance, limits: Limits, kind?: TensorKind): void {
  const read = (request: FastifyRequest, payload: Readable) => {
    const { work } = request
    const whole = bodyAtHand(request, payload, limits)
    return work.during('decode', () =>
      whole === undefined
        ? readJson(readerOf(request, payload, 'json'), work, limits, kind)
        : work.task.runNow(decodeJson(counted(whole, work), work.memory, limits, kind)),
    )
  }
  app.addContentTypeParser('application/json', (request: FastifyRequest, payload: Readable, done) => {
    queueMicrotask(() => {
      let body: ParsedBody | Promise<ParsedBody>
      try {
        body = read(request, payload)
      } catch (error) {
        done(error as Error)
        return
      }
      if (body instanceof Promise) body.then((parsed) => done(null, parsed), done)
      else done(null, body)
    })
  })
}

function readerOf(request: FastifyRequest, payload: Readable, format: BodyFormat): BodyReader {
  request.work.format = format
  const options = { isStream: format === 'ndjson', smallChunks: () => smallChunksOf(payload) }
  return new BodyReader(request, payload, request.work, request.server.resources.limits, options)
}

function counted(body: Buffer, work: RequestContext): Buffer {
  work.format = 'json'
  work.hasWholeBody = true
  work.received(body.length)
  return body
}
