import { test } from 'tap'
import { includes } from '../../../src/loss/formats.ts'
import { mergeableNames, needs, partsOf, rowNames, sections, sectionsOf } from '../../../src/loss/report/sections.ts'
import { specOf } from '../support.ts'

test('the sections of an evaluation, in the order in which they are written', async (t) => {
  t.same(sectionsOf({ include: ['confusion', 'gradient', 'perClass'], topK: undefined, thresholds: undefined }), [
    'perClass',
    'confusion',
  ])
  t.same(sectionsOf({ include: ['metrics'], topK: 3, thresholds: undefined }), ['metrics', 'topKAccuracy'])
  t.same(sectionsOf({ include: [], topK: undefined, thresholds: undefined }), [])
})

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

test('what sections need', async (t) => {
  t.same(
    ['gradient', 'perSample', 'ranking'].filter((name) => !rowNames.some((row) => row === name)),
    [],
  )
  for (const name of ['confusion', 'confusionWeights'] as const) t.equal(needs(name, 'one decision per row'), true)
  for (const name of ['perSample', 'metrics', 'gradient'] as const) t.equal(needs(name, 'decisions'), false)
  for (const name of ['perClass', 'ranking', 'topKAccuracy'] as const) t.equal(needs(name, 'decisions'), true)
  t.equal(needs('calibration', 'probabilities'), true)
})
