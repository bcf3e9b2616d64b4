import { t as root, test } from 'tap'
import {
  comparisonAnswers,
  comparisonExamples,
  comparisonMediaTypes,
} from '../../../src/routes/comparisons/examples.ts'
import { appOf, ask, plainProblem, post } from '../../support.ts'

const app = await appOf(root)
const url = '/v1/comparisons'

test('the answers shown are those of the service', async (t) => {
  for (const [status, name] of [
    [200, 'classes'],
    [422, 'other shape'],
  ] as const) {
    const { requestId: _, ...shown }: Record<string, unknown> = plainProblem({ ...comparisonAnswers[status] })
    if (status === 422) shown.instance = url
    const answer = await post(app, url, comparisonExamples[name].value)
    t.same([answer.status, answer.body], [status, shown])
  }
  const { status, body } = await post(app, url, comparisonExamples.values.value)
  t.match(
    [status, body],
    [200, { predictions: { loss: 0.375 }, baseline: { loss: 1.5 }, difference: { loss: -1.125 } }],
  )
})

test('the binary example is answered', async (t) => {
  const { summary, value } = comparisonMediaTypes['application/octet-stream'].examples.bytes
  const length = summary.match(/\d+$/)?.[0]
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': length }
  const { status, body } = await ask(app, { method: 'POST', url, headers, payload: value })
  // 50, 48 and 51, 48 against 50, 49
  t.match([status, body], [200, { predictions: { loss: 0.5 }, baseline: { loss: 1 }, difference: { loss: -0.5 } }])
})
