import { test } from 'tap'
import { includes } from '../../../src/loss/formats.ts'
import {
  isMergeable,
  mergeableNames,
  mergeableSections,
  needsOneDecision,
  sectionOf,
  sectionsOf,
} from '../../../src/loss/report/sections.ts'

test('the sections of an evaluation, in the order in which they are written', async (t) => {
  t.same(sectionsOf({ include: ['confusion', 'gradient', 'perClass'], topK: undefined }), ['perClass', 'confusion'])
  t.same(sectionsOf({ include: ['metrics'], topK: 3 }), ['metrics', 'topKAccuracy'])
  t.same(sectionsOf({ include: [], topK: undefined }), [])
})

test('every section that is not about single rows can be merged', async (t) => {
  t.same(
    includes.filter(isMergeable).toSorted(),
    includes.filter((name) => name !== 'perSample' && name !== 'ranking' && name !== 'gradient').toSorted(),
  )
  t.equal(isMergeable('toString'), false)
  t.same(mergeableNames.filter(needsOneDecision), ['confusion', 'confusionWeights'])
  for (const name of mergeableNames) t.equal(sectionOf(name), mergeableSections[name])
})
