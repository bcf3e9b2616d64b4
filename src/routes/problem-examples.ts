import { rateLimited } from '../access/quota-refusals.ts'
import { forbidden, noKey } from '../access/refusals.ts'
import { mediaTypeDetail } from '../http/error-handler.ts'
import { Problem, problemBody } from '../http/problem.ts'
import type { ProblemName } from '../http/problems.ts'
import { problems } from '../http/problems.ts'
import type { ErrorCode } from '../loss/error-codes.ts'
import type { Remedy } from '../loss/remedies/remedy.ts'

/** What stands for the id of a request in examples. */
export const exampleId = '9e5b8987-647b-4152-bddc-4c8cfc213fa8'

/** Where the requests of examples are sent to. */
const exampleBase = 'http://127.0.0.1:3000'

type Extensions = Record<string, unknown>

const typical: Partial<Record<ProblemName, readonly [detail: string, extensions?: Extensions]>> = {
  'malformed-body': [
    `The body is not valid JSON: Unexpected token 'N' in line 1, column 10 (byte 9); a value was expected. JSON has no NaN and no Infinity, although Python's json.dumps writes them: remove such rows.`,
    { offset: 9, looksLike: 'not-finite' },
  ],
  'limit-exceeded': [
    'The body is larger than maxBodyBytes, 67108864 bytes.',
    { limit: 'maxBodyBytes', allowed: 67_108_864, pointer: '#' },
  ],
  'unsupported-media-type': mediaTypeExample(['application/json']),
  'expectation-failed': ['Expect may only be 100-continue.'],
  'internal-error': ['The service failed; the log contains the cause under this requestId.'],
  conflict: ['The batch "step-1" was sent before with different content.'],
  'precondition-failed': ['The evaluation "run-7" does not match If-Match: its ETag is W/"8c5f0e7b-3-open".'],
  sealed: ['The evaluation "run-7" is sealed.'],
  'not-mergeable': ['The evaluations "run-7" and "run-8" were declared differently: outputs.'],
  'not-joined': [
    'The evaluation "run-7" was declared with join, and takes no batches: send the predictions of its rows to POST .../predictions, and their labels to POST .../labels.',
  ],
  incomplete: ['The evaluation "run-7" has 2 of 3 batches.'],
  'digest-mismatch': ['The sha-256 digest of the body differs from the one in Content-Digest.'],
  'store-unavailable': ['The evaluation store cannot be reached.'],
  overloaded: ['Too many bytes of requests are in flight.'],
  unauthenticated: [noKey().message],
  forbidden: [forbidden('write').message, forbidden('write').extensions],
  'rate-limited': [
    rateLimited('requestsPerMinute', 600, 42).message,
    rateLimited('requestsPerMinute', 600, 42).extensions,
  ],
  'issuer-unavailable': ['The token issuer cannot be reached to get its keys.'],
}

const beforeRequests: readonly ProblemName[] = ['bad-request', 'request-timeout', 'headers-too-large']

/** An answer of this type as the service gives it; without detail and extensions a typical one. */
export function problemExample(
  name: ProblemName,
  [detail, extensions = {}]: readonly [string, Extensions?] = typical[name] ?? [problems[name].meaning],
): Record<string, unknown> {
  const problem = new Problem(name, detail, extensions)
  return problemBody(problem, beforeRequests.includes(name) ? '/' : '', exampleId, exampleBase)
}

/** What a form is told, the type that `curl -d` sends by itself, by a resource that takes these. */
export function mediaTypeExample(accepted: readonly string[]): readonly [string, Extensions] {
  return [mediaTypeDetail('application/x-www-form-urlencoded', accepted), { accepted }]
}

/** An `invalid-content` answer with one error. */
export function invalidExample(error: {
  readonly pointer: string
  readonly code: ErrorCode
  readonly detail: string
  readonly received: string | number
  readonly remedies?: readonly Remedy[]
}): Record<string, unknown> {
  return problemExample('invalid-content', [error.detail, { errors: [error], errorCount: 1 }])
}
