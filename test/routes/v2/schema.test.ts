import { test } from 'tap'
import { problemAnswers } from '../../../src/routes/answers.ts'
import { inferenceRequest, modelParams, withInferenceErrors } from '../../../src/routes/v2/schema.ts'

test('errors are those of the protocol, but problems where there is no address yet', async (t) => {
  const right = { description: 'Right.', content: {} }
  const answers = withInferenceErrors({ 200: right, ...problemAnswers('not-found', 'invalid-content') })
  t.equal(answers[200].content, right.content)
  const both = ['application/json', 'application/problem+json']
  const contents = Object.entries(answers)
    .slice(1)
    .map(([status, { content }]) => [status, Object.keys(content).toSorted()])
  t.strictSame(contents, [
    ['400', both],
    ['404', ['application/json']],
    ['408', both],
    ['417', ['application/json']],
    ['422', ['application/json']],
    ['431', both],
    ['500', ['application/json']],
  ])
  t.match(answers[404].description, '(`not-found`)')
})

test('a model is a loss, and a request has inputs', async (t) => {
  t.ok(modelParams.safeParse({ loss: 'mse' }).success)
  t.notOk(modelParams.safeParse({ loss: 'nope' }).success)
  t.notOk(inferenceRequest.safeParse({}).success)
})
