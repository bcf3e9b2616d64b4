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
import { InvalidContent, LimitExceeded, shortened } from '../loss/validation-errors.ts'
import { quoted } from '../loss/words.ts'
import { inferenceError, inferenceErrorMediaType, isInferencePath } from './inference-error.ts'
import type { Limits } from './limits.ts'
import { requestOver } from './request-context.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Content types that a route takes, if other than JSON. */
    accepts?: readonly string[]
  }
}

interface ProblemType {
  readonly status: number
  readonly title: string
  /** What it means. */
  readonly meaning: string
  /** What to change in the request. */
  readonly remedy: string
}

/** Every problem type that an answer can have; `type` is `/problems/` and the name. */
export const problems = {
  'malformed-body': {
    status: 400,
    title: 'The body cannot be read',
    meaning:
      'The body is not what its Content-Type says: it is not RFC 8259 JSON, gives a key twice, or has the key __proto__.',
    remedy: 'Correct the body at the place that `detail` names. NaN, Infinity and comments are not valid JSON.',
  },
  'bad-request': {
    status: 400,
    title: 'The request cannot be read',
    meaning: 'The request is not valid HTTP, or a header or part of the address is malformed.',
    remedy: 'Correct what `detail` names.',
  },
  unauthenticated: {
    status: 401,
    title: 'A key is needed',
    meaning:
      'This needs a key or a token, and the request has none, or one that is unknown, expired or made for something else. Nothing of the body was read.',
    remedy:
      'Send the header `Authorization: Bearer KEY`, with a key or a token that the operator of the service gives out.',
  },
  forbidden: {
    status: 403,
    title: 'The key does not allow this',
    meaning: 'The key or the token is right, but lacks the scope that `scope` names. Nothing of the body was read.',
    remedy: 'Ask the operator of the service for a key with this scope.',
  },
  'not-found': {
    status: 404,
    title: 'No such resource',
    meaning: 'Nothing is served at this address.',
    remedy: 'See /openapi.json or /docs for the available routes.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The resource exists, but not for this method.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  'digest-mismatch': {
    status: 400,
    title: 'The body is not what its digest says',
    meaning: 'The bytes that arrived have another digest than the Content-Digest header (RFC 9530). Nothing was kept.',
    remedy: 'Send the request again. The digest is that of the bytes as they are sent, compressed if they are.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request arrived too slowly',
    meaning: 'The headers or the body did not arrive within the time given in /v1/limits.',
    remedy: 'Send the request again; on a slow connection, use smaller batches.',
  },
  conflict: {
    status: 409,
    title: 'The name is taken by something else',
    meaning:
      'An evaluation of this name was declared with other options, each of which `errors` lists; or a batch of this name has other content. Nothing was changed.',
    remedy: 'Use another name, or send what was sent before: the same declaration or batch again is no conflict.',
  },
  sealed: {
    status: 409,
    title: 'The evaluation is sealed',
    meaning: 'The evaluation takes no more batches. Batches that it has may be sent again.',
    remedy: 'Declare another evaluation for further batches.',
  },
  incomplete: {
    status: 409,
    title: 'The evaluation is not complete',
    meaning: 'It was declared with a number of batches or samples that it does not have, so it cannot be sealed.',
    remedy: 'Send what is missing, then seal it.',
  },
  'limit-exceeded': {
    status: 413,
    title: 'A limit is exceeded',
    meaning:
      'The request, or the answer it asks for, is larger than the service allows. `limit` names the limit, and `allowed` is its value.',
    remedy: 'Send smaller batches, or ask for fewer parts with `include`. GET /v1/limits lists every limit.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Media type not supported',
    meaning:
      'This resource does not take bodies with this Content-Type or Content-Encoding, or without a Content-Type.',
    remedy: 'Use one of the types in `accepted`.',
  },
  'expectation-failed': {
    status: 417,
    title: 'Expectation failed',
    meaning: 'The Expect header is something other than 100-continue.',
    remedy: 'Leave the Expect header out.',
  },
  'invalid-content': {
    status: 422,
    title: 'The content is invalid',
    meaning:
      'The body can be read, but a field is missing, unknown or out of range, or the numbers contradict what was declared. Nothing is inferred: the data never change how they are read.',
    remedy:
      'Each entry of `errors` points to a place (`pointer`, a JSON Pointer), says what is wrong there and what would fit, and shows what was received. `errorCount` is the true number of errors.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too much in a minute',
    meaning:
      'This client, the owner of a key or an address, has sent as many requests, or as many bytes of bodies when inflated, as it may in a minute. `limit` says which, and `allowed` how many.',
    remedy:
      'Send the request again after the number of seconds in the Retry-After header. RateLimit tells what is left.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    meaning: 'The request headers exceed 16 KiB.',
    remedy: 'Send fewer or shorter headers.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    meaning: 'The service failed. The log has the cause under the same requestId.',
    remedy: 'Try again. If the problem persists, report the requestId.',
  },
  overloaded: {
    status: 503,
    title: 'Not ready',
    meaning:
      'The service is shutting down, or it is full: it has as many connections, requests or bytes of requests as it may, in total or from one address.',
    remedy: 'Try again after the number of seconds in the Retry-After header, or use another instance.',
  },
  'issuer-unavailable': {
    status: 503,
    title: 'Tokens cannot be verified',
    meaning:
      'The issuer of the token does not answer, so that its keys are not known. Keys of the service go on working.',
    remedy: 'Send the request again after the number of seconds in the Retry-After header.',
  },
  'store-unavailable': {
    status: 503,
    title: 'Evaluations cannot be reached',
    meaning:
      'The store of evaluations cannot be used now. Everything else works. Whether a batch was kept is not known.',
    remedy: 'Send the request again after the number of seconds in the Retry-After header: nothing is counted twice.',
  },
} as const satisfies Record<string, ProblemType>

export type ProblemName = keyof typeof problems

/** Thrown to answer with a problem. */
export class Problem extends Error {
  readonly problem: ProblemName
  readonly extensions: Record<string, unknown>
  readonly headers: Record<string, string>
  /** The name of the limit that was exceeded. */
  readonly limit: string | undefined

  /** @param limit that was exceeded, where the extensions do not tell it to the client */
  constructor(
    problem: ProblemName,
    detail: string,
    extensions: Record<string, unknown> & { readonly limit?: string } = {},
    headers: Record<string, string> = {},
    limit = extensions.limit,
  ) {
    // nobody asks where a refusal comes from, and to find out would be much of what it costs
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(detail)
    Error.stackTraceLimit = stackTraceLimit
    this.problem = problem
    this.extensions = extensions
    this.headers = headers
    this.limit = limit
  }
}

/** That the service cannot take this now, and after how many seconds to try again. */
export function overloaded(detail: string, seconds = 1, limit?: keyof Limits): Problem {
  return new Problem('overloaded', detail, {}, { 'retry-after': String(seconds) }, limit)
}

export const problemMediaType = 'application/problem+json'

/**
 * The body of a problem answer (RFC 9457).
 *
 * @param basePath what goes before every path of the service
 */
export function problemBody(
  problem: Problem,
  instance: string,
  requestId: string,
  basePath = '',
): Record<string, unknown> {
  const { status, title } = problems[problem.problem]
  return {
    type: `${basePath}/problems/${problem.problem}`,
    title,
    status,
    detail: problem.message,
    instance,
    requestId,
    ...problem.extensions,
  }
}

/** A JSON Pointer as a URI fragment (RFC 6901, section 6). Very long keys are cut. */
export function pointerOf(path: Path): string {
  const tokens = path.map((token) => {
    return encodeURIComponent(shortened(String(token)).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'))
  })
  return ['#', ...tokens].join('/')
}

/** Answers any error as a problem. What the payload holds goes to the client alone, never to the log. */
export function handleError(thrown: Error, request: FastifyRequest, reply: FastifyReply): void {
  // whatever an abandoned request ran into, the reason why it was abandoned is what matters
  const error = request.work?.task.reason ?? thrown
  const problem = problemOf(error, request)
  const { id: reqId, log } = request
  request.server.metrics?.refused(problem.problem, problem.limit)
  if (error instanceof StoreUnavailable) log.warn({ reqId, err: error }, 'store unavailable')
  // a client that left is no failure
  if (problem.problem === 'internal-error' && error !== requestOver) log.error({ reqId, err: error }, 'internal error')
  // nobody is left to be answered; a thousand who leave at once would hold up those who stay
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
    : problemBody(problem, pathOf(request.originalUrl), request.id, request.server.basePath)
  reply
    .code(problems[problem.problem].status)
    .headers(problem.headers)
    .type(isInference ? inferenceErrorMediaType : problemMediaType)
    .send(JSON.stringify(body))
}

/** The path of a request without its query. */
export function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
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
  const errors = list.map(({ path, detail, received }) => ({ pointer: pointerOf(locate(path)), detail, received }))
  return new Problem('invalid-content', summary(list, count), { errors, errorCount: count })
}

function limitExceeded({ limit, allowed, path, message }: LimitExceeded, locate = (path: Path) => path): Problem {
  return new Problem('limit-exceeded', message, { limit, allowed, pointer: pointerOf(locate(path)) })
}

function bodyProblem(error: BodyError): Problem {
  const { message } = error
  if (error instanceof MalformedBody) {
    return new Problem('malformed-body', message, error.offset === undefined ? {} : { offset: error.offset })
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

/** The answer to a body of a type that the resource does not take. */
export function unsupportedMediaType({ headers, routeOptions: { config } }: FastifyRequest): Problem {
  const { accepts: accepted = ['application/json'] } = config
  const detail = mediaTypeDetail(headers['content-type'], accepted)
  return new Problem('unsupported-media-type', detail, { accepted }, { accept: accepted.join(', ') })
}

/** What to say of a Content-Type that is not one of those accepted, or is missing. */
export function mediaTypeDetail(received: string | undefined, accepted: readonly string[]): string {
  const found = received === undefined ? 'The request has no Content-Type' : `Content-Type is ${quoted(received)}`
  return `${found}; this resource takes ${alternatives(accepted)}. For JSON add the header Content-Type: application/json.`
}

const internalError = new Problem('internal-error', 'The service failed; the log has the cause under this requestId.')

function summary(list: readonly ValidationError[], count: number): string {
  return count === 1 ? list[0].detail : `${count} errors; the first: ${list[0].detail}`
}
