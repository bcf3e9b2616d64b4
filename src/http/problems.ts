interface ProblemType {
  readonly status: number
  readonly title: string
  readonly meaning: string
  readonly remedy: string
}

/** Every problem type that an answer can have; `type` is `/problems/` and the name. */
export const problems = {
  'malformed-body': {
    status: 400,
    title: 'The body cannot be read',
    meaning:
      'The body does not match its Content-Type: it is not valid JSON (RFC 8259), repeats a key, or contains the key __proto__.',
    remedy:
      'Correct the body at the place that `detail` names. NaN, Infinity and comments are not valid JSON. `looksLike` says in one word what was sent instead, if that is known.',
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
    meaning: 'There is nothing at this path, or nothing of this name.',
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
    meaning: 'The digest of the received bytes differs from the Content-Digest header (RFC 9530). Nothing was stored.',
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
    title: 'The name is already in use for different content',
    meaning:
      'An evaluation of this name was declared with other options, each of which `errors` lists; or a batch of this name has other content. Nothing was changed.',
    remedy:
      'Use another name, or resend exactly what was sent before: repeating the same declaration or batch is not a conflict.',
  },
  sealed: {
    status: 409,
    title: 'The evaluation is sealed',
    meaning: 'The evaluation accepts no new batches. Batches it already has may be sent again.',
    remedy: 'Declare another evaluation for further batches.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The evaluation has changed',
    meaning: 'Its ETag is none of those that the If-Match header names. Nothing was done.',
    remedy: 'Read the evaluation again, and send the request with its present ETag.',
  },
  incomplete: {
    status: 409,
    title: 'The evaluation is not complete',
    meaning: 'It was declared with a number of batches or samples that it does not have, so it cannot be sealed.',
    remedy: 'Send what is missing, then seal it.',
  },
  'not-mergeable': {
    status: 409,
    title: 'The evaluations were declared differently',
    meaning:
      'A total needs evaluations of one declaration: the same loss, the same options and the same `outputs`. Each of `errors` names an option and an evaluation that has another value than the first.',
    remedy: 'Ask for those that fit together, by the beginning of their names (`prefix`) or by `metadata.KEY=VALUE`.',
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
      'The body can be read, but a field is missing, unknown or out of range, or the numbers contradict what was declared. Nothing is inferred: how the data are read never depends on the data.',
    remedy:
      'Each entry of `errors` points to a place (`pointer`, a JSON Pointer), says what is wrong there in a word (`code`) and in a sentence, and shows what was received. `remedies` are changes of the request that make it right: they were tried on the data before they were offered. `errorCount` is the true number of errors.',
  },
  'rate-limited': {
    status: 429,
    title: 'Rate limit exceeded',
    meaning:
      'This client (the owner of a key, or an address) has used up its requests, or its bytes of decompressed bodies, for this minute. `limit` says which of the two, and `allowed` how many there are.',
    remedy:
      'Send the request again after the number of seconds in the Retry-After header. The RateLimit header says what is left.',
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
      'The service is shutting down, or it is at capacity: the maximum number of connections, requests or request bytes has been reached, in total or for one address.',
    remedy: 'Try again after the number of seconds in the Retry-After header, or use another instance.',
  },
  'issuer-unavailable': {
    status: 503,
    title: 'Tokens cannot be verified',
    meaning:
      "The token issuer does not respond, so its keys are unknown and the token cannot be verified. The service's own keys still work.",
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
