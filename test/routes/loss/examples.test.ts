import { t as root, test } from 'tap'
import { lossExamples } from '../../../src/routes/loss/example-requests.ts'
import {
  binaryHeaders,
  lossAnswers,
  lossBodyDescription,
  lossMediaTypeDocuments,
} from '../../../src/routes/loss/examples.ts'
import { appOf, ask, plainProblem, post } from '../../support.ts'

const app = await appOf(root)

test('the answers shown are those of the service', async (t) => {
  for (const [status, name] of [
    [200, 'one-hot'],
    [422, 'wrong declaration'],
  ] as const) {
    const { requestId: _, ...shown }: Record<string, unknown> = plainProblem({ ...lossAnswers[status] })
    if (status === 422) shown.instance = '/v1/loss'
    const answer = await post(app, '/v1/loss', lossExamples[name].value)
    t.same([answer.status, answer.body], [status, shown])
  }
})

test('the stream is evaluated as one batch', async (t) => {
  const { value } = lossMediaTypeDocuments['application/x-ndjson'].examples.stream
  const headers = { 'content-type': 'application/x-ndjson' }
  const { status, body } = await ask(app, { method: 'POST', url: '/v1/loss', headers, payload: value })
  t.equal(status, 200)
  t.match(body, { samples: 3, outputs: 2, correct: 2 })
})

test('the binary body is evaluated with the header that its summary and Swagger UI name', async (t) => {
  const { summary, value } = lossMediaTypeDocuments['application/octet-stream'].examples.bytes
  const length = summary.match(/\d+$/)?.[0] ?? ''
  t.match(lossBodyDescription, `${length} bytes of JSON`)
  t.match(lossBodyDescription, `printf '%s' '${value}' >`)
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': length }
  const { status, body } = await ask(app, { method: 'POST', url: '/v1/loss', headers, payload: value })
  t.equal(status, 200)
  t.match(body, { samples: 2, loss: 0.5 })
})

test('the headers are those that the bodies need', async (t) => {
  t.same(
    binaryHeaders.map(({ name, in: place }) => [name, place]),
    [
      ['Inference-Header-Content-Length', 'header'],
      ['Content-Encoding', 'header'],
      ['Content-Digest', 'header'],
    ],
  )
})
