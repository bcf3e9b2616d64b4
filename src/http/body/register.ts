import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { tensorNames } from '../../loss/batch.ts'
import type { Limits } from '../limits.ts'
import { InFlightBudget } from './budget.ts'
import { registerExpectations } from './expect.ts'
import { readJson } from './json.ts'
import type { Line } from './ndjson.ts'
import { readLines } from './ndjson.ts'
import { inputNames, readBinary } from './oip.ts'
import { BodyReader } from './reader.ts'

declare module 'fastify' {
  interface FastifyInstance {
    budget: InFlightBudget
  }
  interface FastifyRequest {
    /** Reads the body; there once it is being read. */
    bodyReader: BodyReader | null
    /** The lines after the options, of a body that is a stream. */
    lines: AsyncGenerator<Line, void> | null
  }
}

const optionTensors = ['classWeights'] as const

/** What /v1/loss takes. */
export const lossMediaTypes = ['application/json', 'application/octet-stream', 'application/x-ndjson'] as const

/** Makes JSON bodies readable, in place of Fastify's own parsers, and sees to what a body of any type needs. */
export function registerBodies(app: FastifyInstance, limits: Limits): void {
  app.decorate('budget', new InFlightBudget(limits))
  app.decorateRequest('bodyReader', null)
  app.decorateRequest('lines', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', (request: FastifyRequest, payload: Readable) =>
    readJson(readerOf(request, payload), tensorNames, limits),
  )
  registerExpectations(app)
  // the response is closed however it ends; a response to a client that left is never finished
  app.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => request.bodyReader?.close())
    done()
  })
}

/** Makes the other media types of POST /v1/loss readable in its own context. */
export function registerLossBodies(app: FastifyInstance): void {
  const { limits } = app.budget
  app.addContentTypeParser('application/octet-stream', (request: FastifyRequest, payload: Readable) => {
    const headerLength = request.headers['inference-header-content-length']
    return readBinary(readerOf(request, payload), [headerLength].flat()[0], limits, limits.maxBodyBytes)
  })
  app.addContentTypeParser('application/x-ndjson', async (request: FastifyRequest, payload: Readable) => {
    const reader = readerOf(request, payload, true)
    const lines = readLines(reader, (isFirst) => (isFirst ? optionTensors : inputNames), limits, limits.maxBodyBytes)
    const first = await lines.next()
    request.lines = lines
    return first.value?.content
  })
}

function readerOf(request: FastifyRequest, payload: Readable, isStream = false): BodyReader {
  request.bodyReader = new BodyReader(request, payload, request.server.budget, isStream)
  return request.bodyReader
}
