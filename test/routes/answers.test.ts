import { test } from 'tap'
import { z } from 'zod'
import { answerOf, bodyProblems, problem, problemAnswers } from '../../src/routes/answers.ts'
import { problemExample } from '../../src/routes/problem-examples.ts'

test('a right answer is described by its schema', async (t) => {
  const schema = z.object({}).meta({ description: 'What it is.' })
  t.same(answerOf(schema), { description: 'What it is.', content: { 'application/json': { schema } } })
  t.equal(answerOf(z.string()).description, '')
})

test('error answers stand by status, one description for each', async (t) => {
  const answers = problemAnswers('not-found', ...bodyProblems)
  t.same(Object.keys(answers), ['400', '404', '408', '413', '415', '417', '422', '431', '500', '503'])
  t.same(Object.keys(problemAnswers()), ['400', '408', '417', '431', '500'])
  t.equal(
    answers[404].description,
    'No such resource (`not-found`). There is nothing at this path, or nothing of this name.',
  )
  t.match(
    answers[400].description,
    /^The body cannot be read \(`malformed-body`\)\. .+\. Or: The request cannot be read \(`bad-request`\)\. /,
  )
  for (const { content } of Object.values(answers)) {
    t.same(Object.keys(content), ['application/problem+json'])
    t.equal(content['application/problem+json'].schema, problem)
  }
  t.same(answers[400].content['application/problem+json'].examples, {
    'malformed-body': { summary: 'The body cannot be read', value: problemExample('malformed-body') },
    'bad-request': { summary: 'The request cannot be read', value: problemExample('bad-request') },
  })
})

test('a problem has what RFC 9457 asks for', async (t) => {
  const right = { type: '/problems/x', title: 'X', status: 400, detail: 'd', instance: '/', requestId: 'r' }
  t.same(problem.parse(right), right)
  for (const name of Object.keys(right))
    t.equal(problem.safeParse({ ...right, [name]: undefined }).success, false, name)
  const errors = new Array(21).fill({ pointer: '#', detail: 'd', received: null })
  t.equal(problem.safeParse({ ...right, errors }).success, false, 'at most 20 errors')
})
