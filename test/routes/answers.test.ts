import { test } from 'tap'
import { z } from 'zod'
import { answerOf } from '../../src/routes/answers.ts'

test('a right answer is described by its schema', async (t) => {
  const schema = z.object({}).meta({ description: 'What it is.' })
  t.same(answerOf(schema), { description: 'What it is.', content: { 'application/json': { schema } } })
  t.equal(answerOf(z.string()).description, '')
})
