import { test } from 'tap'
import { inferenceError, isInferencePath } from '../../src/http/inference-error.ts'
import { Problem } from '../../src/http/problem.ts'

test('the addresses of the protocol are /v2 and what is under it', async (t) => {
  for (const path of ['/v2', '/v2/', '/v2/models/mse']) t.ok(isInferencePath(path), path)
  for (const path of ['/', '/v1/loss', '/v2x', '/x/v2', '/v22/models']) t.notOk(isInferencePath(path), path)
})

test('an error is one text', async (t) => {
  t.strictSame(inferenceError(new Problem('not-found', 'There is none.')), { error: 'There is none.' })
  const limit = new Problem('limit-exceeded', 'Too large.', { limit: 'maxRows', allowed: 1, pointer: '#' })
  t.strictSame(inferenceError(limit), { error: 'Too large.' })
  const errors = [
    { pointer: '#/inputs/0', detail: 'a is wrong', received: 1 },
    { pointer: '#/parameters/b', detail: 'b is wrong', received: 2 },
  ]
  const two = new Problem('invalid-content', '2 errors', { errors, errorCount: 2 })
  t.strictSame(inferenceError(two), { error: 'a is wrong (#/inputs/0)\nb is wrong (#/parameters/b)' })
  const many = new Problem('invalid-content', '9 errors', { errors, errorCount: 9 })
  t.strictSame(inferenceError(many), { error: 'a is wrong (#/inputs/0)\nb is wrong (#/parameters/b)\nand 7 more' })
})
