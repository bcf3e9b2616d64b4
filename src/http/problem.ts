import type { FastifyRequest } from 'fastify'
import type { Path } from '../loss/validation-errors.ts'
import { shortened } from '../loss/validation-errors.ts'
import type { Limits } from './limits.ts'
import type { ProblemName } from './problems.ts'
import { problems } from './problems.ts'

/** Thrown to answer with a problem. */
export class Problem extends Error {
  readonly problem: ProblemName
  readonly extensions: Record<string, unknown>
  readonly headers: Record<string, string>
  readonly limit: string | undefined

  constructor(
    problem: ProblemName,
    detail: string,
    extensions: Record<string, unknown> & { readonly limit?: string } = {},
    headers: Record<string, string> = {},
    limit = extensions.limit,
  ) {
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

/** The limits whose excess is not the fault of a request: the service is at capacity. */
export const capacityLimits = [
  'maxConnections',
  'maxRequestsInFlight',
  'maxInFlightBytes',
  'maxEventStreams',
] as const satisfies (keyof Limits)[]

/** Refuses what the service cannot take now. @param seconds until the client may try again */
export function overloaded(detail: string, seconds = 1, limit?: (typeof capacityLimits)[number]): Problem {
  return new Problem('overloaded', detail, {}, { 'retry-after': String(seconds) }, limit)
}

export const problemMediaType = 'application/problem+json'

/** What goes before the paths of the service to make URLs of them: where the request was sent to. */
export function baseOf({ protocol, host, server }: Pick<FastifyRequest, 'protocol' | 'host' | 'server'>): string {
  return isHost.test(host) ? `${protocol}://${host}${server.basePath}` : server.basePath
}

/** A name or an address with or without a port: nothing that would not be one in a URL. */
const isHost = /^(?:[\w.-]{1,253}|\[[\da-fA-F:.]{2,45}\])(?::\d{1,5})?$/

/** The body of a problem answer (RFC 9457). @param base what goes before the path of its type */
export function problemBody(problem: Problem, instance: string, requestId: string, base = ''): Record<string, unknown> {
  const { status, title } = problems[problem.problem]
  return {
    type: `${base}/problems/${problem.problem}`,
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

/** The reason for stopping work when the client has left or has its answer. */
export const requestOver = new Error('the request is over')
