import { createHash } from 'node:crypto'
import type { ProblemName } from '../http/problems.ts'

export interface ExampleRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A request that is refused and one that is not, if necessary after others. */
export interface WrongAndRight {
  readonly where?: string
  readonly before?: readonly ExampleRequest[]
  readonly wrong: ExampleRequest
  readonly right: ExampleRequest
}

const json = { 'Content-Type': 'application/json' }
const batch = '{"loss": "mse", "labelFormat": "values", "predictions": [0.1, 0.5], "labels": [0, 1]}'
const evaluate: ExampleRequest = { method: 'POST', path: '/v1/loss', headers: json, body: batch }
const digest = createHash('sha256').update(batch).digest('base64')

function put(path: string, body: string): ExampleRequest {
  return { method: 'PUT', path: `/v1/evaluations/${path}`, headers: json, body }
}

function seal(name: string): ExampleRequest {
  return { method: 'PATCH', path: `/v1/evaluations/${name}`, headers: json, body: '{"status": "sealed"}' }
}

const declared = '{"loss": "mse", "labelFormat": "values", "outputs": 1}'
const values = '{"predictions": [0.1, 0.5], "labels": [0, 1]}'

function evaluateBytes(rows: number): ExampleRequest {
  const inputs = ['predictions', 'labels'].map(
    (name) =>
      `{"name": "${name}", "shape": [${rows}], "datatype": "UINT8", "parameters": {"binary_data_size": ${rows}}}`,
  )
  const header = `{"parameters": {"loss": "mse", "labelFormat": "values"},\n   "inputs": [${inputs.join(',\n              ')}]}`
  return {
    method: 'POST',
    path: '/v1/loss',
    headers: { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(header.length) },
    body: `${header}2021`,
  }
}

const catalogue: ExampleRequest = { method: 'GET', path: '/v1/losses' }
const key = { Authorization: 'Bearer KEY' }

/** What leads to a problem and what does not, of the types that one request can show. */
export const requests: Partial<Record<ProblemName, WrongAndRight>> = {
  'malformed-body': { wrong: { ...evaluate, body: batch.replace('0.5', 'NaN') }, right: evaluate },
  'bad-request': {
    wrong: { method: 'GET', path: '/problems/%zz' },
    right: { method: 'GET', path: '/problems/bad-request' },
  },
  unauthenticated: {
    where: 'Where keys are needed:',
    wrong: catalogue,
    right: { ...catalogue, headers: key },
  },
  forbidden: {
    where: 'With a key that has the scope `evaluate` alone:',
    wrong: { method: 'GET', path: '/v1/evaluations', headers: key },
    right: { ...evaluate, headers: { ...key, ...json } },
  },
  'not-found': { wrong: { method: 'GET', path: '/v1/lossfunctions' }, right: catalogue },
  'method-not-allowed': { wrong: { method: 'GET', path: '/v1/loss' }, right: evaluate },
  'digest-mismatch': {
    wrong: {
      ...evaluate,
      body: batch.replace('0.5', '0.6'),
      headers: { ...json, 'Content-Digest': `sha-256=:${digest}:` },
    },
    right: { ...evaluate, headers: { ...json, 'Content-Digest': `sha-256=:${digest}:` } },
  },
  conflict: {
    before: [put('run-7', declared)],
    wrong: put('run-7', declared.replace('mse', 'mae')),
    right: put('run-8', declared.replace('mse', 'mae')),
  },
  sealed: {
    before: [put('run-9', declared), put('run-9/batches/step-1', values), seal('run-9')],
    wrong: put('run-9/batches/step-2', values),
    right: put('run-9/batches/step-1', values),
  },
  'not-joined': {
    before: [put('run-12', declared.replace('}', ', "join": {"within": "P30D"}}'))],
    wrong: put('run-12/batches/step-1', values),
    right: {
      method: 'POST',
      path: '/v1/evaluations/run-12/predictions',
      headers: json,
      body: '{"ids": ["a", "b"], "predictions": [0.1, 0.5]}',
    },
  },
  'precondition-failed': {
    before: [put('run-11', declared)],
    wrong: { method: 'DELETE', path: '/v1/evaluations/run-11', headers: { 'If-Match': 'W/"of-another-state"' } },
    right: { method: 'DELETE', path: '/v1/evaluations/run-11', headers: { 'If-Match': '*' } },
  },
  incomplete: {
    before: [put('run-10', declared.replace('}', ', "expectedBatches": 1}'))],
    wrong: seal('run-10'),
    right: put('run-10/batches/step-1', values),
  },
  'not-mergeable': {
    before: [put('run-12', declared), put('run-13', declared.replace('mse', 'mae'))],
    wrong: { method: 'GET', path: '/v1/evaluations-total?prefix=run-1' },
    right: { method: 'GET', path: '/v1/evaluations-total?prefix=run-12' },
  },
  'limit-exceeded': { wrong: evaluateBytes(20_000_000), right: evaluateBytes(2) },
  'unsupported-media-type': {
    wrong: { ...evaluate, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
    right: evaluate,
  },
  'expectation-failed': { wrong: { ...evaluate, headers: { ...json, Expect: 'speed' } }, right: evaluate },
  'invalid-content': {
    wrong: {
      ...evaluate,
      body: '{"loss": "cross-entropy", "labelFormat": "one-hot", "predictions": [[0.2, 0.8], [0.9, 0.1]], "labels": [1, 0]}',
    },
    right: {
      ...evaluate,
      body: '{"loss": "cross-entropy", "labelFormat": "index", "predictions": [[0.2, 0.8], [0.9, 0.1]], "labels": [1, 0]}',
    },
  },
}

/** Why there is no such pair of requests for the other types, or how they are seen all the same. */
export const withoutRequests: Partial<Record<ProblemName, string>> = {
  'request-timeout':
    "A request that announces more than it sends shows it, after the time that it has: `curl -H 'Content-Type: application/json' -H 'Content-Length: 100' -d '{' 'http://127.0.0.1:3000/v1/loss'`.",
  'headers-too-large':
    'A header of 17,000 bytes shows it: `curl -H "X-Long: $(printf %017000d 0)" \'http://127.0.0.1:3000/v1/losses\'`. Without the header the request is right.',
  'rate-limited':
    'Only a service with quotas answers with it: `REQUESTS_PER_MINUTE`, `BYTES_PER_MINUTE`, or those of a key. A minute later the same request is right.',
  'internal-error': 'No request should lead to it. One that does shows a defect of the service.',
  overloaded: 'It depends on all that is sent at the same time. A little later the same request is right.',
  'issuer-unavailable': 'It depends on the issuer, not on the request.',
  'store-unavailable': 'It depends on the database, not on the request.',
}

/** The command that sends a request. curl sends a form's Content-Type by itself. */
export function curlOf({ method, path, headers = {}, body }: ExampleRequest): string {
  const parts = [
    method === 'GET' ? `curl 'http://127.0.0.1:3000${path}'` : `curl -X ${method} 'http://127.0.0.1:3000${path}'`,
  ]
  for (const [name, value] of Object.entries(headers)) {
    if (!value.endsWith('form-urlencoded')) parts.push(`-H '${name}: ${value}'`)
  }
  if (body !== undefined) parts.push(`-d '${body}'`)
  return parts.join(' \\\n  ')
}
