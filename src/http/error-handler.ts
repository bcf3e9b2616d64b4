import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { EvaluationGone, StoreUnavailable } from '../database/errors.ts'
import {
  BodyError,
  BodyTooSlow,
  DigestMismatch,
  LocatedError,
  MalformedBody,
  Overloaded,
  UnsupportedEncoding,
} from '../formats/errors.ts'
import { alternatives } from '../loss/option-types.ts'
import type { Path, ValidationError } from '../loss/validation-errors.ts'
import { InvalidContent, LimitExceeded } from '../loss/validation-errors.ts'
import { quoted } from '../loss/words.ts'
import { inferenceError, inferenceErrorMediaType, isInferencePath } from './inference-error.ts'
import { pathOf } from './path-of.ts'
import { baseOf, overloaded, Problem, pointerOf, problemBody, problemMediaType, requestOver } from './problem.ts'
import { problems } from './problems.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Content types that a route takes, if other than JSON. */
    accepts?: readonly string[]
  }
}

/** Answers any error as a problem. Values of the body go only to the client, never to the log. */
export function handleError(thrown: Error, request: FastifyRequest, reply: FastifyReply): void {
  // an abandoned request may run into any error; the reason why it was abandoned matters
  const error = request.work?.task.reason ?? thrown
  const problem = problemOf(error, request)
  const { id: requestId, log } = request
  request.server.metrics?.refused(problem.problem, problem.limit)
  if (error instanceof StoreUnavailable) log.warn({ requestId, err: error }, 'the evaluation store is unavailable')
  if (problem.problem === 'internal-error' && error !== requestOver)
    log.error({ requestId, err: error }, 'internal error')
  if (reply.raw.destroyed) {
    reply.hijack()
    return
  }
  // Fastify would cut the connection under a client that is still sending
  if (reply.raw.shouldKeepAlive) reply.removeHeader('connection')
  else reply.header('connection', 'close')
  const isInference = isInferencePath(pathOf(request.url))
  const body = isInference
    ? inferenceError(problem)
    : problemBody(problem, pathOf(request.originalUrl), request.id, baseOf(request))
  reply
    .code(problems[problem.problem].status)
    .headers(problem.headers)
    .type(isInference ? inferenceErrorMediaType : problemMediaType)
    .send(JSON.stringify(body))
}

export function problemOf(error: FastifyError | Error, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (error instanceof LocatedError) return locatedProblem(error, request)
  if (error instanceof BodyError) return bodyProblem(error)
  if (error instanceof InvalidContent) return invalidContent(error)
  if (error instanceof LimitExceeded) return limitExceeded(error)
  if (error instanceof StoreUnavailable) return storeUnavailable(error)
  if (error instanceof EvaluationGone) return new Problem('not-found', error.message)
  const { code, statusCode = 500 } = error as FastifyError
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType(request)
  return statusCode >= 400 && statusCode < 500 ? new Problem('bad-request', error.message) : internalError
}

function invalidContent({ errors: { list, count } }: InvalidContent, locate = (path: Path) => path): Problem {
  const errors = list.map(({ path, ...error }) => ({ pointer: pointerOf(locate(path)), ...error }))
  return new Problem('invalid-content', summary(list, count), { errors, errorCount: count })
}

function limitExceeded({ limit, allowed, path, message }: LimitExceeded, locate = (path: Path) => path): Problem {
  return new Problem('limit-exceeded', message, { limit, allowed, pointer: pointerOf(locate(path)) })
}

function bodyProblem(error: BodyError): Problem {
  const { message } = error
  if (error instanceof MalformedBody) {
    const { offset, looksLike } = error
    return new Problem('malformed-body', message, {
      ...(offset !== undefined && { offset }),
      ...(looksLike !== undefined && { looksLike }),
    })
  }
  if (error instanceof UnsupportedEncoding) {
    const { accepted } = error
    return new Problem('unsupported-media-type', message, { accepted }, { 'accept-encoding': accepted.join(', ') })
  }
  if (error instanceof BodyTooSlow) return new Problem('request-timeout', message, {}, { connection: 'close' })
  if (error instanceof DigestMismatch) return new Problem('digest-mismatch', message)
  if (error instanceof Overloaded) return overloaded(message, 1, error.limit)
  return new Problem('bad-request', message)
}

function storeUnavailable({ message }: StoreUnavailable): Problem {
  return new Problem('store-unavailable', message, {}, { 'retry-after': '5' })
}

function locatedProblem({ location: { line, locate }, cause }: LocatedError, request: FastifyRequest): Problem {
  const problem =
    cause instanceof InvalidContent
      ? invalidContent(cause, locate)
      : cause instanceof LimitExceeded
        ? limitExceeded(cause, locate)
        : problemOf(cause, request)
  if (line === undefined || problem === internalError) return problem
  const { message, extensions, headers } = problem
  return new Problem(problem.problem, `Line ${line}: ${message}`, { ...extensions, line }, headers)
}

export function unsupportedMediaType({ headers, routeOptions: { config } }: FastifyRequest): Problem {
  const { accepts: accepted = ['application/json'] } = config
  const detail = mediaTypeDetail(headers['content-type'], accepted)
  return new Problem('unsupported-media-type', detail, { accepted }, { accept: accepted.join(', ') })
}

/** The detail for a Content-Type that is missing or not accepted. */
export function mediaTypeDetail(received: string | undefined, accepted: readonly string[]): string {
  const found = received === undefined ? 'The request has no Content-Type' : `Content-Type is ${quoted(received)}`
  const hint = accepted.includes('application/json')
    ? ' For JSON add the header Content-Type: application/json.'
    : accepted.includes('application/x-ndjson')
      ? ' PUT one batch as JSON to .../batches/NAME, or send NDJSON here: one batch on each line, with its name as "batch".'
      : ''
  return `${found}; this resource accepts ${alternatives(accepted)}.${hint}`
}

const internalError = new Problem(
  'internal-error',
  'The service failed; the log contains the cause under this requestId.',
)

/** All in one sentence: the first error, or the one that says what would mend them all. */
function summary(list: readonly ValidationError[], count: number): string {
  if (count === 1) return list[0].detail
  const helpful = list.findIndex(({ remedies }) => remedies !== undefined)
  return helpful > 0
    ? `${count} errors, among them: ${list[helpful].detail}`
    : `${count} errors; the first: ${list[0].detail}`
}
