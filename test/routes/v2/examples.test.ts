import t from 'tap'
import { inferenceExample, inferenceHeaders, inferenceRequests } from '../../../src/routes/v2/examples.ts'
import { appOf, post } from '../../support.ts'

t.test('the example has the answer that is shown', async (t) => {
  const app = await appOf(t)
  const { status, body } = await post(app, '/v2/models/cross-entropy/infer', inferenceRequests.figures.value)
  t.equal(status, 200)
  t.same(body, JSON.parse(JSON.stringify(inferenceExample)))
})

t.test('a header tells how long the JSON part is', async (t) => {
  t.match(inferenceHeaders[0], { name: 'Inference-Header-Content-Length', description: /if bytes follow/ })
  t.ok(inferenceHeaders.length > 1)
})
