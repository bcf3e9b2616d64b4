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
      'Correct the body at the location given in `detail`. NaN, Infinity and comments are not valid JSON. If the service recognises what was sent instead, `looksLike` names it in one word.',
  },
  'bad-request': {
    status: 400,
    title: 'The request cannot be read',
    meaning: 'The request is not valid HTTP, or a header or part of the URL is malformed.',
    remedy: 'Correct what `detail` names.',
  },
  unauthenticated: {
    status: 401,
    title: 'A key is required',
    meaning:
      'This request requires a key or a token, and has none, or one that is unknown, expired or issued for another audience. The body was not read.',
    remedy: 'Send the header `Authorization: Bearer KEY`, with a key or a token from the operator of the service.',
  },
  forbidden: {
    status: 403,
    title: 'The key does not allow this',
    meaning: 'The key or the token is valid, but lacks the scope named in `scope`. The body was not read.',
    remedy: 'Ask the operator of the service for a key with this scope.',
  },
  'not-found': {
    status: 404,
    title: 'No such resource',
    meaning: 'There is no resource at this path, or none with this name.',
    remedy: 'See /openapi.json or /docs for the available routes.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The resource exists, but does not support this method.',
    remedy: 'Use one of the methods in the Allow header.',
  },
  'digest-mismatch': {
    status: 400,
    title: 'The body does not match its digest',
    meaning: 'The digest of the received bytes differs from the Content-Digest header (RFC 9530). Nothing was stored.',
    remedy:
      'Send the request again. Compute the digest over the bytes as they are sent: after compression, if the body is compressed.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request arrived too slowly',
    meaning: 'The headers or the body did not arrive within the time limits listed at /v1/limits.',
    remedy: 'Send the request again; on a slow connection, use smaller batches.',
  },
  conflict: {
    status: 409,
    title: 'The name is already in use for different content',
    meaning:
      'An evaluation with this name was declared with different options, which are listed in `errors`; or a batch with this name has different content. Nothing was changed.',
    remedy:
      'Use another name, or resend exactly what was sent before: repeating the same declaration or batch is not a conflict.',
  },
  sealed: {
    status: 409,
    title: 'The evaluation is sealed',
    meaning: 'The evaluation accepts no new batches. Batches it already has may be sent again.',
    remedy: 'Declare another evaluation for further batches.',
  },
  'not-joined': {
    status: 409,
    title: 'The evaluation takes its rows in another way',
    meaning:
      'An evaluation that was declared with `join` takes predictions and labels apart, and no batches; one that was declared without it takes batches. Nothing was changed.',
    remedy: 'Send what the evaluation takes, as `detail` says, or declare another evaluation for it.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The evaluation has changed',
    meaning: 'Its ETag is not among those in the If-Match header. Nothing was changed.',
    remedy: 'Read the evaluation again, and send the request with its current ETag.',
  },
  incomplete: {
    status: 409,
    title: 'The evaluation is not complete',
    meaning:
      'It was declared with an expected number of batches or samples that it does not have yet, so it cannot be sealed.',
    remedy: 'Send the missing batches, then seal it.',
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
      'The request, or the answer it asks for, is larger than the service allows. `limit` is the name of the limit, and `allowed` is its value.',
    remedy: 'Send smaller batches, or ask for fewer parts with `include`. GET /v1/limits lists every limit.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Media type not supported',
    meaning:
      'This resource does not accept bodies with this Content-Type or Content-Encoding, or without a Content-Type.',
    remedy: 'Use one of the types in `accepted`.',
  },
  'expectation-failed': {
    status: 417,
    title: 'Expectation failed',
    meaning: 'The Expect header is something other than 100-continue.',
    remedy: 'Omit the Expect header.',
  },
  'invalid-content': {
    status: 422,
    title: 'The content is invalid',
    meaning:
      'The body can be read, but a field is missing, unknown or out of range, or the numbers contradict what was declared. Nothing is inferred: how the data are read never depends on the data.',
    remedy:
      'Each entry of `errors` gives a location (`pointer`, a JSON Pointer), what is wrong there as a code (`code`) and as a sentence (`detail`), and the value received. `remedies` are changes of the request that make it valid; each was tested on the data before it was offered. `errorCount` is the total number of errors, including those not listed.',
  },
  'rate-limited': {
    status: 429,
    title: 'Rate limit exceeded',
    meaning:
      'This client (the owner of a key, or an address) has used up its requests, or its bytes of decompressed bodies, for this minute. `limit` is the name of the quota, and `allowed` is its value.',
    remedy:
      'Send the request again after the number of seconds in the Retry-After header. The RateLimit header shows what is left.',
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
    meaning: 'The service failed. The log contains the cause under the same requestId.',
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
    title: 'Evaluations are unavailable',
    meaning:
      'The evaluation store cannot be reached at the moment. Everything else works. It is unknown whether a batch was stored.',
    remedy:
      'Send the request again after the number of seconds in the Retry-After header; resending a batch is safe, because each is counted once.',
  },
} as const satisfies Record<string, ProblemType>

export type ProblemName = keyof typeof problems
