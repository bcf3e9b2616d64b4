import { test } from 'tap'
import { inferenceErrors, inferenceRequest, modelParams } from '../../../src/routes/v2/schema.ts'

test('errors are those of the protocol, but problems where there is no address yet', async (t) => {
  const answers = inferenceErrors('not-found', 'invalid-content')
  const both = ['application/json', 'application/problem+json']
  const contents = Object.entries(answers).map(([status, { content }]) => [status, Object.keys(content).toSorted()])
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
