import { createHash } from 'node:crypto'
import type { ProblemName } from '../http/problem.ts'

/** A request that people can send as it stands. */
export interface ExampleRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A request that is refused and one that is not, if necessary after others. */
export interface WrongAndRight {
  readonly before?: readonly ExampleRequest[]
  readonly wrong: ExampleRequest
  readonly right: ExampleRequest
}

const json = { 'Content-Type': 'application/json' }
const batch = '{"loss": "mse", "labelFormat": "values", "predictions": [0.1, 0.5], "labels": [0, 1]}'
const evaluate: ExampleRequest = { method: 'POST', path: '/v1/loss', headers: json, body: batch }
const digest = createHash('sha256').update(batch).digest('base64')

/** Declares an evaluation, or adds to one. */
function put(path: string, body: string): ExampleRequest {
  return { method: 'PUT', path: `/v1/evaluations/${path}`, headers: json, body }
}

function seal(name: string): ExampleRequest {
  return { method: 'PATCH', path: `/v1/evaluations/${name}`, headers: json, body: '{"status": "sealed"}' }
}

const declared = '{"loss": "mse", "labelFormat": "values", "outputs": 1}'
const values = '{"predictions": [0.1, 0.5], "labels": [0, 1]}'

/** What leads to a problem and what does not, of the types that one request can show. */
export const requests: Partial<Record<ProblemName, WrongAndRight>> = {
  'malformed-body': { wrong: { ...evaluate, body: batch.replace('0.5', 'NaN') }, right: evaluate },
  'bad-request': {
    wrong: { method: 'GET', path: '/problems/%zz' },
    right: { method: 'GET', path: '/problems/bad-request' },
  },
  'not-found': { wrong: { method: 'GET', path: '/v1/lossfunctions' }, right: { method: 'GET', path: '/v1/losses' } },
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
  incomplete: {
    before: [put('run-10', declared.replace('}', ', "expectedBatches": 1}'))],
    wrong: seal('run-10'),
    right: put('run-10/batches/step-1', values),
  },
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
