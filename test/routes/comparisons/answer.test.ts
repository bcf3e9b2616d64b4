import { test } from 'tap'
import { comparisonAnswer } from '../../../src/routes/comparisons/answer.ts'
import { comparisonAnswers } from '../../../src/routes/comparisons/examples.ts'

test('an answer has what its schema says, with an agreement or without', async (t) => {
  const answer = comparisonAnswers[200]
  t.equal(comparisonAnswer.safeParse(answer).success, true)
  t.equal(comparisonAnswer.safeParse({ ...answer, agreement: undefined }).success, true)
  for (const part of ['predictions', 'baseline', 'difference'] as const) {
    t.equal(comparisonAnswer.safeParse({ ...answer, [part]: undefined }).success, false, part)
  }
})

test('an answer that is not finite fits the schema', async (t) => {
  const difference = { loss: null, lossStatus: 'infinite', standardError: null, interval: null }
  t.equal(comparisonAnswer.safeParse({ ...comparisonAnswers[200], difference }).success, true)
  t.equal(
    comparisonAnswer.safeParse({ ...comparisonAnswers[200], difference: { ...difference, lossStatus: undefined } })
      .success,
    false,
  )
})
