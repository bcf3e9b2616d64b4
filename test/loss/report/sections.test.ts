import { test } from 'tap'
import { includes } from '../../../src/loss/formats.ts'
import { mergeableNames, partsOf, sections } from '../../../src/loss/report/sections.ts'
import { specOf } from '../support.ts'

test('a state that is stored has its sections in this order, so a new one goes to the end', async (t) => {
  const first = ['perClass', 'confusion', 'calibration', 'metrics', 'confusionWeights', 'topKAccuracy']
  t.same(mergeableNames.slice(0, first.length), first)
})

test('each section is asked for by include, or by an option of its own', async (t) => {
  for (const [name, section] of Object.entries(sections))
    t.equal(
      includes.some((part) => part === name),
      !('option' in section),
      name,
    )
})

test('an answer has each section once, those of an option first', async (t) => {
  const request = { loss: 'mse', labelFormat: 'index', predictions: [[0, 1]], labels: [1] } as const
  t.same(partsOf(specOf({ ...request, topK: 1, include: ['gradient', 'perClass', 'gradient'] })), [
    'topKAccuracy',
    'gradient',
    'perClass',
  ])
})
